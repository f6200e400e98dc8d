import type { IncomingMessage } from 'node:http'
import type { Pool } from '#db/client.ts'
import { Counter, Gauge } from 'prom-client'
import type { Env } from '../env.ts'
import { DomainError } from '../errors.ts'
import { connectionLost, readBody, sendJson, type Exchange } from '../http.ts'
import { log } from '../log.ts'
import { httpSeconds, registry } from '../metrics.ts'
import { RateLimit } from '../usage/rateLimit.ts'
import { allowed } from './allow.ts'
import { answerHeaders, baseFor, requestHeaders } from './frontHeaders.ts'
import { askedFor, targetFor, type Asked, type Fault } from './frontPath.ts'
import type { Gate } from './gate.ts'
import type { KeptKeys } from './keptKeys.ts'
import { keepPlaces, type Place } from './names.ts'
import { passBlob } from './passBlob.ts'
import { pathOf } from './path.ts'
import { addressKey, allowanceHeaders, PullLimit } from './pullLimit.ts'
import { Pulls } from './pulls.ts'
import type { Recorder } from './record.ts'
import { sendOwnBlob } from './sendOwnBlob.ts'
import { subjectOf } from './subject.ts'
import { readToken, type Claims } from './token.ts'
import type { Traffic } from './traffic.ts'
import type { Upstream } from './upstream.ts'
import { watchExchanges, type Watch } from './watchExchanges.ts'

/** As the registry itself takes them (distribution, `maxManifestBodySize`). */
const MOST_MANIFEST_BYTES = 4 * 1024 * 1024
const UPSTREAM_IDLE_MS = 300_000
const MOST_TOKENS_KEPT = 5_000
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

const requests = new Counter({
  name: 'wharf_registry_requests_total',
  help: 'Requests to the registry through the front, by what they were for and status class.',
  labelNames: ['kind', 'status'],
  registers: [registry],
})
const bytes = new Counter({
  name: 'wharf_registry_bytes_total',
  help: 'Bytes on the wire between clients and the front, by direction.',
  labelNames: ['direction'],
  registers: [registry],
})
const underWay = new Gauge({
  name: 'wharf_registry_requests_under_way',
  help: 'Registry requests being passed on.',
  registers: [registry],
})

export type FrontDeps = {
  sql: Pool
  env: Env
  keys: KeptKeys
  traffic: Traffic
  recorder: Recorder
  gate: Gate
  /** The registry, where there is one. */
  upstream(): Upstream | undefined
  /** Where a blob's bytes are, in a storage that is ours to read. */
  blobFile(digest: string): string | undefined
}
/** What is known of one request when it is passed on. */
type Passing = {
  exchange: Exchange
  asked: Asked
  method: string
  claims: Claims | undefined
  place: Place | undefined
  /** Added to the answer. */
  extra: Record<string, string>
}

export const HOW_TO =
  'no registry runs here: install Debian\'s "docker-registry" and start again, or set REGISTRY_URL to one that runs'

class Refusal extends Error {
  readonly fault: Fault
  readonly headers: Record<string, string>
  constructor(fault: Fault, headers: Record<string, string> = {}) {
    super(fault.message)
    this.fault = fault
    this.headers = headers
  }
}

/** The front of the registry: `handle` takes every request under `/v2/`. */
export type Front = { handle(exchange: Exchange): Promise<void>; close(): void }

export const createFront = (deps: FrontDeps): Front => {
  const { sql, env, keys, traffic, recorder, gate } = deps
  const placeNamed = keepPlaces(sql)
  const pulls = new Pulls()
  const pullLimit = new PullLimit()
  const strangers = new RateLimit({ perSecond: 50, burst: 1_000 })
  const signedIn = new RateLimit({ perSecond: 500, burst: 5_000 })
  const watch = watchExchanges()
  const known = new Map<string, Claims>()

  const claimsOf = async (req: IncomingMessage, now: Date): Promise<Claims | undefined> => {
    const token = /^Bearer\s+(\S+)$/i.exec(req.headers.authorization ?? '')?.[1]
    if (!token) return undefined
    const kept = known.get(token)
    if (kept && kept.exp * 1000 > now.getTime()) return kept
    const claims = readToken((await keys.now(now)).known, token, now)
    if (!claims) return undefined
    known.set(token, claims)
    const [oldest] = known.size > MOST_TOKENS_KEPT ? known.keys() : []
    if (oldest !== undefined) known.delete(oldest)
    return claims
  }

  /** By address for strangers, by who it is for others: many may share an address. */
  const admit = (ip: string, claims: Claims | undefined, nowMs: number) => {
    const waitSeconds = claims?.sub ? signedIn.take(claims.sub, nowMs) : strangers.take(addressKey(ip), nowMs)
    if (waitSeconds === 0) return
    const message = `too many requests; wait ${waitSeconds} s${claims?.sub ? '' : ' or sign in'}`
    throw new Refusal({ status: 429, code: 'TOOMANYREQUESTS', message }, { 'retry-after': String(waitSeconds) })
  }

  const limitPulls = ({ asked, method, claims, exchange }: Passing): Record<string, string> => {
    if (asked.kind !== 'manifest' || (method !== 'GET' && method !== 'HEAD') || !claims) return {}
    const key = claims.sub || addressKey(exchange.ip)
    const limit = claims.sub ? env.WHARF_REGISTRY_PULLS : env.WHARF_REGISTRY_ANONYMOUS_PULLS
    const allowance = pullLimit.see(key, limit, method === 'GET', Date.now())
    const headers = allowanceHeaders(allowance)
    if (!allowance.isOver || method === 'HEAD') return headers
    const message = `${limit} pulls in six hours are used up${claims.sub ? '' : '; sign in to pull more'}`
    const retry = { 'retry-after': String(allowance.retryAfterSeconds) }
    throw new Refusal({ status: 429, code: 'TOOMANYREQUESTS', message }, { ...headers, ...retry })
  }

  /** At both ends of a push what the token allows is asked anew: a plan may be full, or access gone, since it was made. */
  const requirePush = async ({ asked, method, claims, place }: Passing) => {
    if (!isPushed(asked, method) || !claims || asked.kind === 'base') return
    const may = claims.access.some(
      ({ name, actions }) => name === (place?.path ?? asked.path) && actions.includes('push'),
    )
    // The registry says so itself, with its challenge.
    if (!may) return
    if (!place) throw new Refusal({ status: 404, code: 'NAME_UNKNOWN', message: `${asked.path} is not here any more` })
    const at = { now: new Date(), publicUrl: env.publicUrl }
    const grant = (await allowed(sql, subjectOf(claims.sub), [place.path], at)).get(place.path)
    if (grant?.actions.includes('push')) return
    throw new Refusal({ status: 403, code: 'DENIED', message: grant?.reason ?? `you may not push to ${place.path}` })
  }

  const pass = async (passing: Passing, upstream: Upstream): Promise<void> => {
    const { exchange, asked, method, place } = passing
    const { req } = exchange
    const isManifestPut = asked.kind === 'manifest' && method === 'PUT'
    const body = isManifestPut ? await manifestBody(req) : undefined
    const leave = await gate.enter(method === 'GET' || method === 'HEAD' ? 'read' : 'write')
    const watched = watch.begin(exchange, (sent, taken) => {
      bytes.inc({ direction: 'out' }, sent)
      bytes.inc({ direction: 'in' }, taken)
      if (!place || exchange.res.statusCode >= 300) return
      traffic.add(place, 'egressBytes', sent)
      traffic.add(place, 'ingressBytes', taken)
    })
    underWay.inc()
    try {
      if (!(await sendDownload(passing, upstream, watched))) await passThrough(passing, upstream, body, watched)
    } finally {
      underWay.dec()
      watched.end()
      leave()
    }
  }

  /** A blob goes its own way: from the registry's storage where we can read it, else through buffers of ours. */
  const sendDownload = async (passing: Passing, upstream: Upstream, watched: Watch): Promise<boolean> => {
    const { exchange, asked, method, extra } = passing
    if (asked.kind !== 'blob' || method !== 'GET') return false
    const base = baseFor(exchange.req.headers.host, env.publicUrl, env.WHARF_TLS_CERT !== undefined)
    const input = { exchange, upstream, target: targetOf(passing), base, extra }
    const file = deps.blobFile(asked.digest)
    if (file !== undefined && (await sendOwnBlob({ ...input, file }))) return true
    return passBlob({ ...input, watched })
  }

  const passThrough = (
    passing: Passing,
    upstream: Upstream,
    body: Buffer | undefined,
    watched: Watch,
  ): Promise<void> => {
    const { exchange, asked, method } = passing
    const { req, res } = exchange
    const headers = requestHeaders(req.headers, exchange.ip, exchange.requestId)
    if (body) headers['content-length'] = body.length
    if (body) delete headers['transfer-encoding']
    const ask = upstream.open(method, targetOf(passing), headers)
    watched.onStall(() => ask.destroy())
    ask.setTimeout(UPSTREAM_IDLE_MS, () => ask.destroy(new Error('the registry does not answer')))
    return new Promise((resolve, reject) => {
      res.once('close', () => {
        if (!res.writableFinished) ask.destroy()
        resolve()
      })
      ask.once('error', (error) => {
        if (res.destroyed || res.headersSent) {
          res.destroy()
          return resolve()
        }
        log.warn({ err: error, requestId: exchange.requestId, kind: asked.kind }, 'the registry did not answer')
        reject(new Refusal({ status: 502, code: 'UNAVAILABLE', message: 'the registry did not answer; try again' }))
      })
      ask.once('response', (answer) => {
        answered(passing, answer, upstream, body)
          .then((extra) => {
            if (res.destroyed) return answer.destroy()
            const base = baseFor(req.headers.host, env.publicUrl, env.WHARF_TLS_CERT !== undefined)
            const passed = answerHeaders(answer.headers, { base, registryUrl: upstream.url() })
            // An unread body is left behind on the connection: it cannot be used again.
            if (!req.complete && (answer.statusCode ?? 500) >= 400) passed['connection'] = 'close'
            res.writeHead(answer.statusCode ?? 502, { ...passed, ...extra })
            answer.once('error', () => res.destroy())
            answer.pipe(res)
          })
          .catch(reject)
      })
      if (body || method === 'GET' || method === 'HEAD') ask.end(body)
      else req.pipe(ask)
    })
  }

  /** What an answer means for the books, before the client reads it. Gives headers to add. */
  const answered = async (
    passing: Passing,
    answer: IncomingMessage,
    upstream: Upstream,
    body: Buffer | undefined,
  ): Promise<Record<string, string>> => {
    const { asked, method, place, claims, exchange, extra } = passing
    const status = answer.statusCode ?? 0
    const digest = textOf(answer.headers['docker-content-digest'])
    if (!place || status >= 300 || asked.kind === 'base') return extra
    if (asked.kind === 'manifest' && digest) {
      if (method === 'GET' || method === 'HEAD') {
        await countPull(passing, place, digest, textOf(answer.headers['content-type']) ?? '')
      } else if (method === 'PUT' && body) {
        traffic.add(place, 'pushes', asked.reference === digest ? 0 : 1)
        traffic.add(place, 'manifestsTaken', 1)
        const mediaType = textOf(exchange.req.headers['content-type']) ?? ''
        const tag = asked.reference === digest ? undefined : asked.reference
        await keep(() => recorder.manifest(upstream, place, { digest, mediaType, body, tag, by: claims?.sub ?? '' }))
      }
    }
    if (method === 'DELETE' && asked.kind === 'manifest')
      await keep(() => recorder.manifestDeleted(place, digest ?? asked.reference, claims?.sub ?? ''))
    if (method === 'DELETE' && asked.kind === 'blob') await keep(() => recorder.layerDeleted(place, asked.digest))
    if (status === 201 && digest && (asked.kind === 'upload' || asked.kind === 'uploads'))
      await keep(() => recorder.layer(upstream, place, digest))
    return extra
  }

  /** What cannot be recorded now is found by the next reconciliation: the push itself is done. */
  const keep = async (work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      log.warn({ err: error }, 'a change in the registry was not recorded; reconciliation will find it')
    }
  }

  const countPull = async (
    { asked, method, claims, exchange }: Passing,
    place: Place,
    digest: string,
    type: string,
  ) => {
    if (asked.kind !== 'manifest') return
    const client = `${claims?.sub ?? ''} ${exchange.ip} ${place.repositoryId}`
    if (method === 'HEAD') {
      if (asked.reference !== digest) pulls.looked(client, asked.reference, digest, Date.now())
      return
    }
    traffic.add(place, 'manifestsSent', 1)
    const children = /index|list/.test(type) ? await recorder.childrenOf(place, digest) : []
    const { isPull, tag } = pulls.sent(client, asked.reference, digest, children, Date.now())
    if (isPull) traffic.pull(place, tag)
  }

  const serve = async (exchange: Exchange, asked: Asked) => {
    const { req, ip } = exchange
    const method = req.method ?? 'GET'
    const now = new Date()
    if (!METHODS.has(method))
      throw new Refusal({ status: 405, code: 'UNSUPPORTED', message: `${method} is not known here` })
    const upstream = deps.upstream()
    if (!upstream) throw new Refusal({ status: 503, code: 'UNAVAILABLE', message: HOW_TO })
    const claims = await claimsOf(req, now)
    admit(ip, claims, now.getTime())
    const place = asked.kind === 'base' ? undefined : await placeNamed(asked.path, now.getTime())
    const passing: Passing = { exchange, asked, method, claims, place, extra: {} }
    passing.extra = limitPulls(passing)
    await requirePush(passing)
    await pass(passing, upstream)
  }

  return {
    async handle(exchange) {
      const { req, res, requestId } = exchange
      const asked = askedFor(req.url ?? '/')
      const kind = 'fault' in asked ? 'refused' : asked.kind
      const done = httpSeconds.startTimer({ route: '/v2/*' })
      res.setHeader('x-request-id', requestId)
      res.setHeader('docker-distribution-api-version', 'registry/2.0')
      try {
        if ('fault' in asked) throw new Refusal(asked.fault)
        await serve(exchange, asked)
      } catch (error) {
        refuse(exchange, error)
      } finally {
        const status = `${Math.floor(res.statusCode / 100)}xx`
        done({ status })
        requests.inc({ kind, status })
      }
    },
    close: () => watch.close(),
  }
}

const textOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

const isPushed = (asked: Asked, method: string) =>
  (asked.kind === 'uploads' && method === 'POST') || (asked.kind === 'manifest' && method === 'PUT')

const manifestBody = async (req: IncomingMessage): Promise<Buffer> => {
  try {
    return await readBody(req, MOST_MANIFEST_BYTES)
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'TOO_LARGE') throw error
    const message = `a manifest has at most ${MOST_MANIFEST_BYTES} bytes`
    throw new Refusal({ status: 413, code: 'MANIFEST_INVALID', message })
  }
}

/**
 * Where the registry has what was asked. A mount from a repository that the token may not read becomes an upload: the
 * same answer whether or not the blob, or that repository, is there.
 */
const targetOf = ({ exchange, asked, claims, place }: Passing): string => {
  const target = exchange.req.url ?? '/v2/'
  if (asked.kind === 'base') return '/v2/'
  const moved = targetFor(target, asked, place?.path ?? asked.path)
  if (asked.kind !== 'uploads') return moved
  const [path, query = ''] = moved.split('?')
  const search = new URLSearchParams(query)
  const from = search.get('from')
  if (from === null && search.get('mount') === null) return moved
  const source = pathOf(from ?? '')
  const may =
    'path' in source && claims?.access.some(({ name, actions }) => name === source.path && actions.includes('pull'))
  if (may && 'path' in source) search.set('from', source.path)
  else for (const name of ['from', 'mount']) search.delete(name)
  const rest = search.toString()
  return rest === '' ? `${path}` : `${path}?${rest}`
}

/** The registry's own form of an error, which clients show. */
const refuse = (exchange: Exchange, error: unknown) => {
  const { req, res, requestId } = exchange
  if (res.headersSent || res.destroyed) {
    res.destroy()
    return
  }
  const known = error instanceof DomainError ? error : connectionLost(error)
  const fault: Fault =
    error instanceof Refusal
      ? error.fault
      : known
        ? { status: 503, code: 'UNAVAILABLE', message: known.message }
        : { status: 500, code: 'UNKNOWN', message: 'something failed on our side; it was logged' }
  if (!(error instanceof Refusal) && !known) log.error({ err: error, requestId }, 'a registry request failed')
  const more: Record<string, string> = error instanceof Refusal ? { ...error.headers } : {}
  if (fault.status === 503) more['retry-after'] ??= '5'
  if (!req.complete) more['connection'] = 'close'
  sendJson(res, fault.status, { errors: [{ code: fault.code, message: fault.message, detail: null }] }, more)
}
