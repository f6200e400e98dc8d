import { z } from 'zod'
import type { ChannelAdapter, Outcome } from '../channel.ts'
import { paragraph } from '../updateWords.ts'
import { xWeight } from '../xWeight.ts'
import { ask, field, isSilence, ofFailure, ofSilence, words, type Answer } from './ask.ts'
import { baseUrl, line, yesOrNo } from './formFields.ts'
import { oauth1, type Oauth1Keys } from './oauth1.ts'
import { sameWords } from './sameWords.ts'

const settings = z.object({ baseUrl: baseUrl('https://api.x.com'), handle: line, link: yesOrNo(true) })
const secret = z.object({ apiKey: line, apiSecret: line, accessToken: line, accessTokenSecret: line })
type Settings = z.infer<typeof settings>

const LIMIT = 280

const asked = (
  { baseUrl }: Settings,
  keys: Oauth1Keys,
  { now, signal }: { now: Date; signal: AbortSignal },
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
) => {
  const url = `${baseUrl}${path}`
  return ask({ url, method, headers: { authorization: oauth1(keys, { method, url }, now) }, body, signal })
}

const judged = (answer: Answer, now: Date): Outcome => {
  const reason = words(answer.json, 'detail') ?? words(answer.json, 'title') ?? ''
  // The first try may have landed, or another update read the same: which, only looking tells.
  if (answer.status === 403 && /duplicate content/iu.test(reason)) return { kind: 'unknown', reason: `403 ${reason}` }
  if (answer.status === 403) return { kind: 'permanent', reason: `403 ${reason}`, unauthorized: true }
  // No Retry-After: the window's end, in seconds since 1970. docs.x.com/x-api/fundamentals/rate-limits
  const reset = Number(answer.headers.get('x-rate-limit-reset') ?? Number.NaN)
  return ofFailure(answer, reason, Number.isFinite(reset) ? Math.max(0, reset * 1_000 - now.getTime()) : undefined)
}

const receiptOf = (id: string, { handle }: Settings) => ({
  id,
  url: `https://x.com/${handle.replace(/^@/u, '')}/status/${id}`,
})

export const x: ChannelAdapter<Settings, Oauth1Keys> = {
  kind: 'x',
  name: 'X',
  settings,
  secret,
  fields: {
    handle: { label: 'Account', hint: '@name' },
    link: { label: 'Link to the incident', hint: 'yes or no; a post with a link costs more' },
    baseUrl: { label: 'API', hint: 'https://api.x.com' },
    apiKey: { label: 'API key', secret: true },
    apiSecret: { label: 'API key secret', secret: true },
    accessToken: { label: 'Access token', hint: 'Of an app with read and write', secret: true },
    accessTokenSecret: { label: 'Access token secret', secret: true },
  },
  idempotent: false,
  can: ['delete'],
  timeoutMs: 15_000,
  paceMs: 1_000,
  render(update, { link }, override) {
    const text = (override ?? paragraph(update, (one) => xWeight(one) <= LIMIT, { link })).normalize('NFC')
    return { text }
  },
  measure: ({ text }) => ({ used: xWeight(text), limit: LIMIT, unit: 'chars' }),
  async send({ settings: to, secret: keys }, { action, body, previous, signal, now }) {
    if (action === 'delete') {
      const answer = await asked(to, keys, { now, signal }, 'DELETE', `/2/tweets/${previous?.id}`)
      if (isSilence(answer)) return ofSilence(answer)
      const isGone = field(answer.json, 'data', 'deleted') === true || answer.status === 404
      return isGone && previous ? { kind: 'delivered', receipt: previous } : judged(answer, now)
    }
    const reply = previous ? { reply: { in_reply_to_tweet_id: previous.id } } : {}
    const answer = await asked(to, keys, { now, signal }, 'POST', '/2/tweets', { text: body.text, ...reply })
    if (isSilence(answer)) return ofSilence(answer)
    const id = words(answer.json, 'data', 'id')
    return answer.status === 201 && id !== undefined
      ? { kind: 'delivered', receipt: receiptOf(id, to) }
      : judged(answer, now)
  },
  async lookUp({ settings: to, secret: keys }, { body, signal, now }) {
    const who = await asked(to, keys, { now, signal }, 'GET', '/2/users/me')
    const user = isSilence(who) ? undefined : words(who.json, 'data', 'id')
    if (user === undefined) return 'cannot tell'
    const posts = await asked(to, keys, { now, signal }, 'GET', `/2/users/${user}/tweets?max_results=50`)
    if (isSilence(posts) || posts.status !== 200) return 'cannot tell'
    const data = field(posts.json, 'data') ?? []
    if (!Array.isArray(data)) return 'cannot tell'
    const found = data.find((one: unknown) => sameWords(words(one, 'text') ?? '', body.text)) as unknown
    const id = words(found, 'id')
    return id === undefined ? 'absent' : receiptOf(id, to)
  },
}
