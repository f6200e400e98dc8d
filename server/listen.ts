import { readFileSync } from 'node:fs'
import { createServer as createPlain, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Env } from './env.ts'

/** A server that listens; `close` cuts event streams, lets other requests under way end, then cuts what stays open. */
export type Listening = { server: Server; port: number; close(): Promise<void> }

const CLOSE_WITHIN_MS = 5_000
const REQUEST_WITHIN_MS = 60_000

const isEventStream = (res: ServerResponse) => String(res.getHeader('content-type')).startsWith('text/event-stream')

/** Listens on HOST and PORT, with TLS where WHARF_TLS_CERT and WHARF_TLS_KEY name files. */
export const listenOn = async (env: Env, handler: RequestListener): Promise<Listening> => {
  const { WHARF_TLS_CERT: cert, WHARF_TLS_KEY: key } = env
  const server =
    cert && key ? createTls({ cert: readFileSync(cert), key: readFileSync(key) }, handler) : createPlain(handler)
  const answers = new Set<ServerResponse>()
  server.on('request', (_, res) => {
    answers.add(res)
    res.once('close', () => answers.delete(res))
  })
  // A push takes as long as it takes: the registry's front ends those that stall. Other requests are small.
  server.requestTimeout = 0
  server.on('request', (req) => {
    if (req.url?.startsWith('/v2/')) return
    const timer = setTimeout(() => req.complete || req.destroy(), REQUEST_WITHIN_MS)
    req.once('close', () => clearTimeout(timer))
  })
  server.headersTimeout = 15_000
  // Longer than a load balancer's usual 60 s, so that it never sends into a connection just closed.
  server.keepAliveTimeout = 75_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`port ${env.PORT} is in use; set PORT to another`) : error),
    )
    server.listen(env.PORT, env.HOST, resolve)
  })
  return {
    server,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
        // They never end by themselves, and what they tell would have their readers ask a server that is gone.
        for (const res of answers) if (isEventStream(res)) res.destroy()
        setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS).unref()
      }),
  }
}
