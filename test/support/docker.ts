import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, copyFileSync, rmSync, symlinkSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareDocker } from './dockerd.ts'
import { program } from './parts.ts'

/** What `run` starts. Ports are the container's TCP ports; each is published on a free port of 127.0.0.1. */
export type RunOptions = {
  command: string[]
  name?: string
  image?: string
  labels?: Record<string, string>
  /** A quota of CPU time, in cores. */
  cpus?: number
  memoryMib?: number
  ports?: number[]
  /** `/on/host:/in/container[:ro]`, or `volume:/in/container`. */
  binds?: string[]
  env?: Record<string, string>
  networkMode?: string
  restart?: 'no' | 'always' | 'on-failure' | 'unless-stopped'
  hostConfig?: Record<string, unknown>
}

type Inspected = {
  Id: string
  Name: string
  State: { Running: boolean; Paused: boolean; Pid: number; ExitCode: number; StartedAt: string; OOMKilled: boolean }
  NetworkSettings: { IPAddress: string; Ports: Record<string, { HostPort: string }[] | null> }
  RestartCount: number
  LogPath: string
}

/** A container that a test runs. */
export type Container = {
  id: string
  name: string
  /** Where a container's port is published on 127.0.0.1. */
  port(containerPort: number): Promise<number>
  inspect(): Promise<Inspected>
  /** Runs a command in it and waits: its output (both streams) and exit code. */
  exec(command: string[]): Promise<{ output: string; exitCode: number }>
  logs(): Promise<string>
  /** Waits for its end; gives the exit code. */
  wait(): Promise<number>
  start(): Promise<void>
  stop(): Promise<void>
  restart(): Promise<void>
  kill(signal?: string): Promise<void>
  remove(): Promise<void>
}

/** A Docker Engine for tests. `stop` removes the containers run through it and ends the engine if it was started here. */
export type Engine = {
  socketPath: string
  run(options: RunOptions): Promise<Container>
  /** Any call of the Engine's API (https://docs.docker.com/engine/api/v1.41/); throws with the Engine's words. */
  call<T = unknown>(method: string, path: string, body?: unknown): Promise<T>
  stop(): Promise<void>
}

const BUSYBOX = 'wharf-test/busybox:1'

const send = (socketPath: string, method: string, path: string, body?: Buffer, type = 'application/json') =>
  new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
    const headers = body ? { 'content-type': type, 'content-length': body.length } : {}
    const call = request({ socketPath, method, path: `/v1.41${path}`, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
      response.on('error', reject)
    })
    call.on('error', reject)
    call.end(body)
  })

// Without a TTY the Engine frames each piece: stream, three zeros, length in four bytes, then the piece.
const unframe = (framed: Buffer): string => {
  const pieces: Buffer[] = []
  for (let at = 0; at + 8 <= framed.length; at += 8 + framed.readUInt32BE(at + 4)) {
    pieces.push(framed.subarray(at + 8, at + 8 + framed.readUInt32BE(at + 4)))
  }
  return Buffer.concat(pieces).toString()
}

const busyboxTar = (): Buffer => {
  const busybox = program('busybox')
  if (!busybox) throw new Error('busybox is not installed (Debian: busybox-static)')
  const folder = mkdtempSync(join(tmpdir(), 'wharf-busybox-'))
  try {
    for (const name of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'data']) mkdirSync(join(folder, name))
    copyFileSync(busybox, join(folder, 'bin', 'busybox'))
    const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')
    for (const applet of applets) if (applet !== 'busybox') symlinkSync('busybox', join(folder, 'bin', applet))
    return execFileSync('tar', ['-C', folder, '-c', '.'], { maxBuffer: 64 * 1024 * 1024 })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const createBody = (options: RunOptions, run: string) => ({
  Image: options.image ?? BUSYBOX,
  Cmd: options.command,
  Env: ['PATH=/bin', ...Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`)],
  Labels: { ...options.labels, 'wharf-test-run': run },
  ExposedPorts: Object.fromEntries((options.ports ?? []).map((port) => [`${port}/tcp`, {}])),
  HostConfig: {
    Binds: options.binds ?? [],
    NanoCpus: Math.round((options.cpus ?? 0) * 1e9),
    Memory: (options.memoryMib ?? 0) * 1024 * 1024,
    PortBindings: Object.fromEntries(
      (options.ports ?? []).map((port) => [`${port}/tcp`, [{ HostIp: '127.0.0.1', HostPort: '' }]]),
    ),
    RestartPolicy: { Name: options.restart ?? 'no' },
    ...(options.networkMode ? { NetworkMode: options.networkMode } : {}),
    ...options.hostConfig,
  },
})

const containerOf = (call: Engine['call'], socketPath: string, id: string, name: string): Container => {
  const path = `/containers/${id}`
  const inspect = () => call<Inspected>('GET', `${path}/json`)
  return {
    id,
    name,
    inspect,
    async port(containerPort) {
      const { NetworkSettings } = await inspect()
      const [binding] = NetworkSettings.Ports[`${containerPort}/tcp`] ?? []
      if (!binding) throw new Error(`port ${containerPort} of ${name} is not published`)
      return Number(binding.HostPort)
    },
    async exec(command) {
      const body = { Cmd: command, AttachStdout: true, AttachStderr: true, Env: ['PATH=/bin'] }
      const { Id } = await call<{ Id: string }>('POST', `${path}/exec`, body)
      const start = Buffer.from(JSON.stringify({ Detach: false, Tty: false }))
      const output = unframe((await send(socketPath, 'POST', `/exec/${Id}/start`, start)).body)
      const { ExitCode } = await call<{ ExitCode: number }>('GET', `/exec/${Id}/json`)
      return { output, exitCode: ExitCode }
    },
    async logs() {
      return unframe((await send(socketPath, 'GET', `${path}/logs?stdout=1&stderr=1`)).body)
    },
    async wait() {
      return (await call<{ StatusCode: number }>('POST', `${path}/wait`)).StatusCode
    },
    start: () => call('POST', `${path}/start`),
    stop: () => call('POST', `${path}/stop?t=2`),
    restart: () => call('POST', `${path}/restart?t=2`),
    kill: (signal = 'SIGKILL') => call('POST', `${path}/kill?signal=${signal}`),
    remove: () => call('DELETE', `${path}?force=1&v=1`),
  }
}

/**
 * A Docker Engine to run real containers on: this run's, else the machine's, else one of its own. Its image
 * `wharf-test/busybox:1` has busybox and nothing else. Throws where no engine is to be had.
 */
export const startDocker = async (): Promise<Engine> => {
  const daemon = await prepareDocker()
  const { socketPath } = daemon
  const runId = `${process.pid}-${Date.now().toString(36)}`

  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const answer = await send(socketPath, method, path, payload)
    const text = answer.body.toString()
    // 304: it was started, or stopped, already.
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${text.trim()}`)
    return (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined) as T
  }

  const images = await call<unknown[]>(
    'GET',
    `/images/json?filters=${encodeURIComponent(JSON.stringify({ reference: [BUSYBOX] }))}`,
  )
  if (images.length === 0) {
    const path = '/images/create?fromSrc=-&repo=wharf-test/busybox&tag=1'
    const answer = await send(socketPath, 'POST', path, busyboxTar(), 'application/x-tar')
    if (answer.status !== 200) throw new Error(`no busybox image: ${answer.body.toString()}`)
  }

  return {
    socketPath,
    call,
    async run(options) {
      const query = options.name ? `?name=${encodeURIComponent(options.name)}` : ''
      const { Id } = await call<{ Id: string }>('POST', `/containers/create${query}`, createBody(options, runId))
      await call('POST', `/containers/${Id}/start`)
      const { Name } = await call<Inspected>('GET', `/containers/${Id}/json`)
      return containerOf(call, socketPath, Id, Name.replace(/^\//, ''))
    },
    async stop() {
      const filters = encodeURIComponent(JSON.stringify({ label: [`wharf-test-run=${runId}`] }))
      const left = await call<{ Id: string }[]>('GET', `/containers/json?all=1&filters=${filters}`)
      await Promise.all(left.map(({ Id }) => call('DELETE', `/containers/${Id}?force=1&v=1`)))
      await daemon.stop()
    },
  }
}
