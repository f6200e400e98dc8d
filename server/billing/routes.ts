import type { Pool } from '#db/client.ts'
import { identify } from '../accounts/identify.ts'
import type { Auth } from '../accounts/auth.ts'
import type { Context } from '../context.ts'
import type { Env } from '../env.ts'
import { DomainError } from '../errors.ts'
import type { Exchange, Route } from '../http.ts'
import { download, FILES } from './downloadRouter.ts'

type Deps = { sql: Pool; env: Env; auth: Auth }

const contextOf = async ({ sql, env, auth }: Deps, { req, requestId, ip }: Exchange): Promise<Context> => {
  const headers = new Headers()
  const { authorization, cookie } = req.headers
  if (authorization) headers.set('authorization', authorization)
  if (cookie) headers.set('cookie', cookie)
  const actor = await identify({ auth, sql }, headers)
  return { sql, env, actor, now: new Date(), requestId, ip, userAgent: req.headers['user-agent']?.slice(0, 300) }
}

const PATH = '/v1/invoices/'

/**
 * `GET /v1/invoices/ACCOUNT/NUMBER/pdf|csv|evidence`, with a session or a token: the PDF, the lines as CSV, the evidence bundle, as links that work without
 * a script.
 */
export const routes = (deps: Deps): Route[] => [
  {
    method: 'GET',
    path: `${PATH}*`,
    access: 'account',
    async handle(exchange) {
      const { res, url } = exchange
      const [account = '', number = '', kind = '', ...more] = url.pathname.slice(PATH.length).split('/').map(decoded)
      const ctx = await contextOf(deps, exchange)
      if (ctx.actor.kind === 'anonymous') throw new DomainError('UNAUTHENTICATED', ctx.actor.reason ?? 'sign in first')
      const wanted = FILES.find((one) => one === kind)
      if (!wanted || more.length > 0)
        throw new DomainError('NOT_FOUND', `an invoice is served as ${PATH}ACCOUNT/NUMBER/${FILES.join('|')}`)
      const { fileName, contentType, bytes } = await download(ctx, account, number, wanted)
      res.writeHead(200, {
        'content-type': contentType,
        'content-length': bytes.length,
        'content-disposition': `attachment; filename="${fileName.replace(/[^\w.-]/g, '_')}"`,
        'cache-control': 'private, no-store',
        'x-content-type-options': 'nosniff',
      })
      res.end(bytes)
    },
  },
]

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new DomainError('BAD_REQUEST', 'the path is not percent-encoded as it should be')
  }
}
