import { METERS } from '#agents/protocol.ts'
import type { EpochKind, EpochState, Meter } from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import { FOREVER_HOUR } from '../time.ts'
import { endOfMinute, perSecond } from './readings.ts'
import type { Reading } from './readings.ts'
import type { Grid } from './series.ts'

// These read the usage domain's rows: an operator looks at a host and its containers on one page.

const RECENT_MINUTES = 6

export type ContainerView = {
  hostId: number
  host: string
  epoch: number
  containerId: string
  name: string
  image: string
  account: string | null
  app: string | null
  protected: boolean
  openedAt: Date
  endedAt: Date | null
  state: EpochState
  limits: { memoryMib?: number; cpuMilli?: number; pids?: number } | null
  /** Cores in use and MiB held over the last minute; null without two recent readings. */
  cpuCores: number | null
  memoryMib: number | null
  throttledPercent: number | null
  rxBytesPerSecond: number | null
  txBytesPerSecond: number | null
  layerBytes: number | null
  volumesBytes: number | null
  logBytes: number | null
  lastMinuteAt: Date | null
}

type Totals = { minute: number | null } & Partial<Record<Meter, bigint>>
type Row = Omit<
  ContainerView,
  'epoch' | 'cpuCores' | 'memoryMib' | 'throttledPercent' | 'rxBytesPerSecond' | 'txBytesPerSecond' | 'lastMinuteAt'
> & { epoch: bigint; later: Record<string, number> | null; earlier: Record<string, number> | null }

const asView = ({ later, earlier, ...row }: Row): ContainerView => {
  const rate = (name: string) => {
    const point = (of: Record<string, number> | null) =>
      of ? { endMs: endOfMinute(of['minute'] ?? 0), total: of[name] ?? 0 } : undefined
    return perSecond(point(later), point(earlier))
  }
  const cpu = rate('cpu_us')
  const throttled = rate('throttled_us')
  return {
    ...row,
    epoch: Number(row.epoch),
    cpuCores: cpu === null ? null : cpu / 1e6,
    throttledPercent: throttled === null ? null : throttled / 1e4,
    memoryMib: rate('memory_mib_s'),
    rxBytesPerSecond: rate('rx_bytes'),
    txBytesPerSecond: rate('tx_bytes'),
    lastMinuteAt: later ? new Date(endOfMinute(later['minute'] ?? 0)) : null,
  }
}

export type ContainerFilter = {
  hostId?: number | undefined
  epoch?: number | undefined
  account?: string | undefined
  text?: string | undefined
  state?: 'running' | 'ended' | 'all' | undefined
  /** The last row of the page before. */
  after?: { hostId: number; epoch: number } | undefined
  limit: number
}

/** Containers with owner, present readings and present sizes, by host and epoch. */
export const readContainers = async (sql: Sql, filter: ContainerFilter): Promise<ContainerView[]> => {
  const { hostId = null, epoch = null, account = null, text = null, state = 'running', after, limit } = filter
  const like = text === null ? null : `%${text.replace(/[\\%_]/g, '\\$&')}%`
  const rows = await sql<Row[]>`
    with found as (
      select e.*, h.name as host, a.name as account, t.app, coalesce(p.protected_at is not null, false) as protected,
        g.last_minute as host_minute
      from epoch e join host h on h.id = e.host_id left join host_progress g on g.host_id = e.host_id
        left join attribution t on t.host_id = e.host_id and t.epoch = e.epoch and t.until_hour = ${FOREVER_HOUR}
        left join account a on a.id = t.account_id
        left join app p on p.account_id = t.account_id and p.name = t.app
      where e.kind = 'container'
        ${hostId === null ? sql`` : sql`and e.host_id = ${hostId}`}
        ${epoch === null ? sql`` : sql`and e.epoch = ${epoch}`}
        ${state === 'running' ? sql`and e.ended_at is null` : state === 'ended' ? sql`and e.ended_at is not null` : sql``}
        ${account === null ? sql`` : sql`and a.name = ${account}`}
        ${like === null ? sql`` : sql`and (e.name ilike ${like} or e.image ilike ${like} or e.object_id like ${`${text}%`})`}
        ${after ? sql`and (e.host_id, e.epoch) > (${after.hostId}, ${after.epoch})` : sql``}
      order by e.host_id, e.epoch limit ${limit})
    select f.host_id, f.host, f.epoch, f.object_id as container_id, f.name, f.image, f.account, f.app, f.protected,
      f.opened_at, f.ended_at, f.state, f.limits, to_jsonb(l) as later, to_jsonb(b) as earlier,
      s.layer_bytes, s.volumes_bytes, s.log_bytes
    from found f
      left join lateral (select minute, cpu_us, throttled_us, memory_mib_s, rx_bytes, tx_bytes from usage_minute u
        where u.host_id = f.host_id and u.epoch = f.epoch and u.minute <= f.host_minute
          and u.minute > f.host_minute - ${RECENT_MINUTES}::int order by u.minute desc limit 1) l on true
      left join lateral (select minute, cpu_us, throttled_us, memory_mib_s, rx_bytes, tx_bytes from usage_minute u
        where u.host_id = f.host_id and u.epoch = f.epoch and u.minute < l.minute
          and u.minute > l.minute - ${RECENT_MINUTES}::int order by u.minute desc limit 1) b on true
      left join lateral (select (sum(size_bytes) filter (where kind = 'layer'))::float8 as layer_bytes,
          (sum(size_bytes) filter (where kind = 'volume'))::float8 as volumes_bytes,
          (sum(size_bytes) filter (where kind = 'log'))::float8 as log_bytes
        from epoch o where o.host_id = f.host_id and o.container_id = f.object_id and o.kind <> 'container'
          and o.ended_at is null) s on true
    order by f.host_id, f.epoch`
  return rows.map(asView)
}

export type EpochRow = {
  epoch: number
  kind: EpochKind
  name: string
  objectId: string
  bootId: string
  startedAt: string
  segment: number
  witnessed: boolean
  imageId: string | null
  labels: Record<string, string>
  openedAt: Date
  endedAt: Date | null
  sizeBytes: number | null
  sizeAt: Date | null
}

/** Every epoch of a container on a host: its lives, its layer and log, and the volumes it mounted first. */
export const readEpochsOf = async (sql: Sql, hostId: number, containerId: string): Promise<EpochRow[]> => {
  const rows = await sql<(Omit<EpochRow, 'epoch' | 'segment'> & { epoch: bigint; segment: bigint })[]>`
    select epoch, kind, name, object_id, boot_id, started_at, segment, witnessed, image_id, labels, opened_at, ended_at,
      size_bytes::float8 as size_bytes, size_at
    from epoch where host_id = ${hostId} and (container_id = ${containerId} or object_id = ${containerId})
    order by opened_at desc, epoch limit 200`
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch), segment: Number(row.segment) }))
}

/** Whose an epoch was and is, oldest first, in half-open hours since 1970. */
export const readAttribution = async (sql: Sql, hostId: number, epoch: number) => [
  ...(await sql<{ fromHour: number; untilHour: number; account: string | null; app: string; source: string }[]>`
    select t.from_hour, t.until_hour, a.name as account, t.app, t.source
    from attribution t left join account a on a.id = t.account_id
    where t.host_id = ${hostId} and t.epoch = ${epoch} order by t.from_hour`),
]

/** The last totals of each step of the grid and of the step before it, an array an epoch. */
export const readTotals = async (
  sql: Sql,
  hostId: number,
  epochs: readonly number[],
  { fromMinute, untilMinute, stepMinutes }: Grid,
): Promise<Map<number, Reading<Meter>[]>> => {
  const rows = await sql<(Totals & { epoch: bigint; minute: number })[]>`
    select distinct on (epoch, step) * from (
      select minute / ${stepMinutes}::int as step, epoch, minute, cpu_us, throttled_us, memory_mib_s, disk_mib_s,
        volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes
      from usage_minute where host_id = ${hostId} and epoch = any(${[...epochs]}::bigint[])
        and minute >= ${fromMinute - stepMinutes} and minute < ${untilMinute}) m
    order by epoch, step, minute desc`
  const found = new Map<number, Reading<Meter>[]>(epochs.map((epoch) => [epoch, []]))
  for (const row of rows) {
    const totals = Object.fromEntries(METERS.map((meter) => [meter, Number(row[meter] ?? 0n)])) as Record<Meter, number>
    found.get(Number(row.epoch))?.push({ endMs: endOfMinute(row.minute), ...totals })
  }
  return found
}

/** The newest totals of an epoch. */
export const readLastTotals = async (sql: Sql, hostId: number, epoch: number) => {
  const [row] = await sql<(Record<Meter, bigint> & { minute: number })[]>`
    select minute, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes,
      block_read_bytes, block_write_bytes
    from usage_minute where host_id = ${hostId} and epoch = ${epoch} order by minute desc limit 1`
  return row
}

export type ReportRow = { seq: number; receivedAt: Date; keyId: number; bytes: number; digest: string }

/** The newest reports of a host: the signed bodies that its figures are made of. */
export const readReports = async (sql: Sql, hostId: number, limit = 5): Promise<ReportRow[]> => {
  const rows = await sql<(Omit<ReportRow, 'seq'> & { seq: bigint })[]>`
    select b.seq, b.received_at, b.key_id, octet_length(b.body) as bytes, encode(k.digest, 'hex') as digest
    from report_body b join report_key k on k.host_id = b.host_id and k.seq = b.seq
    where b.host_id = ${hostId} and b.seq > (select max_seq - ${limit}::int from host_progress where host_id = ${hostId})
    order by b.seq desc limit ${limit}`
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }))
}

/** What the agent found urgent about a container, newest first. */
export const readFindings = async (sql: Sql, hostId: number, epochs: readonly number[]) => [
  ...(await sql<{ id: string; kind: string; foundAt: Date; detail: Record<string, string | number | boolean> }[]>`
    select id, kind, found_at, detail from finding
    where host_id = ${hostId} and epoch = any(${[...epochs]}::bigint[]) order by found_at desc limit 20`),
]
