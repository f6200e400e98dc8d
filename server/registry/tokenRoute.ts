import type { Pool } from '#db/client.ts'
import { Counter } from 'prom-client'
import type { Context } from '../context.ts'
import type { Env } from '../env.ts'
import { DomainError } from '../errors.ts'
import { connectionLost, readBody, sendJson, type Exchange, type Route } from '../http.ts'
import { registry } from '../metrics.ts'
import { RateLimit } from '../usage/rateLimit.ts'
import { allowed, type Grant } from './allow.ts'
import { createByPush } from './createRepository.ts'
import { askedOf, granted, refusalOf, type Access } from './scope.ts'
import { ANYBODY, bySecret, signIn, type Client, type NotIn } from './signIn.ts'
import { SERVICE, signToken, TOKEN_SECONDS } from './token.ts'
import { keepKeys, type KeptKeys } from './keptKeys.ts'

export const TOKEN_PATH = '/v1/registry/token'

const MOST_FORM_BYTES = 64 * 1024

const tokens = new Counter({
  name: 'wharf_registry_tokens_total',
  help: 'Requests for registry tokens: given, given with less than was asked, refused, or not signed in.',
  labelNames: ['outcome'],
  registers: [registry],
})

type Deps = { sql: Pool; env: Env }
type Wanted = { scopes: string[]; service: string | null }

/** An answer in the registry's own error form, which clients show (https://distribution.github.io/distribution/spec/api/#errors). */
const refuse = (
  exchange: Exchange,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
) => sendJson(exchange.res, status, { errors: [{ code, message, detail: null }] }, headers)

const basicOf = (header: string | undefined): { name: string; password: string } | undefined => {
  const [, encoded] = /^Basic\s+([A-Za-z0-9+/=_-]+)$/i.exec(header ?? '') ?? []
  if (!encoded) return undefined
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Makes the repositories that a push was granted to make. */
const makeGranted = async (ctx: Context, access: readonly Access[], allowed: ReadonlyMap<string, Grant>) => {
  for (const grant of allowed.values()) {
    const isGiven = access.some(({ name, actions }) => name === grant.path && actions.includes('push'))
    if (!isGiven || !grant.creates || grant.accountId === undefined) continue
    await createByPush(ctx, { accountId: grant.accountId, path: grant.path, visibility: grant.creates })
  }
}

const answerWith = async (deps: Deps, keys: KeptKeys, exchange: Exchange, client: Client, wanted: Wanted) => {
  const { sql, env } = deps
  const now = new Date()
  if (wanted.service !== null && wanted.service !== SERVICE)
    return refuse(exchange, 400, 'UNSUPPORTED', `the service here is "${SERVICE}"`)
  const asked = askedOf(wanted.scopes)
  const can =
    asked.size === 0
      ? new Map<string, Grant>()
      : await allowed(sql, client.subject, [...asked.keys()], { now, publicUrl: env.publicUrl })
  const refusal = refusalOf(asked, can)
  if (refusal) {
    tokens.inc({ outcome: 'refused' })
    return refuse(exchange, refusal.code === 'DENIED' ? 403 : 429, refusal.code, refusal.message)
  }
  const access = granted(asked, can)
  const { requestId, ip } = exchange
  const ctx: Context = { sql, env, actor: client.actor, now, requestId, ip }
  await makeGranted(ctx, access, can)
  const token = signToken((await keys.now(now)).signing, { sub: client.sub, access }, now)
  tokens.inc({ outcome: access.length < asked.size ? 'less' : 'given' })
  sendJson(exchange.res, 200, {
    token,
    access_token: token,
    expires_in: TOKEN_SECONDS,
    issued_at: new Date(Math.floor(now.getTime() / 1000) * 1000).toISOString(),
    scope: access.map(({ name, actions }) => `repository:${name}:${actions.join(',')}`).join(' '),
  })
}

const notIn = (exchange: Exchange, why: NotIn) => {
  tokens.inc({ outcome: 'not_in' })
  if (why.isLocked) return refuse(exchange, 429, 'TOOMANYREQUESTS', why.refused)
  return refuse(exchange, 401, 'UNAUTHORIZED', why.refused, { 'www-authenticate': 'Basic realm="Wharfinger"' })
}

/**
 * The token service of the registry: `GET` with Basic sign-in, or none
 * (https://distribution.github.io/distribution/spec/auth/token/), and the OAuth 2 form by `POST` with a password or
 * with an API token or robot's secret as the refresh token (…/spec/auth/oauth/).
 */
export const tokenRoutes = (deps: Deps): Route[] => {
  const { sql } = deps
  const keys = keepKeys(deps)
  const perAddress = new RateLimit({ perSecond: 20, burst: 400 })

  /** Strangers are held to so many a second by address; who signs in is not, as many share an address. */
  const admit = ({ ip }: Exchange) => {
    const waitSeconds = perAddress.take(ip, Date.now())
    if (waitSeconds === 0) return
    throw new DomainError('LIMITED', `too many requests from ${ip}; wait ${waitSeconds} s or sign in`, {
      retryAfterSeconds: waitSeconds,
    })
  }

  const clientOf = async (exchange: Exchange): Promise<Client | NotIn> => {
    const header = exchange.req.headers.authorization
    const basic = basicOf(header)
    if (!basic) {
      if (header) return { refused: 'sign in with Basic: a name and a password or an API token' }
      admit(exchange)
      return ANYBODY
    }
    if (basic.name === '' && basic.password === '') return ANYBODY
    const client = await signIn(sql, { ...basic, ip: exchange.ip }, new Date())
    if ('refused' in client) admit(exchange)
    return client
  }

  const get = async (exchange: Exchange) => {
    const client = await clientOf(exchange)
    if ('refused' in client) return notIn(exchange, client)
    const { searchParams } = exchange.url
    const wanted = { scopes: searchParams.getAll('scope'), service: searchParams.get('service') }
    await answerWith(deps, keys, exchange, client, wanted)
  }

  const post = async (exchange: Exchange) => {
    const form = new URLSearchParams((await readBody(exchange.req, MOST_FORM_BYTES)).toString())
    const type = form.get('grant_type')
    const client =
      type === 'password'
        ? await signIn(
            sql,
            { name: form.get('username') ?? '', password: form.get('password') ?? '', ip: exchange.ip },
            new Date(),
          )
        : type === 'refresh_token'
          ? await bySecret(sql, form.get('refresh_token') ?? '', new Date())
          : undefined
    if (!client) return refuse(exchange, 400, 'UNSUPPORTED', 'grant_type is password or refresh_token')
    if ('refused' in client) {
      admit(exchange)
      return notIn(exchange, client)
    }
    await answerWith(deps, keys, exchange, client, { scopes: form.getAll('scope'), service: form.get('service') })
  }

  const guarded = (handle: (exchange: Exchange) => Promise<void>) => async (exchange: Exchange) => {
    try {
      await handle(exchange)
    } catch (error) {
      const known = error instanceof DomainError ? error : connectionLost(error)
      if (!known || exchange.res.headersSent) throw error
      // Clients show the registry's form of errors, not ours.
      const status = { LIMITED: 429, UNAVAILABLE: 503, FORBIDDEN: 403, TOO_LARGE: 413 }[known.code as string] ?? 400
      const code = { 429: 'TOOMANYREQUESTS', 503: 'UNAVAILABLE', 403: 'DENIED' }[status] ?? 'UNSUPPORTED'
      const retry = known.retryAfterSeconds
      refuse(exchange, status, code, known.message, retry === undefined ? {} : { 'retry-after': String(retry) })
    }
  }

  return [
    { method: 'GET', path: TOKEN_PATH, access: 'anyone', handle: guarded(get) },
    { method: 'POST', path: TOKEN_PATH, access: 'anyone', handle: guarded(post) },
  ]
}
