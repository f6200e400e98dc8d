import { z } from 'zod'
import type { Account, ChannelAdapter, Outcome } from '../channel.ts'
import { bytesOf, graphemes } from '../graphemes.ts'
import { paragraph } from '../updateWords.ts'
import { ask, isSilence, ofFailure, ofSilence, retryAfterMs, words, type Answer } from './ask.ts'
import { baseUrl, line } from './formFields.ts'
import { tid } from './tid.ts'

const settings = z.object({
  baseUrl: baseUrl('https://bsky.social'),
  handle: line.transform((name) => name.replace(/^@/u, '')),
})
const secret = z.object({ appPassword: line })
type Own = Account<z.infer<typeof settings>, z.infer<typeof secret>>

/** app.bsky.feed.post: at most 300 graphemes and 3,000 bytes. docs.bsky.app/docs/advanced-guides/posts */
const LIMIT = 300
const LIMIT_BYTES = 3_000
const COLLECTION = 'app.bsky.feed.post'

/** Links by place in the UTF-8 of the text. */
const facets = (text: string) =>
  [...text.matchAll(/https?:\/\/[^\s]+[^\s.,;:!?)]/gu)].map((found) => {
    const byteStart = bytesOf(text.slice(0, found.index))
    return {
      index: { byteStart, byteEnd: byteStart + bytesOf(found[0]) },
      features: [{ $type: 'app.bsky.richtext.facet#link', uri: found[0] }],
    }
  })

type Session = { did: string; token: string }
/** Sign-ins are few (30 in 5 minutes), so one is kept until it is refused. */
const sessions = new Map<string, Session>()
const sessionKey = ({ settings: { baseUrl, handle }, secret: { appPassword } }: Own) =>
  JSON.stringify([baseUrl, handle, appPassword])

const signIn = async (of: Own, signal: AbortSignal, now: Date): Promise<Session | Outcome> => {
  const known = sessions.get(sessionKey(of))
  if (known) return known
  const answer = await ask({
    url: `${of.settings.baseUrl}/xrpc/com.atproto.server.createSession`,
    body: { identifier: of.settings.handle, password: of.secret.appPassword },
    signal,
  })
  // Nothing was posted yet: whatever went wrong here, nothing landed.
  if (isSilence(answer)) return { kind: 'retryable', reason: `sign-in: ${answer.reason}` }
  const did = words(answer.json, 'did')
  const token = words(answer.json, 'accessJwt')
  if (answer.status === 200 && did !== undefined && token !== undefined) {
    const made = { did, token }
    sessions.set(sessionKey(of), made)
    return made
  }
  const outcome = judged(answer, now)
  return outcome.kind === 'unknown' ? { kind: 'retryable', reason: outcome.reason } : outcome
}

const judged = (answer: Answer, now: Date): Outcome => {
  const reason = [words(answer.json, 'error'), words(answer.json, 'message')].filter(Boolean).join(': ')
  const reset = Number(answer.headers.get('ratelimit-reset') ?? Number.NaN)
  const waitMs = Number.isFinite(reset) ? Math.max(0, reset * 1_000 - now.getTime()) : retryAfterMs(answer.headers, now)
  return ofFailure(answer, reason, waitMs)
}

/** The session is over: by time, or ended there. Signing in anew helps, or tells that it does not. */
const isExpired = ({ status, json }: Answer) =>
  (status === 400 && ['ExpiredToken', 'InvalidToken'].includes(words(json, 'error') ?? '')) || status === 401

export const bluesky: ChannelAdapter<z.infer<typeof settings>, z.infer<typeof secret>> = {
  kind: 'bluesky',
  name: 'Bluesky',
  settings,
  secret,
  fields: {
    handle: { label: 'Handle', hint: 'name.bsky.social' },
    baseUrl: { label: 'Server', hint: 'https://bsky.social, or the account’s own' },
    appPassword: { label: 'App password', hint: 'Settings, Privacy and security, App passwords', secret: true },
  },
  // A record is put under a key that each try repeats.
  idempotent: true,
  can: ['delete'],
  timeoutMs: 15_000,
  paceMs: 1_000,
  render(update, _settings, override) {
    const fits = (text: string) => graphemes(text).length <= LIMIT && bytesOf(text) <= LIMIT_BYTES
    const text = override ?? paragraph(update, fits)
    const record = { $type: COLLECTION, text, createdAt: update.at.toISOString(), langs: ['en'], facets: facets(text) }
    return { text, record }
  },
  measure({ text }) {
    const bytes = bytesOf(text)
    if (bytes > LIMIT_BYTES) return { used: bytes, limit: LIMIT_BYTES, unit: 'bytes' }
    return { used: graphemes(text).length, limit: LIMIT, unit: 'graphemes' }
  },
  async send(of, { action, body, key, previous, signal, now }) {
    const { baseUrl, handle } = of.settings
    const record = body['record'] as { createdAt: string } & Record<string, unknown>
    const to = previous && { uri: words(previous, 'id'), cid: words(previous, 'cid') }
    const reply = to && action === 'post' ? { reply: { root: to, parent: to } } : {}
    const rkey = action === 'delete' ? previous?.id.split('/').at(-1) : tid(new Date(record.createdAt), key)
    for (const isLast of [false, true]) {
      const session = await signIn(of, signal, now)
      if ('kind' in session) return session
      const answer = await ask({
        url: `${baseUrl}/xrpc/com.atproto.repo.${action === 'delete' ? 'deleteRecord' : 'putRecord'}`,
        headers: { authorization: `Bearer ${session.token}` },
        body: {
          repo: session.did,
          collection: COLLECTION,
          rkey,
          ...(action === 'delete' ? {} : { record: { ...record, ...reply } }),
        },
        signal,
      })
      if (isSilence(answer)) return ofSilence(answer)
      if (isExpired(answer)) {
        sessions.delete(sessionKey(of))
        if (!isLast) continue
      }
      if (action === 'delete' && answer.status === 200 && previous) return { kind: 'delivered', receipt: previous }
      const id = words(answer.json, 'uri')
      const cid = words(answer.json, 'cid')
      if (answer.status !== 200 || id === undefined || cid === undefined) return judged(answer, now)
      return { kind: 'delivered', receipt: { id, cid, url: `https://bsky.app/profile/${handle}/post/${rkey}` } }
    }
    return { kind: 'retryable', reason: 'the sign-in did not hold' }
  },
}
