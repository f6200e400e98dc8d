import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Exchange } from '../http.ts'
import { answerHeaders, requestHeaders } from './frontHeaders.ts'
import { headersOfRange, openBlob, rangeOf, sendFile } from './sendBlob.ts'
import type { Upstream } from './upstream.ts'

const HEAD_WITHIN_MS = 30_000

type Input = {
  exchange: Exchange
  file: string
  upstream: Upstream
  target: string
  /** Where clients reach us. */
  base: string
  /** Added to the answer. */
  extra: Record<string, string>
}

/**
 * Sends a blob from the registry's own storage, once the registry has said (to HEAD, with the client's token) that it may
 * be had: passing it through would move each byte twice, at a fifth of the speed. False where the registry has to answer.
 */
export const sendOwnBlob = async ({ exchange, file, upstream, target, base, extra }: Input): Promise<boolean> => {
  const { req, res, ip, requestId } = exchange
  const blob = await openBlob(file)
  if (!blob) return false
  try {
    const range = rangeOf(req.headers.range, blob.size)
    if (!range || req.headers['if-range'] !== undefined) return false
    const { range: _, ...headers } = requestHeaders(req.headers, ip, requestId)
    const answer = await headOf(upstream.open('HEAD', target, headers))
    if (answer?.statusCode !== 200 || Number(answer.headers['content-length']) !== blob.size) return false
    const passed = answerHeaders(answer.headers, { base, registryUrl: upstream.url() })
    const answered = headersOfRange({ ...passed, ...extra }, req.headers, blob.size, range)
    res.writeHead(answered.status, answered.headers)
    await sendFile(res, blob.handle, range)
    return true
  } finally {
    await blob.handle.close()
  }
}

/** The answer to a request without a body; undefined where there is none. */
const headOf = (ask: ClientRequest): Promise<IncomingMessage | undefined> =>
  new Promise((resolve) => {
    ask.setTimeout(HEAD_WITHIN_MS, () => ask.destroy())
    ask.once('error', () => resolve(undefined))
    ask.once('response', (answer) => {
      answer.resume()
      resolve(answer)
    })
    ask.end()
  })
