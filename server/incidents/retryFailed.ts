import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { announce } from '../live.ts'
import { incidentName } from './state.ts'

type Row = { id: bigint; incidentId: bigint }

/**
 * Tries again what failed of an update (or one delivery of it), with the same text and key: at once, and whatever waits
 * to be tried again too. What was delivered, skipped or is unknown is left alone, what newer words have overtaken, and
 * subscribers whose address came back.
 * Gives how many.
 */
export const retryFailed = async (
  ctx: Context,
  of: { updateId: bigint; deliveryId?: bigint | undefined },
): Promise<number> =>
  await ctx.sql.begin(async (tx) => {
    const rows = await tx<Row[]>`update delivery d set state = 'retryable', next_at = ${ctx.now},
        last_error = d.last_error
      from incident_update u where u.id = d.update_id and u.undone_at is null and d.update_id = ${of.updateId}
        and (${of.deliveryId ?? null}::bigint is null or d.id = ${of.deliveryId ?? null})
        and d.state in ('permanent', 'retryable') and not exists (select 1 from delivery n where n.target = d.target
          and n.incident_id = d.incident_id and n.id > d.id and n.action = 'post' and n.state = 'delivered')
        and (d.channel_id is null or exists (
          select 1 from channel c where c.id = d.channel_id and c.enabled and c.removed_at is null))
        and (d.subscriber_id is null or exists (select 1 from subscriber s
          where s.id = d.subscriber_id and s.unsubscribed_at is null and s.quarantined_at is null))
      returning d.id, d.incident_id`
    const [first] = rows
    if (!first) return 0
    await tx`update channel set wait_until = null where id in (select channel_id from delivery
      where id = any(${rows.map(({ id }) => String(id))}::bigint[])) and health = 'unauthorized'`
    await audit(tx, ctx, {
      action: 'incidents.delivery.retry',
      subject: { kind: 'incident', id: incidentName(first.incidentId) },
      after: { updateId: of.updateId, deliveries: rows.map(({ id }) => id) },
    })
    await sendNow(tx)
    await announce(tx, `incident:${first.incidentId}`)
    return rows.length
  })

/**
 * A person looked where the channel cannot be asked: the post is there, or it is not and is sent again.
 * @throws DomainError CONFLICT where it is not unknown
 */
export const settleUnknown = async (ctx: Context, deliveryId: bigint, isThere: boolean): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<Row[]>`update delivery set state = ${isThere ? 'delivered' : 'retryable'},
        next_at = ${isThere ? null : ctx.now}, accepted_at = ${isThere ? ctx.now : null},
        last_error = ${isThere ? 'seen there by a person' : 'not there, said a person'}
      where id = ${deliveryId} and state = 'unknown' and next_at is null returning id, incident_id`
    if (!row) throw new DomainError('CONFLICT', 'this delivery is not one that waits for somebody to look')
    await audit(tx, ctx, {
      action: 'incidents.delivery.settle',
      subject: { kind: 'incident', id: incidentName(row.incidentId) },
      before: { delivery: deliveryId, state: 'unknown' },
      after: { isThere },
    })
    if (!isThere) await sendNow(tx)
    await announce(tx, `incident:${row.incidentId}`)
  })

const sendNow = async (tx: Tx) => {
  await addJob(tx, 'incidents.deliver', {})
  await addJob(tx, 'incidents.tell_subscribers', {})
}
