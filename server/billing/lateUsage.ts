import type { Sql } from '#db/client.ts'
import { HOUR_MS } from '../time.ts'
import type { LateWindow } from './invoiceInputs.ts'
import { addMonths } from './period.ts'
import { planVersionOf } from './planVersion.ts'
import type { Stretch, UsageHour } from './rated.ts'
import { cutOf } from './subscriptionTerms.ts'
import { usedIn } from './usageSums.ts'

/** How far back closed windows are looked at again. */
const MONTHS = 13

type Row = {
  accountId: bigint
  fromHour: number
  untilHour: number
  planVersionId: bigint
  state: Stretch['state']
  startAt: Date
  endAt: Date
  periodStart: Date
  periodEnd: Date
  anchors: Date[]
  app: string
} & Record<'cpu' | 'memory' | 'disk' | 'egress' | 'wasCpu' | 'wasMemory' | 'wasDisk' | 'wasEgress', bigint>

/**
 * Closed windows of these accounts, of the last 13 months, whose hours say something else now than what was billed, by
 * account and oldest first.
 */
export const lateWindows = async (
  sql: Sql,
  accountIds: readonly bigint[],
  now: Date,
): Promise<Map<bigint, LateWindow[]>> => {
  const since = Math.floor(addMonths(now, -MONTHS).getTime() / HOUR_MS)
  const rows = await sql<Row[]>`
    with closed as materialized (
      select * from billed_window where account_id = any(${accountIds.map(String)}::bigint[]) and until_hour > ${since}
        and until_hour > from_hour and state <> 'trialing'
    ),
    now as (
      select w.account_id, w.from_hour, used.app, sum(used.cpu)::bigint as cpu, sum(used.memory)::bigint as memory,
        sum(used.disk)::bigint as disk, sum(used.egress)::bigint as egress
      from closed w ${usedIn(sql)} group by 1, 2, 3
    ),
    was as (
      select b.account_id, b.from_hour, b.app, ${sql.unsafe(
        ['cpu', 'memory', 'disk', 'egress']
          .map((meter) => `coalesce(sum(b.quantity) filter (where b.meter = '${meter}'), 0)::bigint as ${meter}`)
          .join(', '),
      )}
      from closed w join billed_usage b on b.account_id = w.account_id and b.from_hour = w.from_hour group by 1, 2, 3
    ),
    both_sides as materialized (
      select account_id, from_hour, app, coalesce(n.cpu, 0) as cpu, coalesce(n.memory, 0) as memory,
        coalesce(n.disk, 0) as disk, coalesce(n.egress, 0) as egress, coalesce(w.cpu, 0) as was_cpu,
        coalesce(w.memory, 0) as was_memory, coalesce(w.disk, 0) as was_disk, coalesce(w.egress, 0) as was_egress
      from now n full join was w using (account_id, from_hour, app)
    )
    select c.account_id, c.from_hour, c.until_hour, c.plan_version_id, c.state, c.start_at, c.end_at, c.period_start,
      c.period_end, coalesce((select array_agg(t.from_at order by t.id) from subscription_term t
        where t.account_id = c.account_id and t.from_at <= c.period_start and t.subscription_id = (
          select h.subscription_id from subscription_term h where h.account_id = c.account_id and h.from_at <= c.start_at
            and (h.until_at is null or h.until_at > c.start_at) order by h.id desc limit 1)), '{}') as anchors, b.app, b.cpu, b.memory, b.disk, b.egress, b.was_cpu, b.was_memory, b.was_disk, b.was_egress
    from both_sides b join closed c using (account_id, from_hour)
    where (account_id, from_hour) in (select account_id, from_hour from both_sides
      where (cpu, memory, disk, egress) <> (was_cpu, was_memory, was_disk, was_egress))
    order by c.account_id, c.from_hour, b.app`
  const windows = new Map<bigint, LateWindow[]>()
  for (const row of rows) {
    const late = windows.get(row.accountId) ?? []
    windows.set(row.accountId, late)
    let window = late.at(-1)
    if (window?.stretch.fromHour !== row.fromHour) {
      window = {
        stretch: await stretchOf(sql, row),
        period: { start: row.periodStart, end: row.periodEnd },
        billed: [],
        now: [],
      }
      late.push(window)
    }
    const { app, fromHour: hour } = row
    const add = (to: readonly UsageHour[], used: UsageHour['used']) => (to as UsageHour[]).push({ app, hour, used })
    add(window.now, { cpu: row.cpu, memory: row.memory, disk: row.disk, egress: row.egress })
    add(window.billed, { cpu: row.wasCpu, memory: row.wasMemory, disk: row.wasDisk, egress: row.wasEgress })
  }
  return windows
}

const stretchOf = async (sql: Sql, row: Row): Promise<Stretch> => ({
  start: row.startAt,
  end: row.endAt,
  version: await planVersionOf(sql, row.planVersionId),
  quantities: {},
  state: row.state,
  fromHour: row.fromHour,
  untilHour: row.untilHour,
  ...cutOf({ start: row.periodStart, end: row.periodEnd }, row.anchors),
})
