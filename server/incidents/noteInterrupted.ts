import type { Context } from '../context.ts'
import { announce } from '../live.ts'

/** No try lasts this long: channels' own time limits are far below it. */
export const LEASE_MS = 60_000

/**
 * Deliveries whose worker ended in the midst of them are unknown: the request may have gone out. They are looked into like
 * any other unknown.
 */
export const noteInterrupted = async ({ sql, now }: Context): Promise<void> => {
  const before = new Date(now.getTime() - LEASE_MS)
  await sql.begin(async (tx) => {
    const rows = await tx<{ incidentId: bigint }[]>`
      with cut as (
        update delivery set state = 'unknown', next_at = ${now}, last_error = 'interrupted while it was being sent'
        where id in (select id from delivery where state = 'sending' and taken_at < ${before} and subscriber_id is null
          and recipient is null for update skip locked)
        returning id, incident_id, attempts, taken_at),
      noted as (
        insert into delivery_attempt (delivery_id, number, at, outcome, detail, took_ms)
        select id, attempts, taken_at, 'unknown', 'interrupted while it was being sent', 0 from cut
        on conflict do nothing)
      select distinct incident_id from cut`
    for (const { incidentId } of rows) await announce(tx, `incident:${incidentId}`)
  })
}
