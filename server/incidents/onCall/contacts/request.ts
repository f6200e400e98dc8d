import type { Context } from '../../../context.ts'
import { DomainError } from '../../../errors.ts'
import { safeFetch } from '../../../notices/safeFetch.ts'
import type { Outcome } from '../../channel.ts'

const TIMEOUT_MS = 10_000

/** Posts to an address that a person gave. A page said twice does no harm, so what is not known to have arrived goes again. */
export const request = async (
  { env }: Context,
  { url, headers, body, id }: { url: string; headers: Record<string, string>; body: string; id: string },
): Promise<Outcome> => {
  try {
    const { status } = await safeFetch({
      url,
      headers,
      body,
      timeoutMs: TIMEOUT_MS,
      mostBytes: 4_096,
      allowPrivate: env.WHARF_ALLOW_PRIVATE_WEBHOOKS,
    })
    if (status >= 200 && status < 300) return { kind: 'delivered', receipt: { id } }
    if (status === 401 || status === 403) return { kind: 'permanent', reason: `answered ${status}`, unauthorized: true }
    const isFinal = status >= 300 && status < 500 && status !== 408 && status !== 429
    return isFinal
      ? { kind: 'permanent', reason: `answered ${status}` }
      : { kind: 'retryable', reason: `answered ${status}` }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { kind: error.code === 'UNAVAILABLE' ? 'retryable' : 'permanent', reason: error.message }
  }
}
