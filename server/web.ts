import type { Pool } from '#db/client.ts'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { toNodeHandler } from 'better-auth/node'
import type { Auth } from './accounts/auth.ts'
import { identify } from './accounts/identify.ts'
import type { Context } from './context.ts'
import type { Env } from './env.ts'
import { DomainError } from './errors.ts'
import { findRoute, ipOf, requestIdOf, runRoute, sendError, type Exchange, type Route } from './http.ts'
import type { Live } from './live.ts'
import { log } from './log.ts'
import { httpSeconds } from './metrics.ts'
import { readPageRoutes } from './pageRoute.ts'
import { appRouter, createCaller, type Caller } from './router.ts'

type NodeHandler = (req: IncomingMessage, res: ServerResponse) => Promise<void>
type Deps = {
  sql: Pool
  env: Env
  auth: Auth
  live: Live
  routes: readonly Route[]
  /** Everything under `/v2/`. */
  registry?: ((exchange: Exchange) => Promise<void>) | undefined
  pages: NodeHandler | undefined
}

const headersOf = (req: IncomingMessage): Headers => {
  const headers = new Headers()
  for (const [name, value] of Object.entries(req.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}

/** A request that a browser sent from another site must not act with this site's cookie. */
const refuseForeignOrigin = (req: IncomingMessage, env: Env) => {
  const { origin, host, authorization } = req.headers
  if (req.method === 'GET' || authorization || origin === undefined) return
  if (origin === env.publicUrl || URL.parse(origin)?.host === host) return
  throw new DomainError('FORBIDDEN', `requests from ${origin} are not accepted; open ${env.publicUrl}`)
}

/** What one request knows of its sender, from its headers. */
const contextFrom = async (
  deps: Pick<Deps, 'sql' | 'env' | 'auth' | 'live'>,
  headers: Headers,
  from: Pick<Context, 'requestId' | 'ip'>,
): Promise<Context> => ({
  sql: deps.sql,
  env: deps.env,
  live: deps.live,
  actor: await identify({ auth: deps.auth, sql: deps.sql }, headers),
  now: new Date(),
  userAgent: headers.get('user-agent')?.slice(0, 300),
  ...from,
})

/** The caller that server components get: the procedures as the request's own user. */
export const pageCaller = (deps: Pick<Deps, 'sql' | 'env' | 'auth' | 'live'>) => ({
  async caller(headers: Headers): Promise<Caller> {
    const requestId = headers.get('x-request-id') ?? crypto.randomUUID()
    return createCaller(await contextFrom(deps, headers, { requestId, ip: headers.get('x-wharf-ip') ?? undefined }))
  },
})

/** One handler for everything on the port: routes, then tRPC, then sign-in, then pages. */
export const webHandler = (deps: Deps): NodeHandler => {
  const exchanges = new WeakMap<IncomingMessage, Exchange>()
  const pageRoute = readPageRoutes(join(import.meta.dirname, '..'))
  const trpc = createHTTPHandler({
    router: appRouter,
    basePath: '/trpc/',
    createContext: ({ req }) => {
      const exchange = exchanges.get(req)
      return contextFrom(deps, headersOf(req), { requestId: exchange?.requestId ?? '', ip: exchange?.ip })
    },
    onError({ error, path, ctx }) {
      if (error.code === 'INTERNAL_SERVER_ERROR')
        log.error({ err: error.cause ?? error, path, requestId: ctx?.requestId }, 'procedure failed')
    },
  })
  const signIn = toNodeHandler((request: Request) => deps.auth.handler(request))
  const rest: Record<'trpc' | 'auth' | 'page', NodeHandler> = {
    trpc: async (req, res) => trpc(req, res),
    auth: signIn,
    page:
      deps.pages ??
      (async () => {
        throw new DomainError('NOT_FOUND', 'this process serves no pages; it has not the role web')
      }),
  }
  return async (req, res) => {
    const url = new URL(req.url ?? '/', 'http://wharf')
    const exchange = { req, res, url, requestId: requestIdOf(req), ip: ipOf(req) }
    if (deps.registry && /^\/v2(?:\/|$|\?)/.test(req.url ?? '')) return deps.registry(exchange)
    const route = findRoute(deps.routes, req.method === 'HEAD' ? 'GET' : (req.method ?? 'GET'), url.pathname)
    if (route) return runRoute(route, exchange)
    const kind = url.pathname.startsWith('/trpc/') ? 'trpc' : url.pathname.startsWith('/api/auth/') ? 'auth' : 'page'
    exchanges.set(req, exchange)
    res.setHeader('x-request-id', exchange.requestId)
    req.headers['x-request-id'] = exchange.requestId
    req.headers['x-wharf-ip'] = exchange.ip
    req.headers['x-wharf-path'] = req.url ?? '/'
    const done = httpSeconds.startTimer({ route: kind === 'page' ? pageRoute(url.pathname) : kind })
    res.once('close', () => done({ status: `${Math.floor(res.statusCode / 100)}xx` }))
    try {
      if (/^\/(v1|v2|api)\//.test(url.pathname) && kind === 'page')
        throw new DomainError('NOT_FOUND', `no route ${req.method} ${url.pathname}`)
      refuseForeignOrigin(req, deps.env)
      await rest[kind](req, res)
    } catch (error) {
      sendError(exchange, error)
    }
  }
}
