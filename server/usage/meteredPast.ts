import type { Sql } from '#db/client.ts'
import { hourOf, minuteOf } from '../time.ts'

/** Whose usage, and until when. */
export type MeteredUntil = { accountId: bigint; from: Date; until: Date }

/**
 * Of these accounts those whose usage before `until` is not all in: a host on which they had something since `from` has not
 * reported past it, has reports missing, or minutes that are not rolled into hours yet. Hosts that were revoked report no more.
 */
export const stillMetering = async (sql: Sql, of: readonly MeteredUntil[]): Promise<Set<bigint>> => {
  if (of.length === 0) return new Set()
  const rows = await sql<{ accountId: bigint }[]>`
    select w.account_id from unnest(${of.map((one) => String(one.accountId))}::bigint[],
      ${of.map((one) => hourOf(one.from))}::int[], ${of.map((one) => minuteOf(one.until.getTime() - 1))}::int[])
      as w (account_id, from_hour, last_minute)
    where exists (
      select from attribution t
      join epoch e on e.host_id = t.host_id and e.epoch = t.epoch
      join host h on h.id = t.host_id and h.revoked_at is null
      left join host_progress p on p.host_id = t.host_id
      where t.account_id = w.account_id and t.until_hour > w.from_hour and t.from_hour <= w.last_minute / 60
        and (e.ended_at is null or e.ended_at >= to_timestamp(w.from_hour * 3600.0))
        and ((e.ended_at is null and coalesce(p.last_minute, 0) < w.last_minute)
          or p.max_seq > p.contiguous_seq
          or exists (select from hour_due d where d.host_id = t.host_id and d.hour <= w.last_minute / 60))
    )`
  return new Set(rows.map((row) => row.accountId))
}
