import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '#db/client.ts'
import type { Pool } from '#db/client.ts'
import { clusterPassword, clusterPaths } from '#db/cluster.ts'
import { livingPostmaster } from '#db/postmaster.ts'

/** `engineSocket`: the Docker Engine its own agent watches; without one it runs no agent. */
export type ControlPlaneOptions = { engineSocket?: string; env?: Record<string, string> }

/** A whole control plane as `npm start` runs it, with its own data directory and embedded PostgreSQL. */
export type ControlPlane = {
  url: string
  dataDir: string
  /** The first operator, who can sign in. */
  admin: { email: string; password: string }
  /** What it has written to standard output and error. */
  output(): string
  pid(): number
  /** Process id of its PostgreSQL's postmaster. */
  postgresPid(): number
  /** The API token kept for the first operator (header `Authorization: Bearer`). */
  token(): string
  /** A connection to its database; the caller ends it. */
  connect(): Pool
  /** Starts it again after `stop` or `kill`; gives the milliseconds until it was ready. */
  start(): Promise<number>
  /** TERM, then waits for the end; gives the exit code. */
  stop(): Promise<number | null>
  kill(): Promise<void>
  /** Ends everything and removes the data. */
  remove(): Promise<void>
}

const MAIN = join(import.meta.dirname, '..', '..', 'server', 'main.ts')
const READY_MS = 120_000

/** A TCP port of 127.0.0.1 that nobody listens on now. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const isReady = (url: string) =>
  fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
    async (response) => {
      await response.arrayBuffer()
      return response.ok
    },
    () => false,
  )

/** Starts a control plane on a free port and waits until it is ready; throws with its output when it is not. */
export const startControlPlane = async (options: ControlPlaneOptions = {}): Promise<ControlPlane> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'wharf-plane-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const admin = { email: 'operator@example.com', password: 'a long enough password' }
  const paths = clusterPaths(join(dataDir, 'postgres'))
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PORT: String(port),
    WHARF_DATA: dataDir,
    WHARF_PUBLIC_URL: url,
    WHARF_ADMIN_EMAIL: admin.email,
    WHARF_ADMIN_PASSWORD: admin.password,
    DOCKER_HOST: `unix://${options.engineSocket ?? '/nowhere'}`,
    NODE_ENV: 'production',
    ...options.env,
  }
  let child: ChildProcess | undefined
  let output = ''

  const ended = async () => {
    if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    return child?.exitCode ?? null
  }
  const start = async () => {
    const startedAt = performance.now()
    const started = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    child = started
    started.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    started.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    while (!(await isReady(url))) {
      if (started.exitCode !== null || performance.now() - startedAt > READY_MS) {
        started.kill('SIGKILL')
        throw new Error(`the control plane is not ready:\n${output}`)
      }
      await sleep(20)
    }
    return performance.now() - startedAt
  }
  const stop = () => {
    child?.kill('SIGTERM')
    return ended()
  }
  const postgresPid = () => {
    const postmaster = livingPostmaster(paths.cluster)
    if (!postmaster) throw new Error('its PostgreSQL does not run')
    return postmaster.pid
  }
  const plane: ControlPlane = {
    url,
    dataDir,
    admin,
    output: () => output,
    pid: () => child?.pid ?? 0,
    postgresPid,
    token: () => readFileSync(join(dataDir, 'operator-token'), 'utf8').trim(),
    connect() {
      const postmaster = livingPostmaster(paths.cluster)
      if (!postmaster) throw new Error('its PostgreSQL does not run')
      return connect(`postgres://wharf:${clusterPassword(paths)}@127.0.0.1:${postmaster.port}/wharf`, { max: 3 })
    },
    start,
    stop,
    async kill() {
      child?.kill('SIGKILL')
      await ended()
    },
    async remove() {
      await stop()
      const left = livingPostmaster(paths.cluster)
      if (left) process.kill(left.pid, 'SIGQUIT')
      while (livingPostmaster(paths.cluster)) await sleep(20)
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    },
  }
  try {
    await start()
  } catch (error) {
    await plane.remove()
    throw error
  }
  return plane
}
