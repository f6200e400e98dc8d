import { timingSafeEqual } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { HEADERS, requestText, sha256Hex, verifyText } from '#agents/protocol.ts'
import type { RequestIdentity } from '#agents/protocol.ts'
import { DomainError } from '../errors.ts'

/** How long a signature may be on its way: the agent's corrected clock against ours. */
export const REPLAY_WINDOW_MS = 300_000

/** A key a host may sign with, until `revokedAtMs` where that is set. */
export type SigningKey = { keyId: number; publicKey: KeyObject; revokedAtMs: number | null }
/** What a signature is judged by. */
export type Standing = { hostId: number; revoked: boolean; keys: readonly SigningKey[] }

/** Headers as Node gives them: names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>

type SignedRequest = {
  method: string
  /** Without the query. */
  path: string
  headers: RequestHeaders
  keys: (hostId: number) => Standing | undefined
  now: Date
  replayWindowMs?: number
}

const INT4_MAX = 2_147_483_647
const refused = (message: string) => new DomainError('UNAUTHENTICATED', message)

const textOf = (headers: RequestHeaders, name: string, form: RegExp): string => {
  const value = headers[name]
  if (typeof value === 'string' && form.test(value)) return value
  throw refused(`the header ${name} is missing or not of its form; sign the request as an enrolled agent does`)
}

const wholeOf = (headers: RequestHeaders, name: string, most: number): number => {
  const value = Number(textOf(headers, name, /^\d{1,16}$/))
  if (value <= most) return value
  throw refused(`the header ${name} is out of range`)
}

/**
 * What a request says of itself, before any of it is believed: which host's keys to look up.
 * @throws DomainError UNAUTHENTICATED where a header is missing or malformed.
 */
export const claimedIdentity = (headers: RequestHeaders): RequestIdentity => ({
  hostId: wholeOf(headers, HEADERS.hostId, INT4_MAX),
  keyId: wholeOf(headers, HEADERS.keyId, INT4_MAX),
  seq: wholeOf(headers, HEADERS.seq, Number.MAX_SAFE_INTEGER),
  timeMs: wholeOf(headers, HEADERS.timeMs, Number.MAX_SAFE_INTEGER),
  bootId: textOf(headers, HEADERS.bootId, /^[\w-]{1,64}$/),
  monoMs: wholeOf(headers, HEADERS.monoMs, Number.MAX_SAFE_INTEGER),
  digest: textOf(headers, HEADERS.digest, /^[0-9a-f]{64}$/),
})

/**
 * Verifies a signed request by its headers alone; the body is then held to `digest` by `requireDigest`.
 * @throws DomainError UNAUTHENTICATED: unknown host or key, wrong signature, or a time outside the window.
 * @throws DomainError FORBIDDEN: rightly signed, but the host or the key is revoked.
 */
export const verifyRequest = (request: SignedRequest): RequestIdentity => {
  const { method, path, headers, keys, now, replayWindowMs = REPLAY_WINDOW_MS } = request
  const id = claimedIdentity(headers)
  const signature = textOf(headers, HEADERS.signature, /^[A-Za-z0-9+/]{86}==$/)
  const standing = keys(id.hostId)
  const key = standing?.keys.find(({ keyId }) => keyId === id.keyId)
  // One sentence for all three, so that strangers learn nothing about which hosts there are.
  if (!standing || !key || !verifyText(key.publicKey, requestText(method, path, id), signature)) {
    throw refused('the signature does not verify; enrol this host again if its key is lost')
  }
  if (standing.revoked) throw new DomainError('FORBIDDEN', 'this host is revoked; an operator can say why')
  if (key.revokedAtMs !== null && key.revokedAtMs <= now.getTime()) {
    throw new DomainError('FORBIDDEN', 'this key is revoked; use the newer one or enrol again')
  }
  const ageMs = now.getTime() - id.timeMs
  if (Math.abs(ageMs) > replayWindowMs) {
    throw refused(
      `the request was signed ${Math.round(ageMs / 1000)} s ago by our clock; sign it anew with serverTimeMs`,
    )
  }
  return id
}

/** Holds a body to the digest that was signed. @throws DomainError UNAUTHENTICATED */
export const requireDigest = (id: RequestIdentity, body: Uint8Array): void => {
  if (!timingSafeEqual(Buffer.from(sha256Hex(body)), Buffer.from(id.digest))) {
    throw refused('the body is not the one that was signed')
  }
}
