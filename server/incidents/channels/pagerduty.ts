import { z } from 'zod'
import type { ChannelAdapter } from '../channel.ts'
import { paragraph } from '../updateWords.ts'
import { isOver } from '../state.ts'
import { ask, isSilence, ofFailure, ofSilence, retryAfterMs, words } from './ask.ts'
import { baseUrl, line } from './formFields.ts'

const settings = z.object({ baseUrl: baseUrl('https://events.pagerduty.com') })
const secret = z.object({ routingKey: line })

/** developer.pagerduty.com/docs/events-api-v2-overview */
const LIMIT = 1_024
const SEVERITY: Record<string, string> = { critical: 'critical', major: 'error', minor: 'warning' }

export const pagerduty: ChannelAdapter<z.infer<typeof settings>, z.infer<typeof secret>> = {
  kind: 'pagerduty',
  name: 'PagerDuty',
  settings,
  secret,
  fields: {
    baseUrl: { label: 'API', hint: 'https://events.pagerduty.com, or https://events.eu.pagerduty.com' },
    routingKey: { label: 'Integration key', hint: 'Of an Events API v2 integration', secret: true },
  },
  // One incident is one dedup_key there: said twice it is said once.
  idempotent: true,
  timeoutMs: 15_000,
  paceMs: 200,
  render(update, _settings, override) {
    const text = override ?? paragraph(update, (one) => one.length <= LIMIT, { title: true })
    const event = {
      event_action: isOver(update.state) ? 'resolve' : 'trigger',
      dedup_key: update.incident,
      payload: {
        summary: text,
        source: new URL(update.link).host,
        severity: SEVERITY[update.impact] ?? 'info',
        timestamp: update.at.toISOString(),
      },
      links: [{ href: update.link, text: update.incident }],
    }
    return { text, event }
  },
  measure: ({ text }) => ({ used: text.length, limit: LIMIT, unit: 'chars' }),
  async send({ settings: { baseUrl }, secret: { routingKey } }, { body, signal, now }) {
    const event = body['event'] as Record<string, unknown>
    const answer = await ask({ url: `${baseUrl}/v2/enqueue`, body: { routing_key: routingKey, ...event }, signal })
    if (isSilence(answer)) return ofSilence(answer)
    if (answer.status === 202) return { kind: 'delivered', receipt: { id: words(answer.json, 'dedup_key') ?? '' } }
    const reason = words(answer.json, 'errors', 0) ?? words(answer.json, 'message') ?? ''
    const isKey = answer.status === 400 && /routing_key|integration key/iu.test(reason)
    if (isKey) return { kind: 'permanent', reason: `400 ${reason}`, unauthorized: true }
    return ofFailure(answer, reason, retryAfterMs(answer.headers, now))
  },
}
