import { existsSync } from 'node:fs'
import * as http from 'node:http'
import { collect } from './http.ts'

/** The newest Engine API this client knows; older engines speak theirs (docs.docker.com/reference/api/engine/version-history). */
const NEWEST_API = '1.47'

/** An engine's refusal. `status` is HTTP's; 304 (already so) is not an error. */
export class EngineError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export type Engine = {
  name: 'docker' | 'podman'
  version: string
  /** The JSON of an answer. Throws EngineError on 4xx and 5xx, Error where the engine is away or too slow. */
  call: (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, timeoutMs?: number) => Promise<unknown>
  /** Newline-separated JSON as it comes, until it ends or `signal` aborts; rejects where it breaks. */
  follow: (path: string, onValue: (value: unknown) => void, signal: AbortSignal) => Promise<void>
  close: () => void
}

/** Sockets to try, best first: DOCKER_HOST alone where it names one. */
export const socketPaths = (env: Record<string, string | undefined>, uid: number): string[] => {
  const named = env['DOCKER_HOST']
  if (named?.startsWith('unix://')) return [named.slice('unix://'.length)]
  return ['/var/run/docker.sock', '/run/podman/podman.sock', `/run/user/${uid}/podman/podman.sock`]
}

/** The lesser of two API versions such as `1.41`. */
export const lesserApi = (a: string, b: string): string => {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number)
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number)
  return aMajor < bMajor || (aMajor === bMajor && aMinor < bMinor) ? a : b
}

const messageOf = (body: Buffer): string => {
  const text = body.toString()
  try {
    return String((JSON.parse(text) as { message?: unknown }).message ?? text)
  } catch {
    return text.slice(0, 300)
  }
}

const request = (
  agent: http.Agent,
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
  timeoutMs: number,
) =>
  new Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body)
    const headers = text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const options = { agent, socketPath, method, path, headers: { host: 'engine', ...headers } }
    const sent = http.request(options, (message) => {
      collect(message, 64 * 2 ** 20)
        .then((bytes) => resolve({ status: message.statusCode ?? 0, headers: message.headers, body: bytes }))
        .catch(reject)
        .finally(() => clearTimeout(timer))
    })
    const timer = setTimeout(
      () => sent.destroy(new Error(`the engine gave no answer within ${timeoutMs} ms`)),
      timeoutMs,
    )
    sent.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    sent.end(text)
  })

/**
 * The engine behind a socket, its API version agreed on: `GET /_ping` names the server's. Podman tells itself by
 * `Libpod-Api-Version`. Rejects where nothing answers within two seconds.
 */
export const connectEngine = async (socketPath: string): Promise<Engine> => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 })
  const ping = await request(agent, socketPath, 'GET', '/_ping', undefined, 2_000)
  if (ping.status !== 200) throw new EngineError(ping.status, messageOf(ping.body))
  const prefix = `/v${lesserApi(String(ping.headers['api-version'] ?? '1.41'), NEWEST_API)}`
  const call: Engine['call'] = async (method, path, body, timeoutMs = 10_000) => {
    const answer = await request(agent, socketPath, method, prefix + path, body, timeoutMs)
    if (answer.status >= 400) throw new EngineError(answer.status, messageOf(answer.body))
    return answer.body.length === 0 ? undefined : (JSON.parse(answer.body.toString()) as unknown)
  }
  const follow: Engine['follow'] = (path, onValue, signal) =>
    new Promise((resolve, reject) => {
      // A stream is quiet for as long as nothing happens, so only its beginning has a time limit.
      const sent = http.request({ socketPath, path: prefix + path, headers: { host: 'engine' }, signal }, (message) => {
        if (message.statusCode !== 200) {
          message.resume()
          reject(new EngineError(message.statusCode ?? 0, 'the engine gives no events'))
          return
        }
        let rest = ''
        message.setEncoding('utf8')
        message.on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) if (line.trim() !== '') onValue(JSON.parse(line))
        })
        message.on('end', resolve)
        message.on('error', reject)
        message.on('close', resolve)
      })
      sent.on('error', reject)
      sent.end()
    })
  const version = (await call('GET', '/version')) as { Version?: string } | undefined
  return {
    name: ping.headers['libpod-api-version'] === undefined ? 'docker' : 'podman',
    version: version?.Version ?? 'unknown',
    call,
    follow,
    close: () => agent.destroy(),
  }
}

/** The first engine that answers, or null. */
export const findEngine = async (paths: string[]): Promise<Engine | null> => {
  for (const path of paths) {
    if (!existsSync(path)) continue
    try {
      return await connectEngine(path)
    } catch {
      // The next socket may have one; without any, the host alone is reported.
    }
  }
  return null
}
