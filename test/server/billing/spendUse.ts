import type { Sql } from '#db/client.ts'
import { hourOf } from '#server/time.ts'
import { addCluster, addEpoch, addHost } from '../usage/place.ts'

/** What a container uses an hour. */
export type Rate = { cpuUs?: bigint; memoryMibS?: bigint; diskMibS?: bigint; txBytes?: bigint }

/** Hosts with containers that use as much as a test says, as rolling would have left it. */
export const spendPlace = async (sql: Sql) => {
  const hostId = await addHost(sql, await addCluster(sql, 'spending'), 'spend-1')
  /** A container that runs from a time on; its app is known by its label. */
  const container = async (accountId: bigint, app: string, name: string, openedAt: Date): Promise<number> => {
    const epoch = await addEpoch(sql, hostId, name, { openedAt })
    await sql`insert into attribution (host_id, epoch, from_hour, account_id, app, source)
      values (${hostId}, ${epoch}, ${hourOf(openedAt)}, ${accountId}, ${app}, 'label')`
    await sql`insert into app (account_id, name, first_seen_at) values (${accountId}, ${app}, ${openedAt})
      on conflict do nothing`
    return epoch
  }
  /** The container uses that much in each hour of a window. */
  const use = async (accountId: bigint, app: string, epoch: number, window: readonly [Date, Date], rate: Rate) => {
    const { cpuUs = 0n, memoryMibS = 0n, diskMibS = 0n, txBytes = 0n } = rate
    const [from, until] = [hourOf(window[0]), hourOf(window[1])]
    const row = sql`${cpuUs}, 0, ${memoryMibS}, ${diskMibS}, 0, 0, 0, ${txBytes}, 0, 0`
    const meters = sql`cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes,
      block_read_bytes, block_write_bytes`
    await sql`insert into usage_hour (host_id, epoch, hour, ${meters})
      select ${hostId}::int, ${epoch}::bigint, h, ${row} from generate_series(${from}::int, ${until - 1}::int) h`
    await sql`insert into account_hour as a (account_id, app, hour, containers, ${meters})
      select ${accountId}::bigint, ${app}, h, 1, ${row} from generate_series(${from}::int, ${until - 1}::int) h
      on conflict (account_id, hour, app) do update set containers = a.containers + 1, cpu_us = a.cpu_us + excluded.cpu_us,
        memory_mib_s = a.memory_mib_s + excluded.memory_mib_s, disk_mib_s = a.disk_mib_s + excluded.disk_mib_s,
        tx_bytes = a.tx_bytes + excluded.tx_bytes`
  }
  const end = (epoch: number, at: Date) => sql`update epoch set ended_at = ${at} where epoch = ${epoch}`
  return { hostId, container, use, end }
}

/** A core and two GiB for an hour: 0.0180 + 0.0084 on the plan Cloud. */
export const CORE_HOUR: Rate = { cpuUs: 3_600_000_000n, memoryMibS: 2n * 3_686_400n }
