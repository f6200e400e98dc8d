import { z } from 'zod'
import { DomainError } from '../../errors.ts'
import { signedHeaders } from '../../notices/deliverWebhook.ts'
import { safeFetch } from '../../notices/safeFetch.ts'
import type { ChannelAdapter } from '../channel.ts'
import { bytesOf } from '../graphemes.ts'
import { baseUrl } from './formFields.ts'

const settings = z.object({ url: baseUrl() })
const secret = z.object({
  secret: z
    .string()
    .trim()
    .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/u, 'whsec_ and at least 24 bytes in base64'),
})

const LIMIT = 64_000

export const webhook: ChannelAdapter<z.infer<typeof settings>, z.infer<typeof secret>> = {
  kind: 'webhook',
  name: 'Webhook',
  settings,
  secret,
  fields: {
    url: { label: 'URL', hint: 'Gets incident.updated, signed as Standard Webhooks' },
    secret: { label: 'Signing secret', hint: 'whsec_…', secret: true },
  },
  // Receivers tell repeats by webhook-id. github.com/standard-webhooks/standard-webhooks
  idempotent: true,
  timeoutMs: 15_000,
  paceMs: 0,
  render(update, _settings, override) {
    const text = override ?? update.text
    const { incident, title, state, impact, number, kind, components, link, isDrill } = update
    const data = {
      incident,
      title,
      state,
      impact,
      update: number,
      kind,
      text,
      components,
      at: update.at.toISOString(),
      nextUpdateAt: update.nextUpdateAt?.toISOString() ?? null,
      link,
      isDrill,
    }
    return { text, wire: JSON.stringify({ type: 'incident.updated', timestamp: update.at.toISOString(), data }) }
  },
  measure: ({ wire }) => ({ used: bytesOf(String(wire)), limit: LIMIT, unit: 'bytes' }),
  async send({ settings: { url }, secret: { secret: key } }, { body, key: id, now, allowPrivate = false }) {
    const text = String(body['wire'])
    try {
      const answer = await safeFetch({
        url,
        headers: signedHeaders([key], { id, body: text }, now),
        body: text,
        timeoutMs: 15_000,
        mostBytes: 4_096,
        allowPrivate,
      })
      const { status } = answer
      if (status >= 200 && status < 300) return { kind: 'delivered', receipt: { id } }
      if (status === 410 || status === 401)
        return { kind: 'permanent', reason: `answered ${status}`, unauthorized: true }
      const seconds = Number(answer.retryAfter ?? Number.NaN)
      const waitMs = Number.isFinite(seconds) ? { waitMs: seconds * 1_000 } : {}
      const redirects = status >= 300 && status < 400 ? '; redirects are not followed' : ''
      return { kind: 'retryable', reason: `answered ${status}${redirects}`, ...waitMs }
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      if (error.code === 'UNAVAILABLE') return { kind: 'retryable', reason: error.message }
      return { kind: 'permanent', reason: error.message }
    }
  },
}
