import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Identity } from '#agents/host/identity.ts'
import type { ControlPlane } from './controlPlane.ts'
import { mutate } from './steps.ts'

/** The host agent as a process of its own, enrolled with a control plane. */
export type AgentProcess = {
  hostId: number
  stateDir: string
  identity(): Identity
  /** Starts it and waits until it runs. */
  start(): Promise<void>
  /** TERM: it takes last readings and reports them. Gives the exit code. */
  stop(): Promise<number | null>
  /** KILL: it can do nothing more. */
  kill(): Promise<void>
  /** What it has logged since its last start. */
  output(): string
  /** Sequence numbers of reports that wait to be sent. */
  waiting(): number[]
  /** Ends it and removes its state. */
  remove(): Promise<void>
}

const MAIN = join(import.meta.dirname, '..', '..', 'agents', 'host', 'main.ts')
const RUNS_MS = 60_000

/** Runs the agent's entry point once, as an operator does on a host; rejects with what it wrote where it fails. */
export const agentVerb = (...args: string[]) =>
  promisify(execFile)(process.execPath, [MAIN, ...args], { timeout: 60_000 })

/** A one-time join token of a cluster. */
export const joinToken = async (plane: ControlPlane, cluster: string): Promise<string> =>
  (await mutate<{ token: string }>(plane, 'hosts.joinTokens.create', { cluster })).token

/** Enrols a host and gives its agent, not started. Without `engineSocket` it has no engine; `url` is where it sends. */
export const enrolAgent = async (
  plane: ControlPlane,
  options: { cluster: string; hostname: string; engineSocket?: string; url?: string },
): Promise<AgentProcess> => {
  const stateDir = mkdtempSync(join(tmpdir(), 'wharf-agent-'))
  const { cluster, hostname, engineSocket = '/nowhere', url = plane.url } = options
  const token = await joinToken(plane, cluster)
  await agentVerb('enrol', '--url', url, '--token', token, '--state', stateDir, '--hostname', hostname)
  const identity = () => JSON.parse(readFileSync(join(stateDir, 'identity.json'), 'utf8')) as Identity
  let child: ChildProcess | undefined
  let output = ''

  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const exit = once(child, 'exit')
    child.kill(signal)
    const [code] = (await exit) as [number | null]
    return code
  }
  const agent: AgentProcess = {
    hostId: identity().hostId,
    stateDir,
    identity,
    async start() {
      output = ''
      const started = spawn(process.execPath, [MAIN, 'run', '--state', stateDir, '--hostname', hostname], {
        env: { ...process.env, DOCKER_HOST: `unix://${engineSocket}` },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      child = started
      started.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
      const until = Date.now() + RUNS_MS
      while (!output.includes('"the agent runs"')) {
        if (started.exitCode !== null || Date.now() > until) throw new Error(`the agent does not run:\n${output}`)
        await sleep(20)
      }
    },
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
    output: () => output,
    waiting: () =>
      readdirSync(join(stateDir, 'spool'))
        .filter((name) => /^\d+\.gz$/.test(name))
        .map((name) => Number.parseInt(name, 10)),
    async remove() {
      await end('SIGKILL')
      rmSync(stateDir, { recursive: true, force: true })
    },
  }
  return agent
}

/** What passed through a relay: the answer's status to each request, in order. */
export type Relay = { url: string; passed: { method: string; path: string; status: number }[]; close(): void }

/** An HTTP relay in front of a control plane that writes down what passes. */
export const startRelay = async (target: string): Promise<Relay> => {
  const passed: Relay['passed'] = []
  const server = createServer((from, to) => {
    const { method = 'GET', url = '/', headers } = from
    const onward = request(new URL(url, target), { method, headers }, (answer) => {
      passed.push({ method, path: url, status: answer.statusCode ?? 0 })
      to.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(to)
    })
    onward.on('error', () => to.destroy())
    to.on('close', () => onward.destroy())
    from.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
