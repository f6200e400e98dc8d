import type { Pool, Sql, Tx } from '#db/client.ts'
import type { EpochState, Report, RequestIdentity, SampleRow } from '#agents/protocol.ts'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { addJob } from '../jobs.ts'
import { MINUTES_PER_HOUR } from '../time.ts'
import type { Anchor } from './anchor.ts'
import { attributeEpochs } from './attribute.ts'
import { bodyPayload, MinuteRows } from './copyRows.ts'

/** A row that was left out, and why. */
export type LeftOut = { path: string; reason: string; row: SampleRow }
/** A row with the minute it belongs to. */
export type Placed = { minute: number; row: SampleRow }

/** A report that was verified, decoded, placed in time and checked: ready to be stored. */
export type Prepared = {
  identity: RequestIdentity
  report: Report
  anchor: Anchor
  /** The minutes of its blocks, in their order. */
  minutes: number[]
  rows: Placed[]
  /** Whether a row is for a minute that is not after the newest known: it may meet a stored one. */
  overlaps: boolean
  leftOut: LeftOut[]
  signature: Buffer
  body: Buffer
  receivedAtMs: number
}

/** What the store knows of a host after a commit. */
export type Progress = { contiguousSeq: number; maxSeq: number; commandsPending: boolean }

export type LabelNames = { labelAccount: string; labelApp: string }

/** A text parameter that PostgreSQL reads as rows: `json_to_recordset(${rowsOf(list)}::text::json)`. */
const rowsOf = (rows: readonly object[]) => JSON.stringify(rows)

const copyIn = async (tx: Tx, target: 'minutes' | 'bodies', payload: Buffer) => {
  const query =
    target === 'minutes'
      ? tx`copy usage_minute from stdin (format binary)`
      : tx`copy report_body (host_id, key_id, seq, received_at, sent_ms, mono_ms, boot_id, signature, body)
           from stdin (format binary)`
  const stream = await query.writable()
  // Once all bytes are sent the client no longer tells the stream of an error (a collision, a lost connection), only the
  // query, which it has resolved by then: without this the transaction would never end.
  const failed = new Promise<never>((_, reject) => Object.assign(query, { reject }))
  await Promise.race([pipeline(Readable.from([payload]), stream), failed])
}

/**
 * Of several processes that are given reports of one host, one stores at a time: they touch the same epochs, each in
 * another order.
 */
const lockHosts = (tx: Tx, group: readonly Prepared[]) => tx`select from host_progress
  where host_id = any(${[...new Set(group.map(({ identity }) => identity.hostId))]}::int[]) order by host_id for update`

/**
 * Stores new reports together with bulk loads. Throws a unique violation (23505) where one of them,
 * or one of their rows, is known already: then nothing of the group is stored.
 */
export const storeNew = async (tx: Tx, group: readonly Prepared[], labels: LabelNames) => {
  const minutes = new MinuteRows()
  for (const { identity, rows } of group) for (const { minute, row } of rows) minutes.add(identity.hostId, minute, row)
  await lockHosts(tx, group)
  await tx`insert into report_key (host_id, seq, digest)
    select x.h, x.s, decode(x.d, 'hex') from json_to_recordset(${rowsOf(
      group.map(({ identity }) => ({ h: identity.hostId, s: identity.seq, d: identity.digest })),
    )}::text::json) as x(h int, s bigint, d text)`
  if (minutes.count > 0) await copyIn(tx, 'minutes', minutes.payload())
  minutes.release()
  return storeRest(tx, group, labels)
}

/** Stores one report, keeping the greatest of every total it meets. False where it is known already. */
export const storeMerging = async (
  tx: Tx,
  prepared: Prepared,
  labels: LabelNames,
): Promise<Map<number, Progress> | undefined> => {
  const { identity, rows } = prepared
  await lockHosts(tx, [prepared])
  const [added] = await tx`insert into report_key (host_id, seq, digest)
    values (${identity.hostId}, ${identity.seq}, decode(${identity.digest}, 'hex')) on conflict do nothing returning 1`
  if (!added) return undefined
  const cells = greatestByMinute(rows).map(({ minute, row }) => [minute, ...row])
  await tx`insert into usage_minute as m
    select ${identity.hostId}::int, (c ->> 0)::int, (c ->> 1)::bigint, (c ->> 2)::bigint, (c ->> 3)::bigint, (c ->> 4)::bigint,
      (c ->> 5)::bigint, (c ->> 6)::bigint, (c ->> 7)::bigint, (c ->> 8)::bigint, (c ->> 9)::bigint, (c ->> 10)::bigint, (c ->> 11)::bigint
    from json_array_elements(${JSON.stringify(cells)}::text::json) c
    on conflict (host_id, epoch, minute) do update set
      cpu_us = greatest(m.cpu_us, excluded.cpu_us), throttled_us = greatest(m.throttled_us, excluded.throttled_us),
      memory_mib_s = greatest(m.memory_mib_s, excluded.memory_mib_s), disk_mib_s = greatest(m.disk_mib_s, excluded.disk_mib_s),
      volumes_mib_s = greatest(m.volumes_mib_s, excluded.volumes_mib_s), logs_mib_s = greatest(m.logs_mib_s, excluded.logs_mib_s),
      rx_bytes = greatest(m.rx_bytes, excluded.rx_bytes), tx_bytes = greatest(m.tx_bytes, excluded.tx_bytes),
      block_read_bytes = greatest(m.block_read_bytes, excluded.block_read_bytes),
      block_write_bytes = greatest(m.block_write_bytes, excluded.block_write_bytes)`
  return storeRest(tx, [prepared], labels)
}

/** One row an epoch and minute, with the greatest of each total: a statement may touch a row only once. */
export const greatestByMinute = (rows: readonly Placed[]): Placed[] => {
  const kept = new Map<string, Placed>()
  for (const { minute, row } of rows) {
    const key = `${row[0]}:${minute}`
    const other = kept.get(key)
    kept.set(key, { minute, row: other ? row.map((v, i) => Math.max(v, other.row[i] ?? 0)) : row })
  }
  return [...kept.values()]
}

const storeRest = async (tx: Tx, group: readonly Prepared[], labels: LabelNames): Promise<Map<number, Progress>> => {
  await copyIn(tx, 'bodies', bodyPayload(group.map((p) => ({ ...p.identity, ...p, sentMs: p.identity.timeMs }))))
  await storeDeclarations(tx, group, labels)
  await storeChanges(tx, group)
  return storeProgress(tx, group)
}

const storeDeclarations = async (tx: Tx, group: readonly Prepared[], labels: LabelNames) => {
  const rows = group.flatMap(({ identity, report, anchor, receivedAtMs }) =>
    report.epochs.map((e) => ({
      ...e,
      hostId: identity.hostId,
      openedAtMs: Math.min(receivedAtMs, anchor.anchorMs + e.openedMonoMs),
    })),
  )
  if (rows.length === 0) return
  const latest = [...new Map(rows.map((row) => [`${row.hostId}:${row.epoch}`, row])).values()]
  const stored = await tx<{ hostId: number; epoch: bigint; isNew: boolean }[]>`
    insert into epoch (host_id, epoch, kind, boot_id, object_id, started_at, segment, opened_at, witnessed,
      container_id, name, image, image_id, labels, limits)
    select x."hostId", x.epoch, x.kind, x."bootId", x."objectId", x."startedAt", x.segment,
      to_timestamp(x."openedAtMs" / 1000.0), x.witnessed, coalesce(x."containerId", case x.kind when 'container' then x."objectId" end), x.name, x.image, x."imageId", x.labels, x.limits
    from json_to_recordset(${rowsOf(latest)}::text::json) as x("hostId" int, epoch bigint, kind text, "bootId" text,
      "objectId" text, "startedAt" text, segment bigint, "openedAtMs" float8, witnessed bool, "containerId" text,
      name text, image text, "imageId" text, labels jsonb, limits jsonb)
    order by x."hostId", x.epoch
    on conflict (host_id, epoch) do update set name = excluded.name, limits = excluded.limits, declared_at = now()
    returning host_id, epoch, xmax = 0 as is_new`
  const fresh = stored.filter((row) => row.isNew).map((row) => ({ hostId: row.hostId, epoch: Number(row.epoch) }))
  if (fresh.length > 0) await attributeEpochs(tx, labels, fresh)
}

const storeChanges = async (tx: Tx, group: readonly Prepared[]) => {
  // Nothing has happened that is yet to come, whatever the agent's clock says.
  const at = ({ identity, anchor, receivedAtMs }: Prepared, monoMs: number) => ({
    hostId: identity.hostId,
    atMs: Math.min(receivedAtMs, anchor.anchorMs + monoMs),
  })
  const sizes = group.flatMap((p) =>
    p.report.objects.map((o) => ({ ...at(p, o.monoMs), epoch: o.epoch, bytes: o.bytes })),
  )
  if (sizes.length > 0) {
    await tx`update epoch e set size_bytes = x.bytes, size_at = to_timestamp(x."atMs" / 1000.0)
      from (select distinct on ("hostId", epoch) * from json_to_recordset(${rowsOf(sizes)}::text::json)
        as r("hostId" int, epoch bigint, bytes bigint, "atMs" float8) order by "hostId", epoch, "atMs" desc) x
      where e.host_id = x."hostId" and e.epoch = x.epoch
        and (e.size_at is null or e.size_at < to_timestamp(x."atMs" / 1000.0))`
  }
  const changes = new Map<string, { hostId: number; epoch: number; state: EpochState; endedAtMs?: number }>()
  for (const p of group) {
    for (const event of p.report.events) {
      const { hostId, atMs } = at(p, event.monoMs)
      const key = `${hostId}:${event.epoch}`
      const change = changes.get(key) ?? { hostId, epoch: event.epoch, state: {} }
      Object.assign(change.state, event.state)
      if (event.kind === 'die') change.endedAtMs = atMs
      changes.set(key, change)
    }
  }
  if (changes.size > 0) {
    await tx`update epoch e set state = e.state || x.state,
        ended_at = coalesce(to_timestamp(x."endedAtMs" / 1000.0), e.ended_at)
      from json_to_recordset(${rowsOf([...changes.values()])}::text::json)
        as x("hostId" int, epoch bigint, state jsonb, "endedAtMs" float8)
      where e.host_id = x."hostId" and e.epoch = x.epoch`
  }
  for (const p of group) {
    const { facts, agent } = p.report
    if (facts) {
      await tx`update host set facts = ${JSON.stringify(facts)}::text::jsonb, agent_version = ${agent}
        where id = ${p.identity.hostId} and (facts is distinct from ${JSON.stringify(facts)}::text::jsonb
          or agent_version is distinct from ${agent})`
    }
  }
  const left = group.flatMap((p) =>
    p.leftOut.map((l) => ({ ...l, hostId: p.identity.hostId, seq: p.identity.seq, epoch: l.row[0] ?? 0 })),
  )
  if (left.length > 0) {
    await tx`insert into quarantine (host_id, seq, kind, path, reason, epoch, content)
      select x."hostId", x.seq, 'row', x.path, x.reason, x.epoch, x."row"
      from json_to_recordset(${rowsOf(left)}::text::json)
        as x("hostId" int, seq bigint, path text, reason text, epoch bigint, "row" jsonb)
      on conflict (host_id, seq, path) do nothing`
  }
}

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

const storeProgress = async (tx: Tx, group: readonly Prepared[]): Promise<Map<number, Progress>> => {
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

/** Asks for the roll of due hours a second from now; asked again meanwhile it stays one job. */
export const askForRoll = (sql: Pool | Tx, nowMs: number) =>
  addJob(sql, 'usage.roll', {}, { key: 'usage.roll', runAt: new Date(nowMs + 1_000), maxAttempts: 5 })
