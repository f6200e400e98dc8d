import type { Tx } from '#db/client.ts'
import { audit } from '../../audit.ts'
import { labelOf, type Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { addJob } from '../../jobs.ts'
import { newSecret } from '../../notices/webhookSecret.ts'
import { HOUR_MS, MINUTE_MS } from '../../time.ts'
import { sealChannelSecret } from '../channelSecret.ts'
import type { Address, SubscriberKind } from './address.ts'

/** Nobody is asked to confirm more often than this. */
export const ASK_AGAIN_MS = 10 * MINUTE_MS
/** So many who never confirmed in an hour are somebody's joke. */
const MOST_UNCONFIRMED = 1_000

export type Subscription = {
  kind: SubscriberKind
  to: Address
  /** Keys of components; null is all. */
  components: readonly string[] | null
  /** Somebody vouches that they agreed: they are not asked. */
  agreed?: boolean
}

export type Subscribed = { id: bigint; isNew: boolean; isTold: boolean }

type Known = {
  id: bigint
  isNew: boolean
  askedAt: Date | null
  confirmedAt: Date | null
  quarantinedAt: Date | null
}

/**
 * Notes somebody who wants to be told and asks them at their own address whether they do. Who is subscribed already keeps
 * what they chose, and hears that they are. @throws LIMITED where too many were asked lately
 */
export const subscribe = async (ctx: Context, wanted: Subscription): Promise<Subscribed> =>
  await ctx.sql.begin((tx) => subscribeIn(tx, ctx, wanted))

/** The same in the caller's transaction. */
export const subscribeIn = async (tx: Tx, ctx: Context, wanted: Subscription): Promise<Subscribed> => {
  const { kind, to, agreed = false } = wanted
  if (ctx.actor.kind === 'anonymous') await refuseFlood(tx, ctx.now)
  const components = await knownKeys(tx, wanted.components)
  const kept = to.secret ?? (kind === 'webhook' ? { secret: newSecret() } : null)
  const [row] = await tx<Known[]>`
    insert into subscriber (kind, address, settings, sealed_secret, components, created_by, created_at)
    values (${kind}, ${to.address}, ${JSON.stringify(to.settings)}::text::jsonb,
      ${kept ? sealChannelSecret(ctx.env.secret, kept) : null}, ${components}::text[], ${labelOf(ctx.actor)}, ${ctx.now})
    on conflict (kind, address) where unsubscribed_at is null
      do update set components = case when subscriber.confirmed_at is null then excluded.components else subscriber.components end
    returning id, xmax = 0 as is_new, asked_at, confirmed_at, quarantined_at`
  const { id, isNew, askedAt, confirmedAt, quarantinedAt } = row!
  const isTold = confirmedAt !== null && quarantinedAt === null
  if (isNew)
    await audit(tx, ctx, {
      action: 'incidents.subscriber.add',
      subject: { kind: 'subscriber', id },
      after: { kind, address: to.address, components, agreed },
    })
  if (agreed && !isTold && quarantinedAt === null)
    await tx`update subscriber set confirmed_at = ${ctx.now} where id = ${id}`
  else if (!agreed && (askedAt === null || ctx.now.getTime() - askedAt.getTime() >= ASK_AGAIN_MS))
    await ask(tx, ctx, id)
  return { id, isNew, isTold: isTold || agreed }
}

/** Has somebody asked at their address whether they want to be told. */
export const ask = async (tx: Tx, ctx: Context, id: bigint): Promise<void> => {
  await tx`update subscriber set asked_at = ${ctx.now} where id = ${id}`
  await addJob(tx, 'incidents.ask_subscriber', { subscriberId: String(id) }, { maxAttempts: 4 })
}

/** The components chosen that there are, null for all of them. */
export const knownKeys = async (tx: Tx, keys: readonly string[] | null): Promise<string[] | null> => {
  if (keys === null || keys.length === 0) return null
  const rows = await tx<{ key: string }[]>`select key from component
    where key = any(${[...keys]}::text[]) and archived_at is null order by position, id`
  if (rows.length === 0) throw new DomainError('BAD_REQUEST', 'none of these services exists', { path: 'components' })
  return rows.map(({ key }) => key)
}

const refuseFlood = async (tx: Tx, now: Date) => {
  const [row] = await tx<{ count: number }[]>`select count(*)::int as count from subscriber
    where confirmed_at is null and created_at > ${new Date(now.getTime() - HOUR_MS)}`
  if (row!.count >= MOST_UNCONFIRMED)
    throw new DomainError('LIMITED', 'too many people subscribe just now; try again later', { retryAfterSeconds: 600 })
}
