import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HEADERS, requestText, sha256Hex, signText } from '#agents/protocol.ts'
import type { RequestIdentity } from '#agents/protocol.ts'
import { requireDigest, verifyRequest } from '#server/hosts/signature.ts'
import type { Standing } from '#server/hosts/signature.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const now = new Date('2026-11-21T12:00:00Z')
const body = Buffer.from('{"v":1}')
const identity: RequestIdentity = {
  hostId: 7,
  keyId: 3,
  seq: 41,
  timeMs: now.getTime(),
  bootId: '6b1f0a52-7c1e-4f7e-8f83-1a86d11d2f0a',
  monoMs: 123_456,
  digest: sha256Hex(body),
}
const headersOf = (id: RequestIdentity, signature: string) => ({
  ...Object.fromEntries(
    Object.entries(id).map(([name, value]) => [HEADERS[name as keyof RequestIdentity], String(value)]),
  ),
  [HEADERS.signature]: signature,
})
const signed = (id: RequestIdentity, method = 'POST', path = '/v1/reports') =>
  headersOf(id, signText(privateKey, requestText(method, path, id)))
const standing: Standing = { hostId: 7, revoked: false, keys: [{ keyId: 3, publicKey, revokedAtMs: null }] }
const verify = (headers: Record<string, string>, host: Standing | undefined = standing, at = now) =>
  verifyRequest({
    method: 'POST',
    path: '/v1/reports',
    headers,
    keys: (id) => (id === host?.hostId ? host : undefined),
    now: at,
  })
const codeOf = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'none'
}

test('a rightly signed request is who it says it is', () => {
  expect(verify(signed(identity))).toEqual(identity)
  requireDigest(identity, body)
})

test('any single field changed after signing is refused', () => {
  const other = fc.oneof(
    fc.record({ hostId: fc.constant(7), seq: fc.nat(), monoMs: fc.nat(), timeMs: fc.nat(299_000) }).map((change) => ({
      ...identity,
      ...change,
      timeMs: identity.timeMs - change.timeMs,
    })),
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }).map((digest) => ({
      ...identity,
      digest,
    })),
    fc.uuid().map((bootId) => ({ ...identity, bootId })),
  )
  const signature = signed(identity)[HEADERS.signature] ?? ''
  fc.assert(
    fc.property(other, (claimed) => {
      fc.pre(requestText('', '', claimed) !== requestText('', '', identity))
      expect(codeOf(() => verify(headersOf(claimed, signature)))).toBe('UNAUTHENTICATED')
    }),
    { numRuns: 60 },
  )
})

test('a signature for another path or method does not serve here', () => {
  expect(codeOf(() => verify(signed(identity, 'POST', '/v1/findings')))).toBe('UNAUTHENTICATED')
  expect(codeOf(() => verify(signed(identity, 'GET', '/v1/reports')))).toBe('UNAUTHENTICATED')
})

test('strangers, missing headers and malformed numbers are refused alike', () => {
  expect(codeOf(() => verify(signed({ ...identity, hostId: 8 })))).toBe('UNAUTHENTICATED')
  expect(codeOf(() => verify(signed({ ...identity, keyId: 4 })))).toBe('UNAUTHENTICATED')
  expect(codeOf(() => verify({}))).toBe('UNAUTHENTICATED')
  expect(codeOf(() => verify({ ...signed(identity), [HEADERS.seq]: '-1' }))).toBe('UNAUTHENTICATED')
  expect(codeOf(() => verify({ ...signed(identity), [HEADERS.hostId]: '99999999999' }))).toBe('UNAUTHENTICATED')
})

test('a time is good for five minutes either way, and not a millisecond longer', () => {
  const at = (ms: number) => codeOf(() => verify(signed({ ...identity, timeMs: now.getTime() + ms })))
  expect(at(-300_000)).toBe('none')
  expect(at(300_000)).toBe('none')
  expect(at(-300_001)).toBe('UNAUTHENTICATED')
  expect(at(300_001)).toBe('UNAUTHENTICATED')
})

test('a revoked host is told so, but only when it can prove that it is that host', () => {
  const revoked = { ...standing, revoked: true }
  expect(codeOf(() => verify(signed(identity), revoked))).toBe('FORBIDDEN')
  const forged = { ...signed(identity), [HEADERS.signature]: `${'A'.repeat(86)}==` }
  expect(codeOf(() => verify(forged, revoked))).toBe('UNAUTHENTICATED')
})

test('a key works until the moment of its revocation', () => {
  const until = (revokedAtMs: number) =>
    codeOf(() => verify(signed(identity), { ...standing, keys: [{ keyId: 3, publicKey, revokedAtMs }] }))
  expect(until(now.getTime() + 1)).toBe('none')
  expect(until(now.getTime())).toBe('FORBIDDEN')
})

test('a body other than the signed one is refused', () => {
  expect(codeOf(() => requireDigest(identity, Buffer.from('{"v":2}')))).toBe('UNAUTHENTICATED')
})
