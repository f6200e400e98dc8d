import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import { drizzle } from 'drizzle-orm/postgres-js'
import { AsyncLocalStorage } from 'node:async_hooks'
import postgres from 'postgres'
import {
  authAccount,
  authPasskey,
  authRateLimit,
  authSession,
  authTwoFactor,
  authUser,
  authVerification,
} from '#db/schema/auth.ts'
import type { Origin } from './origin.ts'

const SCHEMA = {
  user: authUser,
  session: authSession,
  account: authAccount,
  verification: authVerification,
  twoFactor: authTwoFactor,
  passkey: authPasskey,
  rateLimit: authRateLimit,
}

/**
 * better-auth's way to the `auth_*` tables, on a small pool of its own: drizzle changes its client's parsers.
 * `during` runs a request on one connection that knows the request's origin, so that the audit triggers do.
 */
export const authStore = (databaseUrl: string) => {
  const pool = postgres(databaseUrl, {
    max: 6,
    connect_timeout: 5,
    idle_timeout: 300,
    onnotice: () => {},
    connection: { application_name: 'wharfinger-auth', statement_timeout: 15_000, lock_timeout: 10_000 },
  })
  const request = new AsyncLocalStorage<postgres.ReservedSql>()

  // A reserved connection has no `begin` of its own.
  const begin = async <T>(work: (sql: postgres.Sql) => Promise<T>) => {
    const held = request.getStore()
    if (!held) return pool.begin((tx) => work(tx as unknown as postgres.Sql)) as Promise<T>
    await held.unsafe('begin')
    try {
      const result = await work(held)
      await held.unsafe('commit')
      return result
    } catch (error) {
      await held.unsafe('rollback')
      throw error
    }
  }
  const client = new Proxy(pool, {
    get: (target, key) => {
      if (key === 'begin') return begin
      if (key === 'unsafe') return (request.getStore() ?? target).unsafe
      return Reflect.get(target, key) as unknown
    },
  })

  const during = async <T>(origin: Origin, work: () => Promise<T>): Promise<T> => {
    const held = await pool.reserve()
    try {
      await held`select set_config('wharf.origin', ${JSON.stringify(origin)}, false)`
      return await request.run(held, work)
    } finally {
      await held`select set_config('wharf.origin', '', false)`.catch(() => {})
      held.release()
    }
  }

  return {
    adapter: drizzleAdapter(drizzle(client), { provider: 'pg', schema: SCHEMA, transaction: true }),
    during,
    close: () => pool.end({ timeout: 5 }),
  }
}
