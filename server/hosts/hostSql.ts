import type { FileSystemReading, HostFacts } from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import { cpuPercentOf, endOfMinute, perSecond, stateOf } from './readings.ts'
import type { HostState, Reading } from './readings.ts'
import type { ClusterKind } from './sql.ts'
import type { Grid } from './series.ts'

/** Further back than this a reading is no present one. */
const RECENT_MINUTES = 6

export type HostView = {
  id: number
  name: string
  state: HostState
  cluster: string
  clusterKind: ClusterKind
  simulated: boolean
  agentVersion: string | null
  enrolledAt: Date
  revokedAt: Date | null
  cores: number | null
  memoryTotalMib: number | null
  engine: HostFacts['engine'] | null
  lastReportAt: Date | null
  /** Share of all cores over the last minute; null without two recent readings. */
  cpuPercent: number | null
  memoryUsedMib: number | null
  memoryPercent: number | null
  load1: number | null
  skewMs: number
  complete: boolean
  failures: string[]
  contiguousSeq: number
  maxSeq: number
}

type Row = Omit<
  HostView,
  'state' | 'cpuPercent' | 'memoryPercent' | 'load1' | 'skewMs' | 'contiguousSeq' | 'maxSeq'
> & {
  skewMs: bigint | null
  contiguousSeq: bigint | null
  maxSeq: bigint | null
  minute: number | null
  cpuUs: bigint | null
  load1Centi: number | null
  minuteBefore: number | null
  cpuUsBefore: bigint | null
}

const asView = (row: Row, now: Date): HostView => {
  const point = (at: number | null, total: bigint | null) =>
    at === null || total === null ? undefined : { endMs: endOfMinute(at), total: Number(total) }
  const state = stateOf(row, now)
  // What a silent host last read says nothing of now.
  const current = state === 'reporting'
  const busy = perSecond(point(row.minute, row.cpuUs), point(row.minuteBefore, row.cpuUsBefore))
  const used = current ? row.memoryUsedMib : null
  // Field by field: to spread a row of so many takes ten times as long, and a fleet has a thousand.
  return {
    id: row.id,
    name: row.name,
    state,
    cluster: row.cluster,
    clusterKind: row.clusterKind,
    simulated: row.simulated,
    agentVersion: row.agentVersion,
    enrolledAt: row.enrolledAt,
    revokedAt: row.revokedAt,
    cores: row.cores,
    memoryTotalMib: row.memoryTotalMib,
    engine: row.engine,
    lastReportAt: row.lastReportAt,
    cpuPercent: current ? cpuPercentOf(busy, row.cores) : null,
    memoryUsedMib: used,
    memoryPercent: used === null || !row.memoryTotalMib ? null : (used / row.memoryTotalMib) * 100,
    load1: current && row.load1Centi !== null ? row.load1Centi / 100 : null,
    skewMs: Number(row.skewMs ?? 0),
    complete: row.complete ?? true,
    failures: row.failures ?? [],
    contiguousSeq: Number(row.contiguousSeq ?? 0),
    maxSeq: Number(row.maxSeq ?? 0),
  }
}

export type HostFilter = { id?: number; cluster?: string; text?: string; withRevoked?: boolean }

/** Hosts with their present readings. Two index look-ups a host: 1,000 hosts are a few milliseconds. */
export const readHosts = async (sql: Sql, now: Date, filter: HostFilter = {}): Promise<HostView[]> => {
  const { id = null, cluster = null, text = null, withRevoked = false } = filter
  const like = text === null ? null : `%${text.replace(/[\\%_]/g, '\\$&')}%`
  const rows = await sql<Row[]>`
    select h.id, h.name, c.name as cluster, c.kind as cluster_kind, h.simulated, h.agent_version, h.enrolled_at,
      h.revoked_at, (h.facts ->> 'cores')::int as cores, (h.facts ->> 'memoryTotalMib')::int as memory_total_mib,
      h.facts ->> 'engine' as engine, p.last_report_at, p.skew_ms, p.complete, p.failures, p.contiguous_seq, p.max_seq,
      a.minute, a.cpu_us, a.memory_used_mib, a.load1_centi, b.minute as minute_before, b.cpu_us as cpu_us_before
    from host h join cluster c on c.id = h.cluster_id left join host_progress p on p.host_id = h.id
      left join lateral (select minute, cpu_us, memory_used_mib, load1_centi from host_minute m
        where m.host_id = h.id and m.minute <= p.last_minute and m.minute > p.last_minute - ${RECENT_MINUTES}::int
        order by m.minute desc limit 1) a on true
      left join lateral (select minute, cpu_us from host_minute m
        where m.host_id = h.id and m.minute < a.minute and m.minute > a.minute - ${RECENT_MINUTES}::int
        order by m.minute desc limit 1) b on true
    where (${id}::int is null or h.id = ${id}) and (${cluster}::text is null or c.name = ${cluster})
      and (${like}::text is null or h.name ilike ${like}) and (${withRevoked} or h.revoked_at is null)
    order by h.name`
  return rows.map((row) => asView(row, now))
}

/** How many containers run on each of the hosts. */
export const countContainers = async (sql: Sql, hostIds: readonly number[]): Promise<Map<number, number>> => {
  const rows = await sql<{ hostId: number; n: number }[]>`select host_id, count(*)::int as n from epoch
    where host_id = any(${[...hostIds]}::int[]) and ended_at is null and kind = 'container' group by 1`
  return new Map(rows.map(({ hostId, n }) => [hostId, n]))
}

export type HostReadingRow = Reading<'cpuUs' | 'rxBytes' | 'txBytes'> & {
  memoryUsedMib: number
  load1: number
  cpuPressure: number | null
  memoryPressure: number | null
  ioPressure: number | null
  fileSystems: FileSystemReading[]
}

type MinuteRow = {
  minute: number
  cpuUs: bigint
  rxBytes: bigint
  txBytes: bigint
  memoryUsedMib: number
  load1Centi: number
  cpuPressureCenti: number | null
  memoryPressureCenti: number | null
  ioPressureCenti: number | null
  fileSystems: FileSystemReading[]
}

const share = (centi: number | null) => (centi === null ? null : centi / 100)

/** A host's last reading of each step of the grid and of the step before it. */
export const readHostMinutes = async (sql: Sql, hostId: number, grid: Grid): Promise<HostReadingRow[]> => {
  const { fromMinute, untilMinute, stepMinutes } = grid
  const rows = await sql<MinuteRow[]>`
    select distinct on (step) * from (
      select minute / ${stepMinutes}::int as step, minute, cpu_us, rx_bytes, tx_bytes, memory_used_mib, load1_centi,
        cpu_pressure_centi, memory_pressure_centi, io_pressure_centi, file_systems
      from host_minute where host_id = ${hostId} and minute >= ${fromMinute - stepMinutes} and minute < ${untilMinute}) m
    order by step, minute desc`
  return rows.map((row) => ({
    endMs: endOfMinute(row.minute),
    cpuUs: Number(row.cpuUs),
    rxBytes: Number(row.rxBytes),
    txBytes: Number(row.txBytes),
    memoryUsedMib: row.memoryUsedMib,
    load1: row.load1Centi / 100,
    cpuPressure: share(row.cpuPressureCenti),
    memoryPressure: share(row.memoryPressureCenti),
    ioPressure: share(row.ioPressureCenti),
    fileSystems: row.fileSystems,
  }))
}

/** Facts as last reported, boots seen, and what of its reports is missing. */
export const readHostDetail = async (sql: Sql, hostId: number) => {
  const [row] = await sql<{ facts: HostFacts | null; bootId: string | null; lastMinute: number | null }[]>`
    select h.facts, p.boot_id, p.last_minute from host h left join host_progress p on p.host_id = h.id
    where h.id = ${hostId}`
  const boots = await sql<{ bootId: string; bootedAtMs: number; source: 'server' | 'agent' }[]>`
    select boot_id, anchor_ms::float8 as booted_at_ms, source from host_boot where host_id = ${hostId}
    order by anchor_ms desc limit 5`
  const [fs] = await sql<{ fileSystems: FileSystemReading[] }[]>`select file_systems from host_minute
    where host_id = ${hostId} and minute <= ${row?.lastMinute ?? 0} and minute > ${(row?.lastMinute ?? 0) - RECENT_MINUTES}
    order by minute desc limit 1`
  return {
    facts: row?.facts ?? null,
    bootId: row?.bootId ?? null,
    boots: [...boots],
    fileSystems: fs?.fileSystems ?? [],
  }
}

export type Pending = { hostId: number; name: string; missing: number; sinceAt: Date }

/**
 * Hosts whose reports have a hole: newer ones came, older ones are awaited. `sinceAt` is when the last report before
 * the hole came; what was used since is pending.
 */
export const readPending = async (sql: Sql, hostId: number | null = null): Promise<Pending[]> =>
  await sql<Pending[]>`
    select h.id as host_id, h.name,
      (p.max_seq - p.contiguous_seq - (select count(*) from report_key k
        where k.host_id = h.id and k.seq > p.contiguous_seq and k.seq <= p.max_seq))::int as missing,
      coalesce((select max(b.received_at) from report_body b where b.host_id = h.id and b.seq = p.contiguous_seq),
        h.enrolled_at) as since_at
    from host h join host_progress p on p.host_id = h.id
    where p.max_seq > p.contiguous_seq and h.revoked_at is null and (${hostId}::int is null or h.id = ${hostId})
    order by since_at limit 200`
