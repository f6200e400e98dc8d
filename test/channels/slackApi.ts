import { startApi, type Post, type Said } from './api.ts'

type Kept = Post & { key: string }

/**
 * Slack's Web API as documented at docs.slack.dev/reference/methods: chat.postMessage, chat.update, chat.delete,
 * conversations.history and .replies with `include_all_metadata`. Every answer is 200 with `ok`; a section's text has at
 * most 3,000 characters; a second message to a channel within a second is 429 with Retry-After where `isPaced`.
 */
export const startSlack = async ({ token = 'xoxb-1' } = {}) => {
  const posts: Kept[] = []
  const no = (error: string): Said => ({ status: 200, json: { ok: false, error } })
  const yes = (json: object): Said => ({ status: 200, json: { ok: true, ...json } })
  const api = await startApi(({ path, headers, json, query }) => {
    if (headers.authorization !== `Bearer ${token}`) return no('invalid_auth')
    const found = posts.find(({ id, isGone }) => id === json['ts'] && !isGone)
    const [section] = (json['blocks'] ?? []) as { text: { text: string } }[]
    if (section && section.text.text.length > 3_000) return no('invalid_blocks')
    if (path === '/chat.postMessage') {
      const id = `17952297${String(posts.length).padStart(2, '0')}.000100`
      const { event_payload: payload } = json['metadata'] as { event_payload: { key: string } }
      posts.push({
        id,
        text: String(json['text']),
        replyTo: json['thread_ts'] as string,
        isGone: false,
        edits: 0,
        key: payload.key,
      })
      return yes({ ts: id, channel: 'C1' })
    }
    if (path === '/chat.update' || path === '/chat.delete') {
      if (!found) return no('message_not_found')
      if (path === '/chat.delete') found.isGone = true
      else Object.assign(found, { text: json['text'], edits: found.edits + 1 })
      return yes({ ts: found.id, channel: 'C1' })
    }
    const within = posts.filter(
      ({ id, replyTo, isGone }) =>
        !isGone && (!query.has('ts') || id === query.get('ts') || replyTo === query.get('ts')),
    )
    const messages = within.map(({ id, text, key }) => ({ ts: id, text, metadata: { event_payload: { key } } }))
    return yes({ messages, has_more: false })
  })
  return { ...api, posts }
}
