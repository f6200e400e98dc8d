import { z } from 'zod'
import type { ChannelAdapter } from '../channel.ts'
import { graphemes } from '../graphemes.ts'
import { paragraph } from '../updateWords.ts'
import { ask, isSilence, ofFailure, ofSilence, retryAfterMs, words, type Answer } from './ask.ts'
import { baseUrl, line } from './formFields.ts'
import { sameWords } from './sameWords.ts'

const settings = z.object({
  baseUrl: baseUrl(),
  visibility: z.preprocess(
    (v) => (v === '' ? undefined : v),
    z.enum(['public', 'unlisted', 'private']).default('public'),
  ),
  limit: z.preprocess((v) => (v === '' ? undefined : v), z.coerce.number().int().min(100).max(100_000).default(500)),
})
const secret = z.object({ token: line })
type Settings = z.infer<typeof settings>

/** Characters as readers see them; a link is 23 (`characters_reserved_per_url`). docs.joinmastodon.org/user/posting/#text */
const lengthOf = (text: string) => graphemes(text.replace(/https?:\/\/\S+/gu, 'x'.repeat(23))).length

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const waitOf = ({ headers }: Answer, now: Date) => {
  const reset = Date.parse(headers.get('x-ratelimit-reset') ?? '')
  return retryAfterMs(headers, now) ?? (Number.isFinite(reset) ? Math.max(0, reset - now.getTime()) : undefined)
}

export const mastodon: ChannelAdapter<Settings, z.infer<typeof secret>> = {
  kind: 'mastodon',
  name: 'Mastodon',
  settings,
  secret,
  fields: {
    baseUrl: { label: 'Instance', hint: 'https://mastodon.example' },
    visibility: { label: 'Visibility', hint: 'public, unlisted or private' },
    limit: { label: 'Characters', hint: '500 unless the instance allows more' },
    token: { label: 'Access token', hint: 'Development, New application; with read and write:statuses', secret: true },
  },
  // Idempotency-Key holds for an hour; it is looked up before that ends matters. docs.joinmastodon.org/methods/statuses
  idempotent: true,
  can: ['edit', 'delete'],
  timeoutMs: 15_000,
  paceMs: 1_000,
  render(update, { limit, visibility }, override) {
    const text = override ?? paragraph(update, (one) => lengthOf(one) <= limit, { title: true })
    return { text, wire: { status: text, visibility, language: 'en' } }
  },
  measure: ({ text }, { limit }) => ({ used: lengthOf(text), limit, unit: 'chars' }),
  async send({ settings: { baseUrl }, secret: { token } }, { action, body, key, previous, signal, now }) {
    const of = `${baseUrl}/api/v1/statuses/${previous?.id}`
    const wire = body['wire'] as Record<string, unknown>
    const reply = previous ? { in_reply_to_id: previous.id } : {}
    const answer = await ask({
      url: action === 'post' ? `${baseUrl}/api/v1/statuses` : of,
      method: ({ post: 'POST', edit: 'PUT', delete: 'DELETE' } as const)[action],
      headers: { ...bearer(token), ...(action === 'post' ? { 'idempotency-key': key } : {}) },
      ...(action === 'delete' ? {} : { body: action === 'post' ? { ...wire, ...reply } : { status: wire['status'] } }),
      signal,
    })
    if (isSilence(answer)) return ofSilence(answer)
    if (action === 'delete' && previous && (answer.status === 200 || answer.status === 404))
      return { kind: 'delivered', receipt: previous }
    const id = words(answer.json, 'id')
    const url = words(answer.json, 'url')
    if (answer.status === 200 && id !== undefined)
      return { kind: 'delivered', receipt: { id, ...(url ? { url } : {}) } }
    const reason = words(answer.json, 'error') ?? ''
    if (answer.status === 403) return { kind: 'permanent', reason: `403 ${reason}`, unauthorized: true }
    return ofFailure(answer, reason, waitOf(answer, now))
  },
  async lookUp({ settings: { baseUrl }, secret: { token } }, { body, signal }) {
    const get = (path: string) => ask({ url: `${baseUrl}${path}`, method: 'GET', headers: bearer(token), signal })
    const who = await get('/api/v1/accounts/verify_credentials')
    const account = isSilence(who) ? undefined : words(who.json, 'id')
    if (account === undefined) return 'cannot tell'
    const posts = await get(`/api/v1/accounts/${account}/statuses?limit=40&exclude_reblogs=true`)
    if (isSilence(posts) || !Array.isArray(posts.json)) return 'cannot tell'
    const found = posts.json.find((one: unknown) => sameWords(words(one, 'content') ?? '', body.text)) as unknown
    const id = words(found, 'id')
    const url = words(found, 'url')
    return id === undefined ? 'absent' : { id, ...(url ? { url } : {}) }
  },
}
