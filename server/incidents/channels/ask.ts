import type { Outcome } from '../channel.ts'

/** An answer of a channel's API. `json` is null where the body is none. */
export type Answer = { status: number; headers: Headers; text: string; json: unknown }
/** No answer: `sent` tells whether the request may have reached the other side. */
export type Silence = { silent: true; sent: boolean; reason: string }

type Ask = {
  url: string
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers?: Record<string, string>
  body?: unknown
  signal: AbortSignal
}

/** Failures to connect: nothing was sent. */
const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

const MOST_BYTES = 1024 * 1024

/** Asks a channel's API once. Never throws: what goes wrong on the way is a `Silence`. Redirects are not followed. */
export const ask = async ({ url, method = 'POST', headers, body, signal }: Ask): Promise<Answer | Silence> => {
  try {
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      signal,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = (await answer.text()).slice(0, MOST_BYTES)
    return { status: answer.status, headers: answer.headers, text, json: parsed(text) }
  } catch (error) {
    if (signal.aborted) return { silent: true, sent: true, reason: 'no answer in time' }
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const code = (cause as NodeJS.ErrnoException).code ?? ''
    const words = code || (cause instanceof Error ? cause.message : 'unknown')
    return UNSENT.has(code)
      ? { silent: true, sent: false, reason: `could not connect (${words})` }
      : { silent: true, sent: true, reason: `the connection broke before an answer (${words})` }
  }
}

export const isSilence = (answer: Answer | Silence): answer is Silence => 'silent' in answer

/** What to make of no answer. */
export const ofSilence = ({ sent, reason }: Silence): Outcome =>
  sent ? { kind: 'unknown', reason } : { kind: 'retryable', reason }

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A field of an answer by its path; undefined where the answer has another shape. */
export const field = (json: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined),
    json,
  )

/** The same as text, where it is a text or a number. */
export const words = (json: unknown, ...path: (string | number)[]): string | undefined => {
  const found = field(json, ...path)
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined
}

/** `Retry-After` in milliseconds, from seconds or a date. RFC 9110, 10.2.3. */
export const retryAfterMs = (headers: Headers, now: Date): number | undefined => {
  const text = headers.get('retry-after')
  if (text === null) return undefined
  const seconds = Number(text)
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(text) - now.getTime()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

/**
 * What to make of an answer that is no success, where the channel says nothing special: 429 and 503 were refused unhandled,
 * 401 is the token's, other 5xx may have been handled and so are unknown, all else is final.
 */
export const ofFailure = (answer: Answer, reason: string, waitMs?: number): Outcome => {
  const said = `${answer.status} ${reason}`.trim().slice(0, 300)
  if (answer.status === 429 || answer.status === 503)
    return { kind: 'retryable', reason: said, ...(waitMs === undefined ? {} : { waitMs }) }
  if (answer.status === 401) return { kind: 'permanent', reason: said, unauthorized: true }
  if (answer.status >= 500 || answer.status === 408) return { kind: 'unknown', reason: said }
  if (answer.status >= 300 && answer.status < 400)
    return { kind: 'permanent', reason: `${said}; redirects are not followed` }
  return { kind: 'permanent', reason: said }
}
