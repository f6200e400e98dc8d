import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { safeFetch } from '../../notices/safeFetch.ts'
import type { Outcome, Send } from '../channel.ts'
import { slack } from '../channels/slack.ts'
import { webhook } from '../channels/webhook.ts'
import { openChannelSecret } from '../channelSecret.ts'
import type { Told } from './recordForSubscribers.ts'
import type { TakenForOne } from './takeForSubscribers.ts'

const TIMEOUT_MS = 15_000
/** Failures before anything was sent, in the words of `safeFetch`. */
const UNSENT = /ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|has no address|CERT|SELF_SIGNED/u

/** Tells one webhook: signed, to a public address, redirects not followed; receivers tell repeats by `webhook-id`. */
export const tellWebhook = async (ctx: Context, taken: TakenForOne): Promise<Omit<Told, 'taken' | 'tookMs'>> => {
  const secret = webhook.secret.parse(openChannelSecret(ctx.env.secret, taken.sealedSecret ?? ''))
  const outcome = await webhook.send({ settings: { url: taken.address }, secret }, sendOf(ctx, taken))
  if (outcome.kind !== 'permanent') return { outcome }
  // Only 410 says so for good: what refuses us today may be mended tomorrow.
  const isGone = outcome.reason === 'answered 410'
  return isGone ? { outcome, isGone } : { outcome: { kind: 'retryable', reason: outcome.reason } }
}

/** Tells one channel of Slack. By an incoming webhook nothing can be looked up: an answer that is lost stays unknown. */
export const tellSlack = async (ctx: Context, taken: TakenForOne): Promise<Omit<Told, 'taken' | 'tookMs'>> => {
  const secret = openChannelSecret(ctx.env.secret, taken.sealedSecret ?? '') as { url?: string; token?: string }
  if (secret.url !== undefined) {
    if (taken.was === 'unknown')
      return { outcome: { kind: 'unknown', reason: 'whether it was posted could not be looked up' } }
    return await postHook(ctx, secret.url, taken)
  }
  const account = { settings: slack.settings.parse(taken.settings), secret: slack.secret.parse(secret) }
  const send = sendOf(ctx, taken)
  if (taken.was === 'unknown') {
    const landed = (await slack.lookUp?.(account, send)) ?? 'cannot tell'
    if (typeof landed === 'object') return { outcome: { kind: 'delivered', receipt: { ...landed, lookedUp: true } } }
    if (landed === 'cannot tell')
      return { outcome: { kind: 'unknown', reason: 'whether it was posted could not be looked up' } }
  }
  return { outcome: await slack.send(account, { ...send, signal: AbortSignal.timeout(TIMEOUT_MS) }) }
}

const sendOf = (ctx: Context, { body, key }: TakenForOne): Send => ({
  action: 'post',
  body,
  key,
  previous: null,
  signal: AbortSignal.timeout(TIMEOUT_MS),
  now: ctx.now,
  allowPrivate: ctx.env.WHARF_ALLOW_PRIVATE_WEBHOOKS,
})

/** docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: `ok`, or an error's name as text. */
const postHook = async (ctx: Context, url: string, { body }: TakenForOne): Promise<Omit<Told, 'taken' | 'tookMs'>> => {
  try {
    const answer = await safeFetch({
      url,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body['wire']),
      timeoutMs: TIMEOUT_MS,
      mostBytes: 4_096,
      allowPrivate: ctx.env.WHARF_ALLOW_PRIVATE_WEBHOOKS,
    })
    return judge(answer.status, answer.body, answer.retryAfter)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    if (error.code !== 'UNAVAILABLE' || UNSENT.test(error.message))
      return { outcome: { kind: 'retryable', reason: error.message } }
    return { outcome: { kind: 'unknown', reason: error.message } }
  }
}

const judge = (
  status: number,
  body: string,
  retryAfter: string | undefined,
): { outcome: Outcome; isGone?: boolean } => {
  const reason = `answered ${status} ${body.slice(0, 100)}`.trim()
  if (status >= 200 && status < 300)
    return { outcome: { kind: 'delivered', receipt: { id: body.slice(0, 40) || 'ok' } } }
  if (status === 404 || status === 410) return { outcome: { kind: 'permanent', reason }, isGone: true }
  if (status === 429 || status === 503) {
    const seconds = Number(retryAfter ?? Number.NaN)
    const waitMs = Number.isFinite(seconds) ? { waitMs: seconds * 1_000 } : {}
    return { outcome: { kind: 'retryable', reason, ...waitMs } }
  }
  if (status >= 500) return { outcome: { kind: 'unknown', reason } }
  return { outcome: { kind: 'permanent', reason } }
}
