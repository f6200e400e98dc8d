import { z } from 'zod'
import type { ChannelAdapter } from '../channel.ts'
import { message } from '../updateWords.ts'
import { ask, field, isSilence, ofFailure, ofSilence, words } from './ask.ts'
import { baseUrl, line } from './formFields.ts'

const settings = z.object({ baseUrl: baseUrl('https://api.telegram.org'), chat: line })
const secret = z.object({ token: line })

/** UTF-16 units of a message. core.telegram.org/bots/api#sendmessage */
const LIMIT = 4_096

export const telegram: ChannelAdapter<z.infer<typeof settings>, z.infer<typeof secret>> = {
  kind: 'telegram',
  name: 'Telegram',
  settings,
  secret,
  fields: {
    chat: { label: 'Chat', hint: '@channelname, or the id of a group' },
    baseUrl: { label: 'API', hint: 'https://api.telegram.org, or a local Bot API server' },
    token: { label: 'Bot token', hint: 'As BotFather gave it', secret: true },
  },
  // Bots can neither name their messages nor read them back.
  idempotent: false,
  can: ['edit', 'delete'],
  timeoutMs: 15_000,
  paceMs: 1_000,
  render(update, _settings, override) {
    const text = override ?? message(update, (one) => one.length <= LIMIT)
    return { text, wire: { text, link_preview_options: { is_disabled: true } } }
  },
  measure: ({ text }) => ({ used: text.length, limit: LIMIT, unit: 'chars' }),
  async send({ settings: to, secret: { token } }, { action, body, previous, signal }) {
    const method = { post: 'sendMessage', edit: 'editMessageText', delete: 'deleteMessage' }[action]
    const of = { message_id: Number(previous?.id) }
    const reply = previous ? { reply_parameters: { ...of, allow_sending_without_reply: true } } : {}
    const wire = body['wire'] as Record<string, unknown>
    const asked = { post: { ...wire, ...reply }, edit: { ...wire, ...of }, delete: of }[action]
    const answer = await ask({
      url: `${to.baseUrl}/bot${token}/${method}`,
      body: { chat_id: to.chat, ...asked },
      signal,
    })
    if (isSilence(answer)) return ofSilence(answer)
    const reason = words(answer.json, 'description') ?? ''
    if (field(answer.json, 'ok') === true) {
      const id = words(answer.json, 'result', 'message_id') ?? previous?.id
      if (id === undefined) return { kind: 'unknown', reason: 'accepted without a message id' }
      const name = words(answer.json, 'result', 'chat', 'username')
      return { kind: 'delivered', receipt: { id, ...(name ? { url: `https://t.me/${name}/${id}` } : {}) } }
    }
    if (previous && action === 'delete' && /message to delete not found/u.test(reason))
      return { kind: 'delivered', receipt: previous }
    if (previous && action === 'edit' && /message is not modified/u.test(reason))
      return { kind: 'delivered', receipt: previous }
    // A token that was revoked answers 401, one that never was 404.
    if (answer.status === 404) return { kind: 'permanent', reason: `404 ${reason}`, unauthorized: true }
    const seconds = Number(words(answer.json, 'parameters', 'retry_after'))
    return ofFailure(answer, reason, Number.isFinite(seconds) ? seconds * 1_000 : undefined)
  },
}
