import { startApi, type Post, type Said } from './api.ts'

/**
 * Telegram's Bot API as documented at core.telegram.org/bots/api: sendMessage (1 to 4,096 characters), editMessageText,
 * deleteMessage; `{ok, result}` or `{ok: false, error_code, description, parameters?}`.
 */
export const startTelegram = async ({ token = '1:a' } = {}) => {
  const posts: Post[] = []
  const no = (status: number, description: string): Said => ({
    status,
    json: { ok: false, error_code: status, description },
  })
  const api = await startApi(({ path, json }): Said => {
    if (!path.startsWith(`/bot${token}/`)) return no(401, 'Unauthorized')
    const text = String(json['text'] ?? '')
    const found = posts.find(({ id, isGone }) => !isGone && id === String(json['message_id']))
    if (path.endsWith('/deleteMessage')) {
      if (!found) return no(400, 'Bad Request: message to delete not found')
      found.isGone = true
      return { status: 200, json: { ok: true, result: true } }
    }
    if (text.length > 4_096) return no(400, 'Bad Request: message is too long')
    if (path.endsWith('/editMessageText')) {
      if (!found) return no(400, 'Bad Request: message to edit not found')
      if (found.text === text) return no(400, 'Bad Request: message is not modified')
      Object.assign(found, { text, edits: found.edits + 1 })
      return { status: 200, json: { ok: true, result: { message_id: Number(found.id), chat: { username: 'status' } } } }
    }
    const id = String(posts.length + 1)
    const reply = json['reply_parameters'] as { message_id: number } | undefined
    posts.push({ id, text, replyTo: reply && String(reply.message_id), isGone: false, edits: 0 })
    return { status: 200, json: { ok: true, result: { message_id: Number(id), chat: { username: 'status' } } } }
  })
  return { ...api, posts }
}
