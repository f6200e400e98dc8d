import { z } from 'zod'
import type { ChannelAdapter, Receipt } from '../channel.ts'
import { message } from '../updateWords.ts'
import { ask, field, isSilence, ofFailure, ofSilence, retryAfterMs, words, type Answer } from './ask.ts'
import { baseUrl, line, yesOrNo } from './formFields.ts'

const settings = z.object({ baseUrl: baseUrl('https://slack.com/api'), channel: line, threads: yesOrNo(true) })
const secret = z.object({ token: line })
type Settings = z.infer<typeof settings>

/** Text of a section block. docs.slack.dev/reference/block-kit/blocks/section-block */
const LIMIT = 3_000
/** What Slack says where a token is no good any more, and where waiting helps. docs.slack.dev/reference/methods/chat.postMessage */
const TOKEN_FAULTS = new Set(['invalid_auth', 'not_authed', 'account_inactive', 'token_revoked', 'token_expired'])
const WAITING_HELPS = new Set(['ratelimited', 'rate_limited', 'service_unavailable'])
const MAY_HAVE_LANDED = new Set(['fatal_error', 'internal_error', 'request_timeout'])

/** `&`, `<` and `>` are Slack's own; all else is shown as it is. */
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const fits = (text: string) => escaped(text).length <= LIMIT

const outcomeOf = (answer: Answer, now: Date) => {
  const error = words(answer.json, 'error') ?? ''
  const waitMs = retryAfterMs(answer.headers, now)
  if (answer.status !== 200) return ofFailure(answer, error, waitMs)
  if (TOKEN_FAULTS.has(error)) return { kind: 'permanent', reason: error, unauthorized: true } as const
  if (WAITING_HELPS.has(error)) return { kind: 'retryable', reason: error, waitMs: waitMs ?? 1_000 } as const
  if (MAY_HAVE_LANDED.has(error)) return { kind: 'unknown', reason: error } as const
  return { kind: 'permanent', reason: error || 'an answer that is not Slack’s' } as const
}

const linkTo = (channel: string, ts: string) => ({
  url: `https://slack.com/archives/${channel}/p${ts.replace('.', '')}`,
})

export const slack: ChannelAdapter<Settings, z.infer<typeof secret>> = {
  kind: 'slack',
  name: 'Slack',
  settings,
  secret,
  fields: {
    channel: { label: 'Channel', hint: 'Its id, such as C0123ABCD' },
    threads: { label: 'Updates as replies', hint: 'yes or no; replies are shown in the channel too' },
    baseUrl: { label: 'API', hint: 'https://slack.com/api unless it is reached otherwise' },
    token: { label: 'Bot token', hint: 'xoxb-…, with chat:write and channels:history', secret: true },
  },
  idempotent: false,
  can: ['edit', 'delete'],
  timeoutMs: 15_000,
  paceMs: 1_000,
  render(update, _settings, override) {
    const text = override ?? message(update, fits)
    const section = { type: 'section', text: { type: 'mrkdwn', text: escaped(text) } }
    return { text, wire: { text: escaped(text), blocks: [section], unfurl_links: false, unfurl_media: false } }
  },
  measure: ({ text }) => ({ used: escaped(text).length, limit: LIMIT, unit: 'chars' }),
  async send({ settings: to, secret: { token } }, { action, body, key, previous, signal, now }) {
    const method = { post: 'chat.postMessage', edit: 'chat.update', delete: 'chat.delete' }[action]
    const wire = body['wire'] as Record<string, unknown>
    const thread = to.threads && previous ? { thread_ts: previous.id, reply_broadcast: true } : {}
    // The key travels as metadata, by which the message is found again.
    const metadata = { event_type: 'wharfinger_update', event_payload: { key } }
    const channel = words(previous, 'channel') ?? to.channel
    const asked = {
      post: { channel: to.channel, ...wire, ...thread, metadata },
      edit: { channel, ts: previous?.id, ...wire },
      delete: { channel, ts: previous?.id },
    }[action]
    const answer = await ask({
      url: `${to.baseUrl}/${method}`,
      headers: { authorization: `Bearer ${token}` },
      body: asked,
      signal,
    })
    if (isSilence(answer)) return ofSilence(answer)
    const ts = words(answer.json, 'ts')
    if (answer.status === 200 && field(answer.json, 'ok') === true && ts !== undefined) {
      const channelId = words(answer.json, 'channel') ?? to.channel
      return { kind: 'delivered', receipt: { id: ts, channel: channelId, ...linkTo(channelId, ts) } }
    }
    if (action === 'delete' && field(answer.json, 'error') === 'message_not_found' && previous)
      return { kind: 'delivered', receipt: previous }
    return outcomeOf(answer, now)
  },
  async lookUp({ settings: to, secret: { token } }, { key, previous, signal }) {
    const inThread = to.threads && previous !== null
    const query = new URLSearchParams({ channel: to.channel, limit: '100', include_all_metadata: 'true' })
    if (inThread) query.set('ts', previous.id)
    const answer = await ask({
      url: `${to.baseUrl}/conversations.${inThread ? 'replies' : 'history'}?${query}`,
      method: 'GET',
      headers: { authorization: `Bearer ${token}` },
      signal,
    })
    if (isSilence(answer) || field(answer.json, 'ok') !== true) return 'cannot tell'
    const messages = field(answer.json, 'messages')
    if (!Array.isArray(messages)) return 'cannot tell'
    const found = messages.find((one: unknown) => words(one, 'metadata', 'event_payload', 'key') === key) as unknown
    const ts = words(found, 'ts')
    // A page that is not the last may have left it out.
    if (ts === undefined) return field(answer.json, 'has_more') === true && inThread ? 'cannot tell' : 'absent'
    const receipt: Receipt = { id: ts, channel: to.channel, ...linkTo(to.channel, ts) }
    return receipt
  },
}
