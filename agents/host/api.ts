import type { Signer } from './sign.ts'
import { signedHeaders } from './sign.ts'
import type { Transport } from './http.ts'
import type { Time } from './time.ts'

/** An answer of the control plane; `json` is undefined where the body is not JSON. */
export type ApiAnswer = { status: number; json: unknown; retryAfter: string | undefined }
export type Api = (
  method: 'GET' | 'POST',
  path: string,
  options?: { seq?: number; body?: Uint8Array; gzip?: boolean; timeoutMs?: number },
) => Promise<ApiAnswer>

const EMPTY = new Uint8Array()

const serverTimeOf = (json: unknown): number | undefined => {
  const value = typeof json === 'object' && json !== null && 'serverTimeMs' in json ? json.serverTimeMs : undefined
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

/**
 * Signed requests to the control plane. Every answer that tells its time teaches `time`; a 401 that does is signed again
 * with it, once, so a wrong wall clock costs one round trip. Rejects on network errors and timeouts.
 */
export const createApi = (url: string, signer: Signer, time: Time, bootId: string, send: Transport): Api => {
  const base = url.endsWith('/') ? url : `${url}/`
  return async (method, path, { seq = 0, body = EMPTY, gzip = false, timeoutMs = 10_000 } = {}) => {
    const target = new URL(path.slice(1), base)
    const attempt = async () => {
      const sentMonoMs = time.mono()
      const moment = { timeMs: time.corrected(), bootId, monoMs: sentMonoMs }
      const answer = await send({
        method,
        url: target,
        headers: {
          accept: 'application/json',
          ...(method === 'POST' ? { 'content-type': 'application/json', 'content-length': String(body.length) } : {}),
          ...(gzip ? { 'content-encoding': 'gzip' } : {}),
          ...signedHeaders(signer, moment, method, path, seq, body),
        },
        ...(method === 'POST' ? { body } : {}),
        timeoutMs,
      })
      const json = parsed(answer.body)
      const serverTimeMs = serverTimeOf(json)
      if (serverTimeMs !== undefined) time.learn(sentMonoMs, time.mono(), serverTimeMs)
      const retryAfter = answer.headers['retry-after']
      return { status: answer.status, json, retryAfter, timed: serverTimeMs !== undefined }
    }
    const first = await attempt()
    return first.status === 401 && first.timed ? attempt() : first
  }
}
