import { xWeight } from '#server/incidents/xWeight.ts'
import { startApi, type Post, type Said } from './api.ts'

/**
 * X's API v2 as documented at docs.x.com/x-api/posts: POST /2/tweets answers 201, more than 280 weighted characters 403,
 * the text of a recent post again 403 "duplicate content"; links are shown as t.co, `&`, `<`, `>` as entities.
 */
export const startX = async ({ token = 'at' } = {}) => {
  const posts: Post[] = []
  const no = (status: number, detail: string): Said => ({ status, json: { title: 'Forbidden', detail, status } })
  const api = await startApi(({ method, path, headers, json }): Said => {
    if (!headers.authorization?.includes(`oauth_token="${token}"`)) return no(401, 'Unauthorized')
    if (path === '/2/users/me') return { status: 200, json: { data: { id: '5', username: 'status' } } }
    if (method === 'GET') {
      const data = posts
        .filter(({ isGone }) => !isGone)
        .map(({ id, text }) => ({
          id,
          text: text
            .replace(/https?:\/\/\S+/gu, 'https://t.co/abc')
            .replaceAll('&', '&amp;')
            .replaceAll('<', '&lt;')
            .replaceAll('>', '&gt;'),
        }))
      return { status: 200, json: { data, meta: { result_count: data.length } } }
    }
    if (method === 'DELETE') {
      const found = posts.find(({ id }) => path === `/2/tweets/${id}`)
      if (found) found.isGone = true
      return { status: 200, json: { data: { deleted: found !== undefined } } }
    }
    const text = String(json['text'] ?? '')
    if (xWeight(text) > 280) return no(403, 'Your Tweet text is too long.')
    if (posts.some((one) => one.text === text && !one.isGone))
      return no(403, 'You are not allowed to create a Tweet with duplicate content.')
    const id = String(1_991_733_000 + posts.length)
    const reply = json['reply'] as { in_reply_to_tweet_id: string } | undefined
    posts.push({ id, text, replyTo: reply?.in_reply_to_tweet_id, isGone: false, edits: 0 })
    return { status: 201, json: { data: { id, text } } }
  })
  return { ...api, posts }
}
