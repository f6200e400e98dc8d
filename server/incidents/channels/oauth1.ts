import { createHmac, randomBytes } from 'node:crypto'

export type Oauth1Keys = { apiKey: string; apiSecret: string; accessToken: string; accessTokenSecret: string }

/** RFC 3986, which `encodeURIComponent` is not quite. */
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/gu, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * The Authorization header of OAuth 1.0a with HMAC-SHA1 (RFC 5849, 3.4). A JSON body is no part of the signature; the
 * URL's query is.
 */
export const oauth1 = (
  keys: Oauth1Keys,
  { method, url }: { method: string; url: string },
  now: Date,
  nonce = randomBytes(16).toString('hex'),
): string => {
  const at = new URL(url)
  const own: [string, string][] = [
    ['oauth_consumer_key', keys.apiKey],
    ['oauth_nonce', nonce],
    ['oauth_signature_method', 'HMAC-SHA1'],
    ['oauth_timestamp', String(Math.floor(now.getTime() / 1_000))],
    ['oauth_token', keys.accessToken],
    ['oauth_version', '1.0'],
  ]
  const all = [...own, ...at.searchParams.entries()]
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .toSorted(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&')
  const base = [method.toUpperCase(), encoded(`${at.origin}${at.pathname}`), encoded(all)].join('&')
  const key = `${encoded(keys.apiSecret)}&${encoded(keys.accessTokenSecret)}`
  const signature = createHmac('sha1', key).update(base).digest('base64')
  const parts = [...own, ['oauth_signature', signature]].map(([name, value]) => `${name}="${encoded(value!)}"`)
  return `OAuth ${parts.join(', ')}`
}
