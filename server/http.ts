import type { IncomingMessage, ServerResponse } from 'node:http'
import { randomUUID } from 'node:crypto'
import { DomainError, statusOf, type ErrorBody } from './errors.ts'
import { log } from './log.ts'
import { httpSeconds } from './metrics.ts'

/** One HTTP route outside tRPC. `path` ends in `/*` for everything below it. */
export type Route = {
  method: 'GET' | 'POST'
  path: string
  /**
   * Who may call it, for the authorization test: an agent's signature, anybody, a metrics reader, who sees the account named,
   * a source of alerts, the registry.
   */
  access: 'agent' | 'anyone' | 'metrics' | 'account' | 'alerts' | 'registry'
  handle(exchange: Exchange): Promise<void> | void
}

export type Exchange = { req: IncomingMessage; res: ServerResponse; url: URL; requestId: string; ip: string }

/** The request's id: the caller's where it is one, else a new one. */
export const requestIdOf = (req: IncomingMessage): string => {
  const given = req.headers['x-request-id']
  return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID()
}

/** The peer's address; a proxy's word is taken only from loopback and private peers. */
export const ipOf = (req: IncomingMessage): string => {
  const peer = req.socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
  const forwarded = req.headers['x-forwarded-for']
  const trusted = /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|::1$|f[cd])/.test(peer)
  const nearest = typeof forwarded === 'string' ? forwarded.split(',').at(-1)?.trim() : undefined
  return trusted && nearest ? nearest : peer
}

/**
 * Reads a body, refusing it as soon as it is larger than `limitBytes`: it is never all in memory.
 * @throws DomainError TOO_LARGE
 */
export const readBody = (req: IncomingMessage, limitBytes: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const refuse = () => {
      req.off('data', take).resume()
      reject(new DomainError('TOO_LARGE', `the body is over ${limitBytes} bytes; send less at once`))
    }
    const chunks: Buffer[] = []
    let size = 0
    const take = (chunk: Buffer) => {
      size += chunk.length
      if (size > limitBytes) return refuse()
      chunks.push(chunk)
    }
    if (Number(req.headers['content-length'] ?? 0) > limitBytes) return refuse()
    req.on('data', take)
    req.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size)))
    req.once('error', reject)
    req.once('aborted', () => reject(new DomainError('BAD_REQUEST', 'the request ended before its body did')))
  })

export const sendJson = (res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => {
  const text = JSON.stringify(body, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v))
  res.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...headers,
  })
  res.end(text)
}

/** Answers with the error's status and the one error body; what is not ours becomes a logged 500. */
export const sendError = (exchange: Exchange, error: unknown) => {
  const { req, res, requestId } = exchange
  if (res.headersSent) return res.destroy()
  const known = error instanceof DomainError ? error : connectionLost(error)
  if (!known) log.error({ err: error, requestId, path: req.url }, 'request failed')
  const body: ErrorBody & { serverTimeMs: number } = {
    error: {
      code: known?.code ?? 'INTERNAL',
      message: known?.message ?? 'something failed on our side; it was logged',
      ...(known?.path === undefined ? {} : { path: known.path }),
      requestId,
    },
    serverTimeMs: Date.now(),
  }
  const retry = known?.retryAfterSeconds ?? (known?.code === 'UNAVAILABLE' || known?.code === 'LIMITED' ? 5 : undefined)
  // An unread body is left behind on the connection: it cannot be used again.
  if (!req.complete) res.setHeader('connection', 'close')
  sendJson(res, known ? statusOf(known.code) : 500, body, retry === undefined ? {} : { 'retry-after': String(retry) })
}

const LOST = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08006',
  '08001',
])

/** A lost or starting database is the one failure that asks the caller to come back. */
export const connectionLost = (error: unknown): DomainError | undefined => {
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code !== 'string' || !LOST.has(code)) return undefined
  return new DomainError('UNAVAILABLE', 'the database is away; try again', { retryAfterSeconds: 2, cause: error })
}

/** Finds the route of a request; an exact path wins over a `/*`. */
export const findRoute = (routes: readonly Route[], method: string, pathname: string): Route | undefined =>
  routes.find((r) => r.method === method && r.path === pathname) ??
  routes.find((r) => r.method === method && r.path.endsWith('/*') && pathname.startsWith(r.path.slice(0, -1)))

/** Runs a route, measures it and turns what it throws into an answer. */
export const runRoute = async (route: Route, exchange: Exchange): Promise<void> => {
  const done = httpSeconds.startTimer({ route: route.path })
  exchange.res.setHeader('x-request-id', exchange.requestId)
  try {
    await route.handle(exchange)
  } catch (error) {
    sendError(exchange, error)
  } finally {
    done({ status: `${Math.floor(exchange.res.statusCode / 100)}xx` })
  }
}
