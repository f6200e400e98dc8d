import { startApi, type Post, type Said } from './api.ts'

const html = (text: string) =>
  `<p>${text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(
      /https?:\/\/(\S+)/gu,
      '<a href="https://$1" rel="nofollow"><span class="invisible">https://</span><span class="ellipsis">$1</span></a>',
    )
    .replaceAll('\n', '<br />')}</p>`

/**
 * Mastodon's API as documented at docs.joinmastodon.org/methods/statuses: a status of at most 500 characters where a link
 * counts 23, `Idempotency-Key` answered with the status it made first, PUT edits, DELETE deletes; an account's statuses
 * carry HTML in which links are shortened.
 */
export const startMastodon = async ({ token = 'm1' } = {}) => {
  const posts: (Post & { key: string | undefined })[] = []
  const api = await startApi(({ method, path, headers, json }): Said => {
    if (headers.authorization !== `Bearer ${token}`)
      return { status: 401, json: { error: 'The access token is invalid' } }
    const shown = ({ id, text }: Post) => ({ id, url: `https://m.example/@ops/${id}`, content: html(text) })
    if (path === '/api/v1/accounts/verify_credentials') return { status: 200, json: { id: '9' } }
    if (method === 'GET') return { status: 200, json: posts.filter(({ isGone }) => !isGone).map(shown) }
    const text = String(json['status'] ?? '')
    if (method !== 'DELETE' && [...text.replace(/https?:\/\/\S+/gu, 'x'.repeat(23))].length > 500)
      return { status: 422, json: { error: 'Validation failed: Text character limit of 500 exceeded' } }
    if (method === 'POST') {
      const key = headers['idempotency-key'] as string | undefined
      const before = posts.find((one) => key !== undefined && one.key === key)
      if (before) return { status: 200, json: shown(before) }
      const made = {
        id: String(100 + posts.length),
        text,
        replyTo: json['in_reply_to_id'] as string,
        isGone: false,
        edits: 0,
        key,
      }
      posts.push(made)
      return { status: 200, json: shown(made) }
    }
    const found = posts.find(({ id, isGone }) => !isGone && path === `/api/v1/statuses/${id}`)
    if (!found) return { status: 404, json: { error: 'Record not found' } }
    if (method === 'DELETE') found.isGone = true
    else Object.assign(found, { text, edits: found.edits + 1 })
    return { status: 200, json: shown(found) }
  })
  return { ...api, posts }
}
