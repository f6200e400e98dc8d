import { startApi, type Post, type Said } from './api.ts'

/**
 * A webhook of Discord as documented at docs.discord.com/developers/resources/webhook: content of 1 to 2,000 characters,
 * `?wait=true` answers the message, PATCH and DELETE by its id; 404 with code 10015 for a webhook that is gone.
 */
export const startDiscord = async () => {
  const posts: Post[] = []
  const api = await startApi(({ method, path, json, query }): Said => {
    if (!path.startsWith('/api/webhooks/1/token'))
      return { status: 404, json: { message: 'Unknown Webhook', code: 10015 } }
    const content = String(json['content'] ?? '')
    if (method !== 'DELETE' && (content.length === 0 || content.length > 2_000))
      return { status: 400, json: { code: 50035, message: 'Invalid Form Body' } }
    if (method === 'POST') {
      const id = String(1_000 + posts.length)
      posts.push({ id, text: content, isGone: false, edits: 0 })
      return query.get('wait') === 'true' ? { status: 200, json: { id, channel_id: '7', content } } : { status: 204 }
    }
    const found = posts.find(({ id, isGone }) => !isGone && path.endsWith(`/messages/${id}`))
    if (!found) return { status: 404, json: { code: 10008, message: 'Unknown Message' } }
    if (method === 'DELETE') {
      found.isGone = true
      return { status: 204 }
    }
    Object.assign(found, { text: content, edits: found.edits + 1 })
    return { status: 200, json: { id: found.id, channel_id: '7' } }
  })
  return { ...api, posts, hook: `${api.url}/api/webhooks/1/token` }
}
