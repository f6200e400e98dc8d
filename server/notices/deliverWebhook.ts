import { Webhook } from 'standardwebhooks'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import type { JobPayload } from '../jobs.ts'
import { announce } from '../live.ts'
import { notify } from './notify.ts'
import { nextTry } from './retry.ts'
import { safeFetch, type SafeRequest } from './safeFetch.ts'
import { queueDelivery } from './sendEvent.ts'
import { openSecrets, signingSecrets } from './webhookSecret.ts'

type Row = {
  id: bigint
  endpointId: bigint
  body: string
  attempts: number
  url: string
  sealedSecret: string
  accountId: bigint
  account: string
  gone: boolean
}
type Outcome = { ok: boolean; status: number | null; error: string | null; gone: boolean }

const GONE = 410

/** Headers of Standard Webhooks: the id is the same in every try, so that receivers can tell repeats. */
export const signedHeaders = (
  secrets: readonly string[],
  message: { id: string; body: string },
  now: Date,
): Record<string, string> => ({
  'content-type': 'application/json',
  'user-agent': 'Wharfinger-Webhooks',
  'webhook-id': message.id,
  'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
  'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(message.id, now, message.body)).join(' '),
})

/**
 * Job `notices.webhook`: posts one delivery. What fails is tried ten times over about three days, redirects fail, and 410
 * turns the endpoint off. The request is made outside of any transaction; done twice, receivers see the same id.
 */
export const deliverWebhook = async (
  ctx: Context,
  { deliveryId }: JobPayload<'notices.webhook'>,
  net: Pick<SafeRequest, 'resolve' | 'timeoutMs'> = {},
): Promise<void> => {
  const [row] = await ctx.sql<Row[]>`
    select d.id, d.endpoint_id, d.body, d.attempts, e.url, e.sealed_secret, e.account_id, a.name as account,
      e.removed_at is not null or e.disabled_at is not null as gone
    from webhook_delivery d join webhook_endpoint e on e.id = d.endpoint_id join account a on a.id = e.account_id
    where d.id = ${deliveryId} and d.state = 'pending'`
  if (!row) return
  const outcome = row.gone
    ? { ok: false, status: null, error: 'the endpoint is off', gone: false }
    : await post(ctx, row, net)
  await keep(ctx, row, outcome)
}

const post = async (ctx: Context, row: Row, net: Pick<SafeRequest, 'resolve' | 'timeoutMs'>): Promise<Outcome> => {
  const secrets = signingSecrets(openSecrets(ctx.env.secret, row.sealedSecret), ctx.now)
  const headers = signedHeaders(secrets, { id: `msg_${row.id}`, body: row.body }, ctx.now)
  const allowPrivate = ctx.env.WHARF_ALLOW_PRIVATE_WEBHOOKS
  try {
    const { status } = await safeFetch({
      ...net,
      url: row.url,
      headers,
      body: row.body,
      allowPrivate,
      mostBytes: 4_096,
    })
    const ok = status >= 200 && status < 300
    const redirects = status >= 300 && status < 400 ? '; redirects are not followed' : ''
    return { ok, status, error: ok ? null : `answered ${status}${redirects}`, gone: status === GONE }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { ok: false, status: null, error: error.message, gone: false }
  }
}

const keep = async (ctx: Context, row: Row, outcome: Outcome): Promise<void> => {
  const ends = outcome.ok || outcome.gone || row.gone
  const next = ends ? null : nextTry(row.attempts + 1, ctx.now, Math.random())
  const state = outcome.ok ? 'delivered' : next ? 'pending' : 'failed'
  await ctx.sql.begin(async (tx) => {
    const [changed] = await tx`update webhook_delivery set state = ${state}, attempts = attempts + ${row.gone ? 0 : 1},
        status = ${outcome.status}, last_error = ${outcome.error}, next_at = ${next},
        finished_at = ${next ? null : ctx.now}
      where id = ${row.id} and state = 'pending' returning id`
    if (!changed) return
    if (next) await queueDelivery(tx, row.id, next)
    if (outcome.gone) await turnOff(ctx, tx, row)
    if (state === 'failed' && !row.gone && !outcome.gone)
      await notify(tx, ctx, {
        audience: 'account',
        accountId: row.accountId,
        severity: 'warning',
        kind: 'webhook.failed',
        title: `A webhook did not reach ${new URL(row.url).host}`,
        body: `It was tried ${row.attempts + 1} times; at last: ${outcome.error}. It can be sent again by hand.`,
        href: `/${row.account}/settings/webhooks`,
        // One a day and endpoint, however much did not arrive.
        key: `webhook:${row.endpointId}:failed:${ctx.now.toISOString().slice(0, 10)}`,
      })
    await announce(tx, `account:${row.accountId}`)
  })
}

/** 410 Gone: whoever answers there wants nothing any more. */
const turnOff = async (ctx: Context, tx: Parameters<typeof announce>[0], row: Row): Promise<void> => {
  const [off] = await tx`update webhook_endpoint set disabled_at = ${ctx.now}, disabled_reason = 'It answered 410 Gone.'
    where id = ${row.endpointId} and disabled_at is null returning id`
  if (!off) return
  await notify(tx, ctx, {
    audience: 'account',
    accountId: row.accountId,
    severity: 'warning',
    kind: 'webhook.off',
    title: `The webhook to ${new URL(row.url).host} is off`,
    body: 'It answered 410 Gone, so nothing is sent there any more. Turn it on again under Settings, Webhooks.',
    href: `/${row.account}/settings/webhooks`,
    key: `webhook:${row.endpointId}:off:${ctx.now.toISOString()}`,
  })
}
