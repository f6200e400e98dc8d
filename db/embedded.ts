import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { clusterPassword, clusterPaths, makeCluster, spawnPostgresProgram } from './cluster.ts'
import type { ClusterPaths } from './cluster.ts'
import { clearRemains, isRunning, livingPostmaster } from './postmaster.ts'

/**
 * An embedded PostgreSQL that accepts connections. `stop` resolves when its last process is gone; whoever adopted it
 * should ask whether another process still works on it.
 */
export type EmbeddedPostgres = {
  /** `postgres://wharf:...@127.0.0.1:port/wharf`; stays the same when `watchPostgres` starts a new postmaster. */
  readonly url: string
  readonly port: number
  /** The postmaster's process id now. */
  readonly pid: number
  /** Whether the postmaster was found running, left by an earlier process. */
  readonly adopted: boolean
  stop(): Promise<void>
}

/** `port`: default a free one. `settings`: PostgreSQL's own, over the defaults below. */
export type StartOptions = { dataDir: string; port?: number; settings?: Record<string, string> }

// For two cores shared with the control plane. Recovery replays 150 to 250 MB of log a second, so the distance between
// checkpoints is what bounds the time to be back after a crash.
const defaults: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '120',
  shared_buffers: '256MB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  effective_cache_size: '1GB',
  random_page_cost: '1.1',
  jit: 'off',
  fsync: 'on',
  synchronous_commit: 'on',
  wal_compression: 'on',
  max_wal_size: '2GB',
  checkpoint_timeout: '60s',
  checkpoint_completion_target: '0.9',
  log_checkpoints: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

const START_TIMEOUT_MS = 60_000
const ANSWER_WITHIN_MS = 10_000
const FAST_STOP_MS = 20_000
const LOG_LIMIT_BYTES = 16 * 1024 * 1024

const freePort = () =>
  new Promise<number>((done, fail) => {
    const server = createServer()
    server.on('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? done(address.port) : fail(new Error('no free port')),
      )
    })
  })

const urlOf = (paths: ClusterPaths, port: number) =>
  `postgres://wharf:${clusterPassword(paths)}@127.0.0.1:${port}/wharf`

const answers = async (url: string): Promise<void> => {
  const sql = postgres(url, { max: 1, connect_timeout: 5, idle_timeout: 1, onnotice: () => {} })
  try {
    await sql`select 1`
  } finally {
    await sql.end({ timeout: 1 })
  }
}

const logTail = (paths: ClusterPaths) =>
  existsSync(paths.log) ? readFileSync(paths.log, 'utf8').trim().split('\n').slice(-5).join('\n') : ''

// Detached, so that neither Ctrl-C in the terminal nor our own death takes it down before its clients have finished.
const spawnPostmaster = (paths: ClusterPaths, port: number, settings: Record<string, string>) => {
  if (existsSync(paths.log) && statSync(paths.log).size > LOG_LIMIT_BYTES) truncateSync(paths.log)
  const log = openSync(paths.log, 'a', 0o600)
  const options = Object.entries({ ...defaults, ...settings, port: String(port) })
  const args = ['-D', paths.cluster, ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const child = spawnPostgresProgram('postgres', args, { detached: true, stdio: ['ignore', log, log], cwd: paths.home })
  closeSync(log)
  let ended = false
  child.on('error', () => (ended = true))
  child.on('exit', () => (ended = true))
  child.unref()
  return { hasEnded: () => ended }
}

/**
 * Brings the cluster up: waits for a postmaster that lives, else starts one. Another process may do the same at the
 * same time; PostgreSQL's own lock lets one postmaster win, and both callers end with that one.
 */
const bringUp = async (
  paths: ClusterPaths,
  options: { port?: number | undefined; settings: Record<string, string> },
) => {
  const deadline = Date.now() + START_TIMEOUT_MS
  let ours: ReturnType<typeof spawnPostmaster> | undefined
  let spawned = false
  let failures = 0
  while (Date.now() < deadline) {
    const living = livingPostmaster(paths.cluster)
    if (living?.ready) {
      try {
        await answers(urlOf(paths, living.port))
        return { pid: living.pid, port: living.port, adopted: !spawned }
      } catch (error) {
        // One that was just killed can look alive for a moment longer than its port.
        if (Date.now() > deadline - START_TIMEOUT_MS + ANSWER_WITHIN_MS) throw error
      }
    }
    if (!living && ours?.hasEnded()) {
      ours = undefined
      failures += 1
      // The first failures may be a port just taken, or backends of a dead postmaster that are still going down.
      if (failures >= 20) break
      await sleep(100)
    }
    if (!living && !ours) {
      clearRemains(paths.cluster)
      ours = spawnPostmaster(paths, options.port ?? (await freePort()), options.settings)
      spawned = true
    }
    await sleep(15)
  }
  throw new Error(`embedded PostgreSQL does not start in ${paths.home}:\n${logTail(paths)}`)
}

const waitGone = async (pid: number, timeoutMs: number) => {
  const deadline = Date.now() + timeoutMs
  while (isRunning(pid)) {
    if (Date.now() > deadline) return false
    await sleep(10)
  }
  return true
}

const signal = (pid: number, name: NodeJS.Signals) => {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone, which is what the signal was for.
  }
}

// SIGINT: PostgreSQL's fast shutdown, with a checkpoint. SIGQUIT: at once; the next start recovers from the log.
const stopPostmaster = async (pid: number) => {
  signal(pid, 'SIGINT')
  if (await waitGone(pid, FAST_STOP_MS)) return
  signal(pid, 'SIGQUIT')
  if (await waitGone(pid, 5_000)) return
  signal(pid, 'SIGKILL')
  await waitGone(pid, 5_000)
}

type State = { paths: ClusterPaths; options: StartOptions; pid: number; stopping: boolean; up: Promise<unknown> }
const states = new WeakMap<EmbeddedPostgres, State>()

/**
 * Starts the embedded PostgreSQL that keeps its files in `dataDir` (made if missing, mode 0700), or takes over the one
 * an earlier process left running there. Throws, with the end of PostgreSQL's log, when it is not up within a minute.
 */
export const startPostgres = async (options: StartOptions): Promise<EmbeddedPostgres> => {
  const paths = clusterPaths(resolve(options.dataDir))
  const settings = options.settings ?? {}
  mkdirSync(paths.home, { recursive: true, mode: 0o700 })
  await makeCluster(paths, settings['fsync'] !== 'off')
  const { pid, port, adopted } = await bringUp(paths, { port: options.port, settings })
  const state: State = { paths, options: { ...options, port }, pid, stopping: false, up: Promise.resolve() }
  const database: EmbeddedPostgres = {
    url: urlOf(paths, port),
    port,
    adopted,
    get pid() {
      return state.pid
    },
    async stop() {
      state.stopping = true
      await state.up.catch(() => {})
      await stopPostmaster(state.pid)
    },
  }
  states.set(database, state)
  return database
}

/** What `watchPostgres` tells: the postmaster died; it is back (after so long); it did not come back, once more later. */
export type Watcher = {
  onDown?(): void
  onUp?(downMs: number): void
  onFailure?(error: Error): void
}

const WATCH_MS = 100

/**
 * Keeps an embedded PostgreSQL running: when its postmaster dies, starts another on the same port, so that pools
 * reconnect by themselves. Ends by the function it returns, or by the database's `stop`.
 */
export const watchPostgres = (database: EmbeddedPostgres, watcher: Watcher = {}): (() => void) => {
  const state = states.get(database)
  if (!state) throw new Error('not a database of startPostgres')
  let restarting = false
  const restart = async () => {
    const downAt = performance.now()
    watcher.onDown?.()
    while (!state.stopping) {
      try {
        const up = bringUp(state.paths, { port: state.options.port, settings: state.options.settings ?? {} })
        state.up = up
        state.pid = (await up).pid
        watcher.onUp?.(performance.now() - downAt)
        return
      } catch (error) {
        watcher.onFailure?.(error instanceof Error ? error : new Error(String(error)))
        await sleep(1_000)
      }
    }
  }
  // An adopted postmaster is nobody's child here, so its death can only be looked for.
  const timer = setInterval(() => {
    if (restarting || state.stopping || isRunning(state.pid)) return
    restarting = true
    void restart().finally(() => (restarting = false))
  }, WATCH_MS)
  timer.unref()
  return () => clearInterval(timer)
}
