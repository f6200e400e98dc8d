import { Agent as PlainAgent, request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { OutgoingHttpHeaders } from 'node:http'
import type { Access } from './scope.ts'
import { signToken } from './token.ts'
import type { KeptKeys } from './keptKeys.ts'

const ANSWER_WITHIN_MS = 30_000

/** The registry behind the front: calls with a token of our own, and requests to pass on. */
export type Upstream = {
  url(): string
  /** Opens a request as it stands; the caller sends its body and reads its answer. */
  open(method: string, path: string, headers: OutgoingHttpHeaders): ClientRequest
  /** A call of our own, with just the access it needs; the whole body, at most `limitBytes` of it. */
  call(
    method: string,
    path: string,
    access: Access[],
    options?: { headers?: OutgoingHttpHeaders; body?: Uint8Array; limitBytes?: number },
  ): Promise<Answer>
  close(): void
}
export type Answer = { status: number; headers: IncomingMessage['headers']; body: Buffer }

const OWN_LIMIT_BYTES = 8 * 1024 * 1024

/** Reaches the registry at what `url` says now (its port changes when it is restarted), over kept connections. */
export const upstreamAt = (url: () => string, keys: KeptKeys): Upstream => {
  const plain = new PlainAgent({ keepAlive: true, maxSockets: 512, maxFreeSockets: 64 })
  const tls = new TlsAgent({ keepAlive: true, maxSockets: 512, maxFreeSockets: 64 })

  const open: Upstream['open'] = (method, path, headers) => {
    const base = new URL(url())
    const secure = base.protocol === 'https:'
    const { hostname, port } = base
    const target = { method, host: hostname.replace(/^\[|\]$/g, ''), port: port || (secure ? 443 : 80), headers }
    const prefixed = `${base.pathname.replace(/\/$/, '')}${path}`
    return secure
      ? tlsRequest({ ...target, path: prefixed, agent: tls })
      : plainRequest({ ...target, path: prefixed, agent: plain })
  }

  return {
    url,
    open,
    async call(method, path, access, { headers = {}, body, limitBytes = OWN_LIMIT_BYTES } = {}) {
      const now = new Date()
      const token = signToken((await keys.now(now)).signing, { sub: 'system', access }, now)
      return new Promise((resolve, reject) => {
        const length = body ? { 'content-length': body.length } : {}
        const ask = open(method, path, { ...headers, ...length, authorization: `Bearer ${token}` })
        ask.setTimeout(ANSWER_WITHIN_MS, () => ask.destroy(new Error('the registry does not answer')))
        ask.on('error', reject)
        ask.on('response', (res) => {
          const chunks: Buffer[] = []
          let size = 0
          res.on('data', (chunk: Buffer) => {
            size += chunk.length
            if (size > limitBytes) return ask.destroy(new Error(`${path} is over ${limitBytes} bytes`))
            chunks.push(chunk)
          })
          res.on('error', reject)
          res.on('end', () =>
            resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks) }),
          )
        })
        ask.end(body)
      })
    },
    close() {
      plain.destroy()
      tls.destroy()
    },
  }
}

/** Access to one repository. */
export const accessTo = (name: string, ...actions: Access['actions']): Access[] => [
  { type: 'repository', name, actions },
]
