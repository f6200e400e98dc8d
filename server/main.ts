import { connect } from '#db/client.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeAuth } from './accounts/auth.ts'
import { ensureFirstOperator } from './accounts/firstOperator.ts'
import { admitAccounts } from './billing/admitAccounts.ts'
import { seedCatalog } from './billing/seedCatalog.ts'
import { systemContext } from './context.ts'
import { openDatabase, type Database } from './database.ts'
import { withStandIn } from './demo/standIn.ts'
import { startDemo } from './demo/start.ts'
import { readEnv, type Env } from './env.ts'
import { renderAtStart } from './incidents/renderStatus.ts'
import { connectionLost } from './http.ts'
import { startLocalAgent } from './localAgent.ts'
import { listenOn } from './listen.ts'
import { listen } from './live.ts'
import { log } from './log.ts'
import { probeRoutes } from './probes.ts'
import { createRegistry, reachRegistry } from './registry/start.ts'
import { domainRoutes } from './routes.ts'
import { startIngest } from './usage/ingest.ts'
import { pageCaller, webHandler } from './web.ts'
import { startWorker } from './worker.ts'

const root = join(import.meta.dirname, '..')

const startPages = async (env: Env) => {
  process.env['NEXT_TELEMETRY_DISABLED'] = '1'
  const { default: next } = await import('next')
  const app = next({ dev: env.WHARF_DEV, dir: root, customServer: true, hostname: env.HOST, port: env.PORT })
  await app.prepare()
  return app
}

/** Starts one process with its roles and returns what stops it, in the order that loses nothing. */
const start = async (given: Env): Promise<() => Promise<void>> => {
  const env = await withStandIn(given)
  const database = await openDatabase(env)
  try {
    return await serve(env, database)
  } catch (error) {
    await database.giveUp()
    throw error
  }
}

const serve = async (env: Env, database: Database) => {
  const has = (role: Env['WHARF_ROLES'][number]) => env.WHARF_ROLES.includes(role)
  const ingestReady = has('ingest') ? startIngest({ env, databaseUrl: database.url }) : undefined
  // Their failures are told where they are awaited.
  ingestReady?.catch(() => {})
  const sql = connect(database.url)
  const live = await listen(sql)
  const ctx = systemContext(sql, env, 'start')
  const auth = makeAuth({ env, databaseUrl: database.url })
  const first = await ensureFirstOperator(ctx)

  let closing = false
  const ingest = await ingestReady
  const routes = [...probeRoutes(sql, env, () => closing), ...domainRoutes({ sql, env, auth, live, ingest })]
  const deps = { sql, env, auth, live, routes }
  Object.assign(globalThis, { [Symbol.for('wharfinger')]: pageCaller(deps) })
  // Agents come first: they are taken before the pages are ready, and requests for pages wait.
  const pagesReady = has('web') ? startPages(env) : undefined
  pagesReady?.catch(() => {})
  const showPage = async (req: IncomingMessage, res: ServerResponse) =>
    (await pagesReady)?.getRequestHandler()(req, res)
  const images = has('web') ? createRegistry(ctx) : undefined
  const letGo = images?.stop ?? reachRegistry(ctx)
  const handle = webHandler({ ...deps, registry: images?.front.handle, pages: pagesReady && showPage })
  const listening = await listenOn(env, (req, res) => void handle(req, res))
  // From here on it serves: a database that goes away now is waited for, not a reason to end.
  await persist(async () => images?.begin(ownUrl(env, listening.port)))
  await persist(() => seedCatalog(ctx))
  await persist(() => admitAccounts(ctx, {}))
  const rendered = renderAtStart(ctx)
  const worker = await persist(() => startWorker(sql, env, database.url))
  const pages = await pagesReady
  if (pages && env.WHARF_DEV) listening.server.on('upgrade', pages.getUpgradeHandler())
  const agent = has('ingest') ? await persist(() => startLocalAgent(ctx, ownUrl(env, listening.port))) : undefined
  const demo = env.WHARF_DEMO ? await startDemo(ctx, ownUrl(env, listening.port)) : undefined
  greet(env, listening.port, demo ? undefined : first.link, demo?.greeting ?? hostsLine(agent?.engine))
  // A kill leaves no time to keep what was compiled, and it makes the next start quicker (NODE_COMPILE_CACHE).
  flushCompileCache()

  return async () => {
    // Agents first, while their last reports still find somebody to take them.
    await Promise.all([agent?.stop(), demo?.stop()])
    closing = true
    await listening.close()
    await ingest?.close()
    await worker.stop()
    await letGo()
    await live.close().catch(() => {})
    await rendered
    await Promise.all([sql.end({ timeout: 5 }), auth.close()])
    await database.stop()
  }
}

const PERSIST_TIMES = 40
const PERSIST_MS = 250

/** Does it again while the database is away, for up to ten seconds. */
const persist = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let times = 1; ; times++) {
    try {
      return await work()
    } catch (error) {
      if (!connectionLost(error) || times >= PERSIST_TIMES) throw error
      await sleep(PERSIST_MS)
    }
  }
}

/** Where this process reaches itself. */
const ownUrl = (env: Env, port: number) => {
  if (env.WHARF_TLS_CERT) return env.publicUrl
  return `http://${/^(0\.0\.0\.0|::)$/.test(env.HOST) ? '127.0.0.1' : env.HOST}:${port}`
}

const hostsLine = (engine: string | undefined) =>
  engine
    ? `This host reports by itself (${engine}): see it under Hosts`
    : 'Add a host: under Hosts, or npx wharf join-token create'

const greet = (env: Env, port: number, firstRunLink: string | undefined, hosts: string) => {
  const url = env.WHARF_PUBLIC_URL ?? `${env.WHARF_TLS_CERT ? 'https' : 'http'}://localhost:${port}`
  const lines = [
    `Wharfinger serves on ${url}`,
    firstRunLink ? `Make the first operator: ${firstRunLink}` : `Sign in: ${url}/sign-in`,
    hosts,
    `Data, and the operator's API token for npx wharf: ${env.dataDir}`,
    'Ctrl-C stops everything; the next start finds its data.',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

const main = async () => {
  const starting = start(readEnv(process.env))
  let stopping: Promise<void> | undefined
  const end = (signal: NodeJS.Signals) => {
    if (stopping) return
    log.info({ signal }, 'stopping')
    // A start that is interrupted ends first: what it has started by then is stopped in order.
    stopping = starting
      .then((stop) => stop())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'stopping failed')
          process.exit(1)
        },
      )
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  await starting
}

process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))
main().catch((error: unknown) => {
  process.stderr.write(`Wharfinger did not start: ${error instanceof Error ? error.message : String(error)}\n`)
  if (process.env['WHARF_DEV']) console.error(error)
  process.exit(1)
})
