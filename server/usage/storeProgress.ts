import type { Sql, Tx } from '#db/client.ts'
import { MINUTES_PER_HOUR } from '../time.ts'
import { rowsOf, type Prepared, type Progress } from './prepared.ts'

/** A row of `host_progress` as the store answers it. */
export type ProgressRow = { hostId: number; contiguousSeq: bigint; maxSeq: bigint; commandsPending: boolean }

/** Whether commands wait for the host of `p`, a row of host_progress. */
export const commandsPending = (sql: Sql) =>
  sql`exists (select 1 from command c where c.host_id = p.host_id and c.state = 'pending') as commands_pending`

export const progressFrom = (row: ProgressRow): Progress => ({
  contiguousSeq: Number(row.contiguousSeq),
  maxSeq: Number(row.maxSeq),
  commandsPending: row.commandsPending,
})

/** Stores hosts' own readings, boots and due hours, and how far each host's reports have come. */
export const storeProgress = async (tx: Tx, group: readonly Prepared[]): Promise<Map<number, Progress>> => {
  const hostMinutes = group.flatMap(({ identity, report, minutes }) =>
    report.minutes.flatMap((block, i) =>
      block.host ? [{ ...block.host, ...block.host.pressure, hostId: identity.hostId, minute: minutes[i] }] : [],
    ),
  )
  const progress = progressOf(group)
  const latestMinutes = [...new Map(hostMinutes.map((row) => [`${row.hostId}:${row.minute}`, row])).values()]
  const rows = await tx<ProgressRow[]>`
    with reading as (
      insert into host_minute (host_id, minute, cpu_us, memory_used_mib, load1_centi, rx_bytes, tx_bytes,
        cpu_pressure_centi, memory_pressure_centi, io_pressure_centi, file_systems)
      select * from json_to_recordset(${rowsOf(latestMinutes)}::text::json) as x("hostId" int, minute int, "cpuUs" bigint,
        "memoryUsedMib" int, "load1Centi" int, "rxBytes" bigint, "txBytes" bigint, "cpuCenti" int, "memoryCenti" int,
        "ioCenti" int, "fileSystems" jsonb)
      on conflict (host_id, minute) do update set cpu_us = excluded.cpu_us, memory_used_mib = excluded.memory_used_mib,
        load1_centi = excluded.load1_centi, rx_bytes = excluded.rx_bytes, tx_bytes = excluded.tx_bytes,
        file_systems = excluded.file_systems
    ), boot as (
      insert into host_boot (host_id, boot_id, anchor_ms, source)
      select * from json_to_recordset(${rowsOf(bootsOf(group))}::text::json)
        as x("hostId" int, "bootId" text, "anchorMs" bigint, source text)
      on conflict (host_id, boot_id) do nothing
    ), due as (
      insert into hour_due (host_id, hour)
      select * from json_to_recordset(${rowsOf(hoursOf(group))}::text::json) as x("hostId" int, hour int)
    )
    update host_progress p set
      last_report_at = greatest(p.last_report_at, to_timestamp(x."receivedAtMs" / 1000.0)),
      last_minute = greatest(p.last_minute, x."lastMinute"),
      boot_id = case when x."maxSeq" > p.max_seq then x."bootId" else p.boot_id end,
      skew_ms = case when x."maxSeq" > p.max_seq then x."skewMs" else p.skew_ms end,
      complete = case when x."maxSeq" > p.max_seq then x.complete else p.complete end,
      failures = case when x."maxSeq" > p.max_seq then array(select json_array_elements_text(x.failures))
        else p.failures end,
      contiguous_seq = case when p.max_seq = p.contiguous_seq and x."runFrom" = p.max_seq + 1
        then x."maxSeq" else p.contiguous_seq end,
      max_seq = greatest(p.max_seq, x."maxSeq")
    from json_to_recordset(${rowsOf(progress)}::text::json) as x("hostId" int, "runFrom" bigint, "maxSeq" bigint,
      "receivedAtMs" float8, "lastMinute" int, "bootId" text, "skewMs" bigint, complete bool, failures json)
    where p.host_id = x."hostId"
    returning p.host_id, p.contiguous_seq, p.max_seq, ${commandsPending(tx)}`
  if (rows.length < progress.length) {
    await tx`insert into host_progress (host_id)
      select * from unnest(${progress.map((p) => p.hostId)}::int[]) on conflict do nothing`
    return storeProgress(tx, group)
  }
  const known = new Map<number, Progress>()
  for (const row of rows) known.set(row.hostId, progressFrom(row))
  return advanceContiguous(tx, known)
}

/** Moves `contiguous_seq` up to the last number before the first gap. */
const advanceContiguous = async (tx: Tx, known: Map<number, Progress>) => {
  const behind = [...known].filter(([, p]) => p.contiguousSeq < p.maxSeq).map(([hostId]) => hostId)
  if (behind.length === 0) return known
  const rows = await tx<ProgressRow[]>`
    update host_progress p set contiguous_seq = coalesce((
      select k.seq from report_key k
      where k.host_id = p.host_id and k.seq > p.contiguous_seq and not exists (
        select 1 from report_key n where n.host_id = k.host_id and n.seq = k.seq + 1)
        and exists (select 1 from report_key f where f.host_id = p.host_id and f.seq = p.contiguous_seq + 1)
      order by k.seq limit 1), p.contiguous_seq)
    where p.host_id = any(${behind}::int[])
    returning p.host_id, p.contiguous_seq, p.max_seq, ${commandsPending(tx)}`
  for (const row of rows) known.set(row.hostId, progressFrom(row))
  return known
}

const bootsOf = (group: readonly Prepared[]) => [
  ...new Map(
    group.map(({ identity, report, anchor }) => [
      `${identity.hostId}:${report.bootId}`,
      { hostId: identity.hostId, bootId: report.bootId, anchorMs: Math.round(anchor.anchorMs), source: anchor.source },
    ]),
  ).values(),
]

const hoursOf = (group: readonly Prepared[]) => {
  const hours = new Map<string, { hostId: number; hour: number }>()
  for (const { identity, minutes } of group) {
    for (const minute of minutes) {
      const hour = Math.floor(minute / MINUTES_PER_HOUR)
      hours.set(`${identity.hostId}:${hour}`, { hostId: identity.hostId, hour })
    }
  }
  return [...hours.values()]
}

const progressOf = (group: readonly Prepared[]) => {
  const hosts = new Map<number, Prepared[]>()
  for (const p of group) hosts.set(p.identity.hostId, [...(hosts.get(p.identity.hostId) ?? []), p])
  return [...hosts].map(([hostId, reports]) => {
    const newest = reports.reduce((a, b) => (b.identity.seq > a.identity.seq ? b : a))
    const least = Math.min(...reports.map((r) => r.identity.seq))
    const isRun = newest.identity.seq - least + 1 === reports.length
    return {
      hostId,
      runFrom: isRun ? least : 0,
      maxSeq: newest.identity.seq,
      receivedAtMs: newest.receivedAtMs,
      lastMinute: reports.reduce((last, r) => r.minutes.reduce((a, b) => Math.max(a, b), last), 0) || null,
      bootId: newest.report.bootId,
      skewMs: Math.round(newest.anchor.skewMs),
      complete: newest.report.complete,
      failures: newest.report.failures,
    }
  })
}
