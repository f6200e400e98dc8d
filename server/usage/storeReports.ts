import type { Pool, Tx } from '#db/client.ts'
import type { EpochState } from '#agents/protocol.ts'
import { addJob } from '../jobs.ts'
import { attributeEpochs } from './attribute.ts'
import { bodyPayload, MinuteRows } from './copyRows.ts'
import { rowsOf, type LabelNames, type Placed, type Prepared, type Progress } from './prepared.ts'
import { storeProgress } from './storeProgress.ts'

const copyIn = async (tx: Tx, target: 'minutes' | 'bodies', payload: Buffer) => {
  const query =
    target === 'minutes'
      ? tx`copy usage_minute from stdin (format binary)`
      : tx`copy report_body (host_id, key_id, seq, received_at, sent_ms, mono_ms, boot_id, signature, body)
           from stdin (format binary)`
  const stream = await query.writable()
  await new Promise<void>((resolve, reject) => {
    // Once all bytes are sent the client no longer tells the stream of an error (a collision, a lost connection), only
    // the query, which it has resolved by then: without this the transaction would never end.
    Object.assign(query, { reject })
    stream.on('error', reject)
    stream.end(payload, resolve)
  })
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
  for (const { identity, placed } of group) {
    for (const { minute, rows } of placed) for (const row of rows) minutes.add(identity.hostId, minute, row)
  }
  // Sent at once, done in this order.
  await Promise.all([
    lockHosts(tx, group),
    tx`insert into report_key (host_id, seq, digest)
      select x.h, x.s, decode(x.d, 'hex') from json_to_recordset(${rowsOf(
        group.map(({ identity }) => ({ h: identity.hostId, s: identity.seq, d: identity.digest })),
      )}::text::json) as x(h int, s bigint, d text)`,
  ])
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
  const { identity, placed } = prepared
  await lockHosts(tx, [prepared])
  const [added] = await tx`insert into report_key (host_id, seq, digest)
    values (${identity.hostId}, ${identity.seq}, decode(${identity.digest}, 'hex')) on conflict do nothing returning 1`
  if (!added) return undefined
  const cells = greatestByMinute(placed)
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

/** One row an epoch and minute, `[minute, epoch, ...totals]`, with the greatest of each total: a statement may touch a row only once. */
export const greatestByMinute = (placed: readonly Placed[]): number[][] => {
  const kept = new Map<string, number[]>()
  for (const { minute, rows } of placed) {
    for (const row of rows) {
      const key = `${row[0]}:${minute}`
      const other = kept.get(key)
      const cells = [minute, ...row]
      kept.set(key, other ? cells.map((v, i) => Math.max(v, other[i] ?? 0)) : cells)
    }
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

/** Asks for the roll of due hours a second from now; asked again meanwhile it stays one job. */
export const askForRoll = (sql: Pool | Tx, nowMs: number) =>
  addJob(sql, 'usage.roll', {}, { key: 'usage.roll', runAt: new Date(nowMs + 1_000), maxAttempts: 5 })
