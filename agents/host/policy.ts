/** What to do after a try at delivering: retry after a while, or stop trying this request. */
export type Verdict =
  | { do: 'accept' }
  | { do: 'retry'; afterMs: number }
  /** 409: the sequence number is known with another body. */
  | { do: 'reissue' }
  /** This body will never be taken. */
  | { do: 'refuse' }
  /** The server does not know us, or no longer; nothing is to be sent until then. */
  | { do: 'pause'; afterMs: number; revoked: boolean }

export type Outcome = { status: number; retryAfter?: string | undefined } | { error: unknown }

const BASE_MS = 500
const CAP_MS = 20_000
const MOST_RETRY_AFTER_MS = 3_600_000
const PAUSE_MS = 60_000
const REVOKED_PAUSE_MS = 600_000

/** Exponential backoff with full jitter; `random` is in [0, 1). */
export const backoffMs = (attempt: number, random: number): number =>
  Math.floor(random * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16)))

/** Milliseconds in a Retry-After header (seconds, or a date against `nowMs`); undefined where there is none. */
export const retryAfterMs = (value: string | undefined, nowMs: number): number | undefined => {
  if (value === undefined || value.trim() === '') return undefined
  const seconds = Number(value)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - nowMs
  return Number.isFinite(ms) ? Math.min(MOST_RETRY_AFTER_MS, Math.max(0, ms)) : undefined
}

/**
 * Judges a try. Retried are network errors, 408, 425, 429 and 5xx, where Retry-After wins over the backoff; a 4xx is
 * never sent again as it is, save that 401, 403 and 404 say nothing about the body: it waits.
 */
export const judge = (outcome: Outcome, attempt: number, random: number, nowMs: number): Verdict => {
  if ('error' in outcome) return { do: 'retry', afterMs: backoffMs(attempt, random) }
  const { status, retryAfter } = outcome
  if (status >= 200 && status < 300) return { do: 'accept' }
  if (status >= 500 || status === 429 || status === 408 || status === 425) {
    return { do: 'retry', afterMs: retryAfterMs(retryAfter, nowMs) ?? backoffMs(attempt, random) }
  }
  if (status === 409) return { do: 'reissue' }
  if (status === 403) return { do: 'pause', afterMs: REVOKED_PAUSE_MS, revoked: true }
  if (status === 401 || status === 404 || status < 400) return { do: 'pause', afterMs: PAUSE_MS, revoked: false }
  return { do: 'refuse' }
}
