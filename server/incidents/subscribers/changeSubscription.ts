import type { Tx } from '#db/client.ts'
import { audit } from '../../audit.ts'
import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { ask, knownKeys } from './subscribe.ts'

type Row = {
  kind: string
  address: string
  components: string[] | null
  confirmedAt: Date | null
  unsubscribedAt: Date | null
  quarantinedAt: Date | null
}

/** They said yes at their own address: they are told from now on, also where mails to them came back before. */
export const confirm = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const row = await lock(tx, id)
    if (row.confirmedAt && !row.quarantinedAt) return
    await tx`update subscriber set confirmed_at = coalesce(confirmed_at, ${ctx.now}), quarantined_at = null,
      quarantine_reason = null, bounces = 0 where id = ${id}`
    await note(tx, ctx, 'confirm', id, { address: row.address })
  })

/** They want no more: nothing that still waits is sent. Harmless to repeat. */
export const unsubscribe = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<
      { address: string }[]
    >`update subscriber set unsubscribed_at = ${ctx.now}, sealed_secret = null
      where id = ${id} and unsubscribed_at is null returning address`
    if (!row) return
    await tx`update delivery set state = 'skipped', next_at = null, last_error = 'unsubscribed'
      where subscriber_id = ${id} and state in ('pending', 'retryable')`
    await note(tx, ctx, 'unsubscribe', id, row)
  })

/** Which components they hear of; null is all. @throws NOT_FOUND, BAD_REQUEST for components that are not there */
export const choose = async (ctx: Context, id: bigint, components: readonly string[] | null): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const row = await lock(tx, id)
    const keys = await knownKeys(tx, components)
    await tx`update subscriber set components = ${keys}::text[] where id = ${id}`
    await note(tx, ctx, 'choose', id, { components: keys }, { components: row.components })
  })

/** Asks once more, for operators. @throws NOT_FOUND; CONFLICT for somebody who is told already */
export const askAgain = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const row = await lock(tx, id)
    if (row.confirmedAt && !row.quarantinedAt)
      throw new DomainError('CONFLICT', `${row.address} is told already; there is nothing to confirm`)
    await ask(tx, ctx, id)
    await note(tx, ctx, 'ask', id, { address: row.address })
  })

/** Told again after what came back was mended. @throws NOT_FOUND */
export const release = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const row = await lock(tx, id)
    if (!row.quarantinedAt) return
    await tx`update subscriber set quarantined_at = null, quarantine_reason = null, bounces = 0 where id = ${id}`
    await note(tx, ctx, 'release', id, { address: row.address })
  })

/**
 * What a mail server told of afterwards came back: nothing more goes there. False where nobody of that address is told.
 * A full mailbox or the like (`isFinal: false`) counts, and the third in a row counts as final.
 */
export const noteBounce = async (
  ctx: Context,
  of: { address: string; reason: string; isFinal: boolean },
): Promise<boolean> =>
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ id: bigint; quarantinedAt: Date | null }[]>`
      update subscriber set bounces = bounces + 1,
        quarantined_at = case when ${of.isFinal} or bounces >= 2 then coalesce(quarantined_at, ${ctx.now}) else quarantined_at end,
        quarantine_reason = case when ${of.isFinal} or bounces >= 2 then ${of.reason} else quarantine_reason end
      where kind = 'email' and lower(address) = lower(${of.address}) and unsubscribed_at is null
      returning id, quarantined_at`
    if (!row) return false
    await note(tx, ctx, 'bounce', row.id, of)
    return true
  })

const lock = async (tx: Tx, id: bigint): Promise<Row> => {
  const [row] = await tx<
    Row[]
  >`select kind, address, components, confirmed_at, unsubscribed_at, quarantined_at from subscriber
    where id = ${id} and unsubscribed_at is null for update`
  if (!row) throw new DomainError('NOT_FOUND', 'there is no such subscription any more')
  return row
}

const note = (tx: Tx, ctx: Context, verb: string, id: bigint, after: unknown, before?: unknown) =>
  audit(tx, ctx, { action: `incidents.subscriber.${verb}`, subject: { kind: 'subscriber', id }, before, after })
