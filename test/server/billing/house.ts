import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { admitAccounts } from '#server/billing/admitAccounts.ts'
import { newestVersion } from '#server/billing/planVersion.ts'
import { seedCatalog } from '#server/billing/seedCatalog.ts'
import { startSubscription } from '#server/billing/startSubscription.ts'
import { systemContext, type Context } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { createCaller } from '#server/router.ts'
import { testDatabase } from '../../support/database.ts'

export type Person = Extract<Context['actor'], { kind: 'user' }>

/** An instant from short text: `2026-01-31` or `2026-01-31 10:30` or with seconds, UTC. */
export const utc = (text: string): Date => {
  const [date = '', time = '00:00'] = text.split(' ')
  return new Date(`${date}T${time}Z`)
}

/**
 * Billing on a database of the test file's own: the catalog as an installation starts with it, accounts on Free, and
 * contexts at whatever time a test says.
 */
export const billingHouse = async (variables: Record<string, string> = {}) => {
  const db = await testDatabase()
  const { sql } = db
  const env = readEnv({
    NODE_ENV: 'test',
    WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-billing-')),
    WHARF_PUBLIC_URL: 'http://localhost:3000',
    ...variables,
  })
  const ctx = (now: Date | string, actor?: Context['actor']): Context => ({
    ...systemContext(sql, env, 'test', typeof now === 'string' ? utc(now) : now),
    ...(actor ? { actor } : {}),
  })
  await seedCatalog(ctx('2026-01-01'))

  /** An account made at a time: on Free from then on, with a manual billing profile. */
  const account = async (name: string, now: Date | string = '2026-01-01'): Promise<bigint> => {
    const [row] = await sql<{ id: bigint }[]>`insert into account (name, kind, display_name, created_at)
      values (${name}, 'organization', ${name}, ${ctx(now).now}) returning id`
    await admitAccounts(ctx(now), { accountId: row!.id.toString() })
    return row!.id
  }
  /** The newest version on sale, such as `version('team', 'year')`. */
  const version = (plan: string, interval: 'month' | 'year' = 'month', currency = 'EUR') =>
    newestVersion(sql, plan, currency, interval)
  /** Starts an account on a plan, without a trial unless asked for. */
  const start = async (
    accountId: bigint,
    plan: string,
    now: Date | string,
    more: {
      interval?: 'month' | 'year'
      currency?: string
      quantities?: Record<string, number>
      trialDays?: number
      coupon?: string
    } = {},
  ) => {
    const { interval, currency, ...rest } = more
    const { id } = await version(plan, interval, currency)
    return startSubscription(ctx(now), { accountId, planVersionId: id, trialDays: 0, ...rest })
  }
  /** A person with a role in an account, as an actor. */
  const person = async (
    name: string,
    accountId: bigint | null,
    role: 'owner' | 'admin' | 'billing' | 'member' = 'owner',
    roles: ('operator' | 'admin')[] = [],
  ): Promise<Person> => {
    const email = `${name}@example.com`
    await sql`insert into auth_user (id, name, email, email_verified) values (${name}, ${name}, ${email}, true)`
    if (accountId !== null)
      await sql`insert into account_member (account_id, user_id, role) values (${accountId}, ${name}, ${role})`
    for (const held of roles) await sql`insert into platform_role (user_id, role) values (${name}, ${held})`
    return { kind: 'user', userId: name, email, name, sessionId: `session of ${name}`, roles }
  }
  /** The procedures as that actor may call them. */
  const as = (actor: Context['actor'], now: Date | string) => createCaller(ctx(now, actor))
  /** What jobs of a name are to be done with. */
  const jobs = async (name: string) => {
    const rows = await sql<{ payload: Record<string, unknown> }[]>`
      select j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
      where t.identifier = ${name} order by j.id`
    return rows.map((row) => row.payload)
  }
  return { db, sql, env, ctx, account, version, start, person, as, jobs }
}
