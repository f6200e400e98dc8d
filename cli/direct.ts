import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TRPCClientError } from '@trpc/client'
import type { TRPCLink } from '@trpc/client'
import { callTRPCProcedure, getTRPCErrorFromUnknown } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { connect } from '#db/client.ts'
import type { Pool } from '#db/client.ts'
import { startPostgres } from '#db/embedded.ts'
import { systemContext, type Context } from '#server/context.ts'
import { readEnv, type Env } from '#server/env.ts'
import { deliver } from '#server/incidents/deliver.ts'
import { renderStatus } from '#server/incidents/renderStatus.ts'
import { tellSubscribers } from '#server/incidents/subscribers/tellSubscribers.ts'
import { uploadStatus } from '#server/incidents/uploadStatus.ts'
import { log } from '#server/log.ts'
import { appRouter, type AppRouter } from '#server/router.ts'
import { clientOver, toJson, type Client } from './client.ts'
import { Failure } from './failure.ts'

/** The control plane's own procedures on its database, in this process. */
export type Direct = {
  api: Client
  /** Sends what is due by then of incidents' updates, as a worker would, and shows it on the status page. */
  send(after: Date): Promise<void>
  close(): Promise<void>
}

type Place = { env: Env; database: 'elsewhere' | 'embedded'; isRemote: boolean; leave(): void }

const NAMES = 'set DATABASE_URL, or WHARF_DATA to the control plane’s data directory'

/** Where the data is. @throws Failure where there is none, or where `posts` and what posting needs is not known here. */
const findPlace = (posts: boolean): Place => {
  const given = process.env
  const dataDir = resolve(given['WHARF_DATA'] || '.wharf')
  const isRemote = !existsSync(dataDir)
  const hasCluster = existsSync(join(dataDir, 'postgres', 'cluster', 'PG_VERSION'))
  if (!given['DATABASE_URL'] && !hasCluster) throw new Failure(`there is no database in ${dataDir}: ${NAMES}`)
  if (!isRemote && (!posts || given['WHARF_SECRET'] || existsSync(join(dataDir, 'secret')))) {
    const env = readEnv({ ...given, WHARF_DATA: dataDir })
    return { env, database: given['DATABASE_URL'] ? 'elsewhere' : 'embedded', isRemote, leave: () => {} }
  }
  const missing = ['WHARF_SECRET', 'WHARF_PUBLIC_URL'].filter((name) => posts && !given[name])
  if (missing.length > 0) {
    const why = 'channels’ secrets are sealed with the one, links begin with the other'
    throw new Failure(`set ${missing.join(' and ')} as the control plane has it: ${why}`)
  }
  const scratch = mkdtempSync(join(tmpdir(), 'wharf-direct-'))
  const leave = () => rmSync(scratch, { recursive: true, force: true })
  return { env: readEnv({ ...given, WHARF_DATA: scratch }), database: 'elsewhere', isRemote: true, leave }
}

const openPool = async ({ env, database }: Place): Promise<{ sql: Pool; close(): Promise<void> }> => {
  if (database === 'elsewhere') {
    const sql = connect(env.DATABASE_URL ?? '', { max: 5, name: 'wharf-direct' })
    return { sql, close: () => sql.end({ timeout: 5 }) }
  }
  const postgres = await startPostgres({ dataDir: join(env.dataDir, 'postgres') })
  const sql = connect(postgres.url, { max: 5, name: 'wharf-direct' })
  const isNeeded = async () => {
    const others = await sql`select 1 from pg_stat_activity where application_name not in ('', 'wharf-direct')
      and backend_type = 'client backend' limit 1`
    return others.length > 0
  }
  const close = async () => {
    // A control plane that started meanwhile works on it too.
    const stays = postgres.adopted || (await isNeeded())
    await sql.end({ timeout: 5 })
    if (!stays) await postgres.stop()
  }
  return { sql, close }
}

// JSON-RPC's number for a request that cannot be done; what is read is the word in `data`.
const REFUSED = -32_600

/** Calls procedures as a request does, without a server between. */
const here =
  (contextNow: () => Context): TRPCLink<AppRouter> =>
  () =>
  ({ op: { path, type, input } }) =>
    observable((observer) => {
      const ctx = contextNow()
      const given = async () => JSON.parse(JSON.stringify(toJson(input) ?? null)) as unknown
      callTRPCProcedure({
        router: appRouter,
        path,
        type,
        ctx,
        batchIndex: 0,
        signal: undefined,
        getRawInput: async () => (await given()) ?? undefined,
      }).then(
        (data: unknown) => {
          const arrived: unknown = data === undefined ? undefined : JSON.parse(JSON.stringify(toJson(data)))
          observer.next({ result: { type: 'data', data: arrived } })
          observer.complete()
        },
        (cause: unknown) => {
          const error = getTRPCErrorFromUnknown(cause)
          const data = { code: error.code, requestId: ctx.requestId }
          observer.error(TRPCClientError.from({ error: { code: REFUSED, message: error.message, data } }))
        },
      )
    })

/** Whose shell it is; in a container there may be no such user. */
const nameOfUser = (): string => {
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.() ?? ''}`.trim()
  }
}

/**
 * Opens the control plane's database, for when its web server is down: DATABASE_URL, else the embedded one below
 * WHARF_DATA, whose server is taken over where it runs and started where it does not. `posts`: something will be sent.
 * @throws Failure
 */
export const openDirect = async ({ posts }: { posts: boolean }): Promise<Direct> => {
  const place = findPlace(posts)
  // What goes wrong is said in one line; what a channel answered stands in the ledger.
  log.level = 'silent'
  const { sql, close } = await openPool(place)
  const label = `${nameOfUser()}@${hostname()} (wharf --direct)`
  const now = (): Context => systemContext(sql, place.env, label)
  const send = async (after: Date) => {
    await sleep(Math.max(0, after.getTime() - Date.now()))
    // The files are the control plane's; far from them it renders them itself when it is back.
    if (!place.isRemote) await renderStatus(now())
    await Promise.all([deliver(now()), tellSubscribers(now())])
    // What fails is kept on the store's row; the control plane tries again.
    await uploadStatus(now()).catch(() => {})
  }
  return {
    api: clientOver(here(now)),
    send,
    close: async () => {
      await close()
      place.leave()
    },
  }
}
