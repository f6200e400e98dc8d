import { z } from 'zod'
import type { ChannelAdapter } from '../channel.ts'
import { bytesOf } from '../graphemes.ts'
import { message } from '../updateWords.ts'
import { ask, isSilence, ofFailure, ofSilence, retryAfterMs } from './ask.ts'
import { baseUrl } from './formFields.ts'

const settings = z.object({})
const secret = z.object({ url: baseUrl() })

/** Bytes of a whole message. learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using */
const LIMIT = 28_000

const card = (text: string) => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        body: text.split('\n').map((line, at) => ({
          type: 'TextBlock',
          text: line.replace(/[\\*_[\]]/gu, '\\$&'),
          wrap: true,
          ...(at === 0 ? { weight: 'Bolder' } : {}),
        })),
      },
    },
  ],
})
const sizeOf = (text: string) => bytesOf(JSON.stringify(card(text)))

export const teams: ChannelAdapter<z.infer<typeof settings>, z.infer<typeof secret>> = {
  kind: 'teams',
  name: 'Microsoft Teams',
  settings,
  secret,
  fields: {
    url: {
      label: 'Workflow URL',
      hint: 'Of the workflow “Post to a channel when a webhook request is received”',
      secret: true,
    },
  },
  // A workflow answers 202 without an id; it can be asked nothing.
  idempotent: false,
  timeoutMs: 20_000,
  paceMs: 1_000,
  render(update, _settings, override) {
    const text = override ?? message(update, (one) => sizeOf(one) <= LIMIT)
    return { text, wire: card(text) }
  },
  measure: ({ text }) => ({ used: sizeOf(text), limit: LIMIT, unit: 'bytes' }),
  async send({ secret: { url } }, { body, signal, now }) {
    const answer = await ask({ url, body: body['wire'], signal })
    if (isSilence(answer)) return ofSilence(answer)
    if (answer.status === 200 || answer.status === 202) {
      const run = answer.headers.get('x-ms-workflow-run-id')
      return { kind: 'delivered', receipt: { id: run ?? `accepted ${now.toISOString()}` } }
    }
    return ofFailure(answer, answer.text.slice(0, 200), retryAfterMs(answer.headers, now))
  },
}
