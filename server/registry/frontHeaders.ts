import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { TOKEN_PATH } from './tokenRoute.ts'

// RFC 9110, 7.6.1; and what a client may not say of itself to what is behind the front.
const NOT_PASSED =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|cookie|forwarded|x-forwarded-.*|x-real-ip|expect)$/

/** What is passed on of a client's request; a body of unknown length goes on in chunks. */
export const requestHeaders = (given: IncomingHttpHeaders, ip: string, requestId: string): OutgoingHttpHeaders => {
  const headers: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !NOT_PASSED.test(name)) headers[name] = value
  }
  if (given['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked'
  headers['x-forwarded-for'] = ip
  headers['x-request-id'] = requestId
  return headers
}

/** Where clients reach us, as this one did: the public address, or the host it named. */
export const baseFor = (host: string | undefined, publicUrl: string, secure: boolean): string => {
  const known = new URL(publicUrl)
  if (host === undefined || host === known.host || !/^[\w.-]+(?::\d{1,5})?$|^\[[0-9a-f:]+\](?::\d{1,5})?$/i.test(host))
    return publicUrl
  // Behind a proxy that ends TLS every name of ours is reached by TLS.
  return `${secure || known.protocol === 'https:' ? 'https' : 'http'}://${host}`
}

/** The registry's challenge names one address of the token service; the client needs the one it can reach. */
const challengeFor = (challenge: string, base: string): string =>
  challenge.replace(/realm="[^"]*"/, `realm="${base}${TOKEN_PATH}"`)

/** A path on our own address: the registry's own origin is nobody's business. Elsewhere (its object storage) stays. */
const locationFor = (location: string, registryUrl: string): string => {
  const base = new URL(registryUrl)
  const at = URL.parse(location, base)
  if (!at || at.host !== base.host) return location
  const prefix = base.pathname.replace(/\/$/, '')
  const path = at.pathname.startsWith(`${prefix}/`) ? at.pathname.slice(prefix.length) : at.pathname
  return `${path}${at.search}`
}

/** What is passed on of the registry's answer. */
export const answerHeaders = (
  given: IncomingHttpHeaders,
  { base, registryUrl }: { base: string; registryUrl: string },
): OutgoingHttpHeaders => {
  const headers: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || NOT_PASSED.test(name)) continue
    if (name === 'location' && typeof value === 'string') headers[name] = locationFor(value, registryUrl)
    else if (name === 'www-authenticate' && typeof value === 'string') headers[name] = challengeFor(value, base)
    else headers[name] = value
  }
  return headers
}
