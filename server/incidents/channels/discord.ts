import { z } from 'zod'
import type { ChannelAdapter } from '../channel.ts'
import { message } from '../updateWords.ts'
import { ask, isSilence, ofFailure, ofSilence, retryAfterMs, words } from './ask.ts'
import { baseUrl } from './formFields.ts'

const settings = z.object({})
const secret = z.object({ url: baseUrl() })

/** docs.discord.com/developers/resources/webhook#execute-webhook */
const LIMIT = 2_000

/** Signs of markdown are shown as written; links stay as they are. */
const escaped = (text: string) =>
  text
    .split(/(https?:\/\/\S+)/u)
    .map((part, at) => (at % 2 === 1 ? part : part.replace(/[\\*_~`|>#[\]<]/gu, '\\$&')))
    .join('')

export const discord: ChannelAdapter<z.infer<typeof settings>, z.infer<typeof secret>> = {
  kind: 'discord',
  name: 'Discord',
  settings,
  secret,
  fields: {
    url: { label: 'Webhook URL', hint: 'Server settings, Integrations, Webhooks, Copy webhook URL', secret: true },
  },
  // A webhook takes no nonce, and its messages can be read by their id only.
  idempotent: false,
  can: ['edit', 'delete'],
  timeoutMs: 15_000,
  paceMs: 500,
  render(update, _settings, override) {
    const text = override ?? message(update, (one) => escaped(one).length <= LIMIT)
    return { text, wire: { content: escaped(text), allowed_mentions: { parse: [] }, flags: 4 } }
  },
  measure: ({ text }) => ({ used: escaped(text).length, limit: LIMIT, unit: 'chars' }),
  async send({ secret: { url } }, { action, body, previous, signal, now }) {
    const of = `${url}/messages/${previous?.id}`
    const answer = await ask({
      url: action === 'post' ? `${url}?wait=true` : of,
      method: ({ post: 'POST', edit: 'PATCH', delete: 'DELETE' } as const)[action],
      ...(action === 'delete' ? {} : { body: body['wire'] }),
      signal,
    })
    if (isSilence(answer)) return ofSilence(answer)
    if (action === 'delete' && previous && (answer.status === 204 || answer.status === 404))
      return { kind: 'delivered', receipt: previous }
    const id = words(answer.json, 'id')
    const channel = words(answer.json, 'channel_id')
    if (answer.status === 200 && id !== undefined)
      return { kind: 'delivered', receipt: { id, ...(channel === undefined ? {} : { channel }) } }
    const reason = words(answer.json, 'message') ?? ''
    // A webhook that was deleted answers 404 with code 10015.
    if (answer.status === 404 && words(answer.json, 'code') === '10015')
      return { kind: 'permanent', reason: `404 ${reason}`, unauthorized: true }
    const seconds = Number(words(answer.json, 'retry_after'))
    const waitMs = Number.isFinite(seconds) ? Math.ceil(seconds * 1_000) : retryAfterMs(answer.headers, now)
    return ofFailure(answer, reason, waitMs)
  },
}
