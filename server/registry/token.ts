import { randomUUID, sign, verify } from 'node:crypto'
import type { Access } from './scope.ts'
import type { TokenKey } from './tokenKeys.ts'

/** Claims of a registry token (https://distribution.github.io/distribution/spec/auth/jwt/). Times are seconds since 1970. */
export type Claims = {
  iss: string
  /** Who: `user:ID`, `robot:ID`, `token:ID`; empty for anybody. */
  sub: string
  aud: string
  exp: number
  nbf: number
  iat: number
  jti: string
  access: Access[]
}

export const ISSUER = 'wharfinger'
export const SERVICE = 'wharfinger'
/** How long a token lives. The registry allows a minute more, so access that was taken away ends within six minutes. */
export const TOKEN_SECONDS = 300
export const LEEWAY_SECONDS = 60

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Signs a token with ES256 (RFC 7518: the signature is r and s, 64 bytes); `x5c` names the key's certificate. */
export const signToken = (
  key: TokenKey,
  given: { sub: string; access: Access[] },
  now: Date,
  seconds = TOKEN_SECONDS,
): string => {
  const iat = Math.floor(now.getTime() / 1000)
  const claims: Claims = {
    iss: ISSUER,
    sub: given.sub,
    aud: SERVICE,
    exp: iat + seconds,
    nbf: iat - 10,
    iat,
    jti: randomUUID(),
    access: given.access,
  }
  const text = `${headerOf(key)}.${encoded(claims)}`
  const signature = sign('sha256', Buffer.from(text), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

const headers = new WeakMap<TokenKey, string>()
const headerOf = (key: TokenKey): string => {
  const made = headers.get(key) ?? encoded({ typ: 'JWT', alg: 'ES256', x5c: [key.certificate.toString('base64')] })
  headers.set(key, made)
  return made
}

/** The claims of a token that one of the keys signed and that is alive (with the registry's leeway), else undefined. */
export const readToken = (keys: readonly TokenKey[], token: string, now: Date): Claims | undefined => {
  const parts = token.split('.')
  const [head, body, signature] = parts
  if (parts.length !== 3 || !head || !body || !signature) return undefined
  const key = keys.find((one) => headerOf(one) === head)
  if (!key) return undefined
  const text = Buffer.from(`${head}.${body}`)
  const format = { key: key.publicKey, dsaEncoding: 'ieee-p1363' } as const
  if (!verify('sha256', text, format, Buffer.from(signature, 'base64url'))) return undefined
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims
  return claims.exp + LEEWAY_SECONDS > now.getTime() / 1000 ? claims : undefined
}
