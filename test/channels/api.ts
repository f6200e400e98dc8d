import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Asked = {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  text: string
  json: Record<string, unknown>
}
export type Said = { status: number; json?: unknown; headers?: Record<string, string> }
/**
 * What goes wrong with a request: the answer is lost after it was handled, the connection breaks before it is, or it is
 * refused with an answer of the API's own.
 */
export type Fault = 'answer lost' | 'broken before' | Said

/** Where a test may hold a request up: before it is handled, and before it is answered. */
export type Stops = { arrived: () => Promise<void>; handled: () => Promise<void>; latencyMs: number }
const none = async () => {}

/** Something that was posted and still stands, or was taken away. */
export type Post = { id: string; text: string; replyTo?: string | undefined; isGone: boolean; edits: number }

/** A stand-in's server: it answers as `handle` says, and goes wrong as `faults` say, one a request that `fails` counts. */
export const startApi = async (
  handle: (asked: Asked) => Said,
  fails: (asked: Asked) => boolean = ({ method }) => method !== 'GET',
) => {
  const log: Asked[] = []
  const faults: Fault[] = []
  // What a test does between a request's arrival, its handling and its answer; nothing where it does not say.
  const stops: Stops = { arrived: none, handled: none, latencyMs: 0 }
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', async () => {
      const url = new URL(request.url!, 'http://x')
      const text = Buffer.concat(parts).toString('utf8')
      const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}
      const asked = {
        method: request.method!,
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        text,
        json,
      }
      log.push(asked)
      if (stops.latencyMs > 0) await new Promise<void>((done) => void setTimeout(done, stops.latencyMs))
      if (fails(asked)) await stops.arrived()
      const fault = fails(asked) ? faults.shift() : undefined
      if (fault === 'broken before') return request.socket.destroy()
      const said = typeof fault === 'object' ? fault : handle(asked)
      if (fails(asked)) await stops.handled()
      if (fault === 'answer lost') return request.socket.destroy()
      response.writeHead(said.status, { 'content-type': 'application/json', ...said.headers })
      return response.end(said.json === undefined ? '' : JSON.stringify(said.json))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    faults,
    stops,
    close: () => {
      server.closeAllConnections()
      return new Promise<void>((done) => server.close(() => done()))
    },
  }
}
