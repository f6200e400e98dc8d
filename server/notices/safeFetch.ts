import { lookup } from 'node:dns/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { DomainError } from '../errors.ts'
import { isPublicAddress } from './publicAddress.ts'

const TIMEOUT_MS = 10_000
const MOST_BYTES = 64 * 1024

export type SafeRequest = {
  url: string
  method?: 'GET' | 'POST'
  headers?: Record<string, string>
  body?: string
  /** For the whole exchange, name lookup included. */
  timeoutMs?: number
  /** More of an answer than this is not read. */
  mostBytes?: number
  /** Only for those who run the control plane: WHARF_ALLOW_PRIVATE_WEBHOOKS. */
  allowPrivate: boolean
  /** Where names are looked up; for tests. */
  resolve?: (name: string) => Promise<string[]>
}
/** What was answered; `body` is cut at `mostBytes`. A redirect is an answer like others: nobody follows it. */
export type SafeAnswer = { status: number; body: string; retryAfter: string | undefined }

const systemResolve = async (name: string) =>
  (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address)

/** A URL that may be asked at all. @throws BAD_REQUEST at `path` for what is none, has a password or another scheme */
export const webhookUrl = (text: string, path = 'url'): URL => {
  const url = URL.parse(text)
  if (!url) throw new DomainError('BAD_REQUEST', 'a URL such as https://example.com/hooks', { path })
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new DomainError('BAD_REQUEST', 'a URL that begins with https:// or http://', { path })
  if (url.username || url.password)
    throw new DomainError('BAD_REQUEST', 'a URL without a password; the signature proves who sent it', { path })
  return url
}

/** A host of a URL as a name or an address, without brackets. URLs write decimal and hexadecimal IPv4 as dotted already. */
const bareHost = (url: URL) => url.hostname.replace(/^\[|\]$/g, '')

/**
 * The one address to connect to. Where any of a name's addresses is not public all of it is refused, so that a name
 * cannot be half ours. @throws UNPROCESSABLE
 */
const addressOf = async (url: URL, of: Pick<SafeRequest, 'allowPrivate' | 'resolve'>): Promise<string> => {
  const host = bareHost(url)
  const found = isIP(host) ? [host] : await resolved(host, of.resolve ?? systemResolve)
  const refused = of.allowPrivate ? undefined : found.find((address) => !isPublicAddress(address))
  if (refused !== undefined)
    throw new DomainError('UNPROCESSABLE', `${host} is at ${refused}, which is not on the public internet`)
  return found[0]!
}

const resolved = async (host: string, resolve: (name: string) => Promise<string[]>): Promise<string[]> => {
  const found = await resolve(host).catch(() => [])
  if (found.length === 0) throw new DomainError('UNPROCESSABLE', `the name ${host} has no address`)
  return found
}

/**
 * Asks a URL that a customer gave. Its name is looked up once, what is not public is refused, and the connection goes to
 * the very address that was judged: a name that answers otherwise a moment later gains nothing. Redirects are not followed.
 * @throws DomainError UNPROCESSABLE for an address that is refused, UNAVAILABLE where nobody answers in time
 */
export const safeFetch = async (wanted: SafeRequest): Promise<SafeAnswer> => {
  const url = webhookUrl(wanted.url)
  const timeoutMs = wanted.timeoutMs ?? TIMEOUT_MS
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const address = await Promise.race([addressOf(url, wanted), aborted(signal)])
    return await exchange(url, address, wanted, signal)
  } catch (error) {
    if (error instanceof DomainError) throw error
    if (signal.aborted) throw new DomainError('UNAVAILABLE', `no answer within ${timeoutMs / 1_000} s`)
    throw new DomainError('UNAVAILABLE', `the connection failed (${reasonOf(error)})`)
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason as Error), { once: true }))

const reasonOf = (error: unknown) =>
  error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message).slice(0, 100) : 'unknown'

/** A URL that a customer gives, judged when it is given and each time again. @throws at `url`, as `safeFetch` does */
export const safeAddress = async (text: string, allowPrivate: boolean): Promise<string> => {
  const url = webhookUrl(text)
  try {
    await addressOf(url, { allowPrivate })
  } catch (error) {
    throw error instanceof DomainError ? new DomainError(error.code, error.message, { path: 'url' }) : error
  }
  return url.href
}

const exchange = (url: URL, address: string, wanted: SafeRequest, signal: AbortSignal): Promise<SafeAnswer> =>
  new Promise((done, fail) => {
    const host = bareHost(url)
    const secure = url.protocol === 'https:'
    const sent = (secure ? httpsRequest : httpRequest)(
      {
        host: address,
        port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
        path: `${url.pathname}${url.search}`,
        method: wanted.method ?? 'POST',
        // The certificate has to be the name's, not the address's.
        ...(isIP(host) ? {} : { servername: host }),
        headers: { ...wanted.headers, host: url.host, connection: 'close' },
        agent: false,
        signal,
        maxHeaderSize: 16 * 1024,
      },
      (answer) => {
        // oxlint-disable-next-line promise/no-callback-in-promise -- they settle the promise around it
        void read(answer, wanted.mostBytes ?? MOST_BYTES).then(done, fail)
      },
    )
    sent.on('error', fail)
    sent.end(wanted.body)
  })

const read = async (answer: IncomingMessage, mostBytes: number): Promise<SafeAnswer> => {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    parts.push(part.subarray(0, mostBytes - bytes))
    bytes += part.length
    if (bytes >= mostBytes) break
  }
  answer.destroy()
  const retryAfter = answer.headers['retry-after']
  return { status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8'), retryAfter }
}
