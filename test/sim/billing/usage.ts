import type { Pool } from '#db/client.ts'
import { METERS, type Amounts } from '../../billing/naive.ts'
import type { Customer } from './script.ts'
import type { Stage } from './stage.ts'

const HOUR = 3_600_000
type Change = { atMs: number; account: bigint; app: string; hour: number; used: Amounts }

const minus = (a: Amounts, b: Amounts | undefined): Amounts =>
  Object.fromEntries(METERS.map((meter) => [meter, a[meter] - (b?.[meter] ?? 0n)])) as Amounts

/** What changes in the hours of accounts, and when: as their containers are heard of, and as some turn out to be another's. */
export const changesOf = (customers: readonly Customer[], stage: Stage): Change[] =>
  customers
    .filter(({ reports }) => !reports)
    .flatMap(({ name, lives }) =>
      lives.flatMap(({ readings, owned, takenBackMs }) => {
        const account = stage.accounts.get(name)!
        return readings.flatMap(({ atMs, totals, knownMs }, i): Change[] => {
          const used = minus(totals, readings[i - 1]?.totals)
          const change = { account, app: owned[0]!.app, hour: atMs / HOUR - 1 }
          return [
            { ...change, atMs: knownMs, used },
            ...(typeof takenBackMs === 'number'
              ? [{ ...change, atMs: takenBackMs, used: minus({ cpu: 0n, memory: 0n, disk: 0n, egress: 0n }, used) }]
              : []),
          ]
        })
      }),
    )
    .toSorted((a, b) => a.atMs - b.atMs)

/** Writes changes as rolling does: added to the account's hours. */
export const writeChanges = async (sql: Pool, changes: readonly Change[]): Promise<void> => {
  if (changes.length === 0) return
  const rows = changes.map(({ account, app, hour, used }) => ({
    a: String(account),
    app,
    h: hour,
    c: String(used.cpu),
    m: String(used.memory),
    // A disk is layers, volumes and logs.
    l: String(used.disk / 3n),
    v: String(used.disk - used.disk / 3n - used.disk / 7n),
    g: String(used.disk / 7n),
    t: String(used.egress),
  }))
  await sql`insert into account_hour as a (account_id, hour, app, containers, cpu_us, throttled_us, memory_mib_s, disk_mib_s,
      volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
    select a, h, app, 1, sum(c), 0, sum(m), sum(l), sum(v), sum(g), 0, sum(t), 0, 0
    from json_to_recordset(${JSON.stringify(rows)}::text::json) as x (a bigint, app text, h int, c bigint, m bigint,
      l bigint, v bigint, g bigint, t bigint)
    group by a, h, app
    on conflict (account_id, hour, app) do update set cpu_us = a.cpu_us + excluded.cpu_us,
      memory_mib_s = a.memory_mib_s + excluded.memory_mib_s, disk_mib_s = a.disk_mib_s + excluded.disk_mib_s,
      volumes_mib_s = a.volumes_mib_s + excluded.volumes_mib_s, logs_mib_s = a.logs_mib_s + excluded.logs_mib_s,
      tx_bytes = a.tx_bytes + excluded.tx_bytes`
}
