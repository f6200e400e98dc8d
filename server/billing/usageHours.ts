import type { Sql } from '#db/client.ts'
import type { UsageHour } from './rated.ts'

type Row = { app: string; hour: number; cpu: bigint; memory: bigint; disk: bigint; egress: bigint }

/** What an account's apps used in each of these hours, `[fromHour, untilHour)`, in billing's meters. */
export const usageHours = async (
  sql: Sql,
  accountId: bigint,
  fromHour: number,
  untilHour: number,
): Promise<UsageHour[]> => {
  const rows = await sql<Row[]>`
    select app, hour, cpu_us as cpu, memory_mib_s as memory, disk_mib_s + volumes_mib_s + logs_mib_s as disk,
      tx_bytes as egress
    from account_hour where account_id = ${accountId} and hour >= ${fromHour} and hour < ${untilHour}
    order by hour, app`
  return rows.map(({ app, hour, ...used }) => ({ app, hour, used }))
}
