import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import type { EventType } from './events.ts'
import { safeAddress } from './safeFetch.ts'
import { queueDelivery, sendTest } from './sendEvent.ts'
import { newSecret, OLD_SECRET_MS, openSecrets, sealSecrets } from './webhookSecret.ts'

const MOST_ENDPOINTS = 20

type Of = { accountId: bigint; endpointId: bigint }
type Endpoint = { id: bigint; url: string; types: string[]; sealedSecret: string; disabledAt: Date | null }

/** An endpoint of the account, locked. @throws NOT_FOUND */
const locked = async (tx: Tx, { accountId, endpointId }: Of): Promise<Endpoint> => {
  const [row] = await tx<Endpoint[]>`select id, url, types, sealed_secret, disabled_at from webhook_endpoint
    where account_id = ${accountId} and id = ${endpointId} and removed_at is null for update`
  if (!row) throw new DomainError('NOT_FOUND', `no webhook ${endpointId}`)
  return row
}

const record = (tx: Tx, ctx: Context, { accountId, endpointId }: Of, verb: string, after?: unknown, before?: unknown) =>
  audit(tx, ctx, {
    action: `notices.webhook.${verb}`,
    subject: { kind: 'webhook', id: endpointId },
    accountId,
    after,
    before,
  })

/**
 * Adds an endpoint; its secret is given here and never again.
 * @throws BAD_REQUEST for a URL that cannot be one, UNPROCESSABLE for an address that is not public, LIMITED beyond 20
 */
export const addWebhook = async (
  ctx: Context,
  input: { accountId: bigint; url: string; types: readonly EventType[]; subject?: string | undefined },
): Promise<{ id: bigint; secret: string }> => {
  const { accountId, types } = input
  const url = await safeAddress(input.url, ctx.env.WHARF_ALLOW_PRIVATE_WEBHOOKS)
  const secret = newSecret()
  return ctx.sql.begin(async (tx) => {
    await tx`select 1 from account where id = ${accountId} for no key update`
    const [there] = await tx<{ count: number }[]>`select count(*)::int as count from webhook_endpoint
      where account_id = ${accountId} and removed_at is null`
    if ((there?.count ?? 0) >= MOST_ENDPOINTS)
      throw new DomainError('LIMITED', `an account has ${MOST_ENDPOINTS} webhooks at most; remove one`)
    const sealed = sealSecrets(ctx.env.secret, { current: secret, previous: null })
    const [row] = await tx<{ id: bigint }[]>`
      insert into webhook_endpoint (account_id, url, types, subject, sealed_secret, created_by, created_at)
      values (${accountId}, ${url}, ${[...types]}, ${input.subject ?? null}, ${sealed}, ${labelOf(ctx.actor)}, ${ctx.now})
      returning id`
    await record(tx, ctx, { accountId, endpointId: row!.id }, 'add', { url, types, subject: input.subject })
    return { id: row!.id, secret }
  })
}

/** Removes an endpoint; what still waits for it is not sent. What was sent stays readable in the audit log only. */
export const removeWebhook = async (ctx: Context, of: Of): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const { url, types } = await locked(tx, of)
    await tx`update webhook_endpoint set removed_at = ${ctx.now} where id = ${of.endpointId}`
    await record(tx, ctx, of, 'remove', undefined, { url, types })
  })
}

/** Gives an endpoint a new secret. For a day what is sent is signed with both, so that nothing is refused meanwhile. */
export const rotateSecret = async (ctx: Context, of: Of): Promise<{ secret: string }> =>
  ctx.sql.begin(async (tx) => {
    const { sealedSecret } = await locked(tx, of)
    const { current } = openSecrets(ctx.env.secret, sealedSecret)
    const until = new Date(ctx.now.getTime() + OLD_SECRET_MS)
    const secret = newSecret()
    const sealed = sealSecrets(ctx.env.secret, { current: secret, previous: { secret: current, until } })
    await tx`update webhook_endpoint set sealed_secret = ${sealed} where id = ${of.endpointId}`
    await record(tx, ctx, of, 'rotate', { oldUntil: until })
    return { secret }
  })

/** Turns an endpoint that was turned off on again. Events of the meantime are not made up for. */
export const turnOn = async (ctx: Context, of: Of): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    if ((await locked(tx, of)).disabledAt === null) return
    await tx`update webhook_endpoint set disabled_at = null, disabled_reason = null where id = ${of.endpointId}`
    await record(tx, ctx, of, 'turn_on')
  })
}

/** Sends a test event to an endpoint. @throws NOT_FOUND; CONFLICT where it is off */
export const testWebhook = async (ctx: Context, of: Of & { account: string }): Promise<{ deliveryId: bigint }> =>
  ctx.sql.begin(async (tx) => {
    if ((await locked(tx, of)).disabledAt) throw new DomainError('CONFLICT', 'this webhook is off; turn it on first')
    const deliveryId = await sendTest(tx, ctx, of.endpointId, of.account)
    await record(tx, ctx, of, 'test')
    return { deliveryId }
  })

/** Sends a delivery that ended once more: the same id and bytes, with tries of its own. @throws NOT_FOUND, CONFLICT */
export const replayDelivery = async (ctx: Context, input: Of & { deliveryId: bigint }): Promise<void> => {
  const { deliveryId, endpointId } = input
  await ctx.sql.begin(async (tx) => {
    if ((await locked(tx, input)).disabledAt) throw new DomainError('CONFLICT', 'this webhook is off; turn it on first')
    const [row] = await tx`update webhook_delivery set state = 'pending', attempts = 0, next_at = ${ctx.now},
        finished_at = null
      where id = ${deliveryId} and endpoint_id = ${endpointId} and state <> 'pending' returning id`
    if (!row) {
      const [waits] = await tx`select 1 from webhook_delivery where id = ${deliveryId} and endpoint_id = ${endpointId}`
      throw waits
        ? new DomainError('CONFLICT', 'this delivery is being sent already')
        : new DomainError('NOT_FOUND', `no delivery ${deliveryId}`)
    }
    await queueDelivery(tx, deliveryId)
    await record(tx, ctx, input, 'send_again', { deliveryId })
  })
}
