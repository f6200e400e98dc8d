import type { EpochIdentity } from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import { METERS } from '#agents/protocol.ts'
import type { Totals } from './hour.ts'
import { eachMeter } from './meters.ts'

/** A life of an account's container or storage object that used something in some hours. */
export type UsedEpoch = {
  hostId: number
  host: string
  /** Whether the host belongs to this account alone. */
  isOwnHost: boolean
  epoch: number
  identity: EpochIdentity
  containerId: string | null
  name: string
  app: string
  /** Wall time at which its totals were zero. */
  openedMs: number
  /** Newest minute known of it; null where none was rolled yet. */
  lastMinute: number | null
  /** The hours asked for in which it is this account's: `[fromHour, untilHour)`. */
  fromHour: number
  untilHour: number
  /** What its hours add up to there, in the order of `METERS`. */
  counted: Totals
}

type UsedRow = Omit<UsedEpoch, 'epoch' | 'identity' | 'openedMs' | 'counted'> & {
  epoch: bigint
  kind: EpochIdentity['kind']
  bootId: string
  objectId: string
  startedAt: string
  segment: bigint
  openedAt: Date
  counted: string[]
}

/** Hours that a late walk's minutes may reach back: an epoch's newest minute is noted a roll late at times. */
const SLACK_HOURS = 48

/** The lives that an account's usage in the hours `[fromHour, untilHour)` is made of, by host. */
export const usedEpochs = async (
  sql: Sql,
  accountId: bigint,
  fromHour: number,
  untilHour: number,
  app?: string,
): Promise<UsedEpoch[]> => {
  const rows = await sql<UsedRow[]>`
    select e.host_id, h.name as host, coalesce(c.tenant_account_id = ${accountId}, false) as is_own_host, e.epoch, e.kind,
      e.boot_id, e.object_id, e.started_at, e.segment, e.container_id, e.name, e.opened_at, e.last_minute, t.app,
      greatest(t.from_hour, ${fromHour}::int) as from_hour, least(t.until_hour, ${untilHour}::int) as until_hour,
      array[${sql.unsafe(eachMeter('u.$'))}]::text[] as counted
    from attribution t
    join epoch e on e.host_id = t.host_id and e.epoch = t.epoch
    join host h on h.id = e.host_id join cluster c on c.id = h.cluster_id
    cross join lateral (
      select ${sql.unsafe(eachMeter('sum(x.$)::bigint as $'))} from usage_hour x where x.host_id = t.host_id and x.epoch = t.epoch
        and x.hour >= greatest(t.from_hour, ${fromHour}::int) and x.hour < least(t.until_hour, ${untilHour}::int)
    ) u
    where t.account_id = ${accountId} and t.until_hour > ${fromHour} and t.from_hour < ${untilHour}
      ${app === undefined ? sql`` : sql`and t.app = ${app}`}
      and (e.last_minute is null or e.last_minute >= ${(fromHour - SLACK_HOURS) * 60}::int) and u.cpu_us is not null
    order by e.host_id, e.epoch, t.from_hour`
  return rows.map(({ kind, bootId, objectId, startedAt, segment, openedAt, counted, epoch, ...row }) => ({
    ...row,
    epoch: Number(epoch),
    identity: { kind, bootId, objectId, startedAt, segment: Number(segment) },
    openedMs: openedAt.getTime(),
    counted: METERS.map((_, i) => BigInt(counted[i] ?? 0)),
  }))
}

/** A signed report as it is kept: what is needed to verify its signature again, and its bytes. */
export type KeptReport = {
  hostId: number
  keyId: number
  seq: number
  receivedAt: Date
  sentMs: number
  monoMs: number
  bootId: string
  signature: Uint8Array
  body: Uint8Array
}
type ReportRow = Omit<KeptReport, 'seq' | 'sentMs' | 'monoMs'> & { seq: bigint; sentMs: bigint; monoMs: bigint }
const kept = (row: ReportRow): KeptReport => ({
  ...row,
  seq: Number(row.seq),
  sentMs: Number(row.sentMs),
  monoMs: Number(row.monoMs),
})

/** Up to `limit` reports of a host received in `[from, until)`, oldest first, after the place where the last page ended. */
export const reportsReceived = async (
  sql: Sql,
  hostId: number,
  from: Date,
  until: Date,
  limit: number,
  after?: Pick<KeptReport, 'receivedAt' | 'seq'>,
): Promise<KeptReport[]> => {
  const rows = await sql<ReportRow[]>`
    select host_id, key_id, seq, received_at, sent_ms, mono_ms, boot_id, signature, body from report_body
    where host_id = ${hostId} and received_at >= ${from} and received_at < ${until}
      ${after ? sql`and (received_at, seq) > (${after.receivedAt}, ${after.seq})` : sql``}
    order by received_at, seq limit ${limit}`
  return rows.map(kept)
}

/** The reports named, where they are still kept. `receivedAt` leads to the partition. */
export const reportsNamed = async (
  sql: Sql,
  named: readonly Pick<KeptReport, 'hostId' | 'seq' | 'receivedAt'>[],
): Promise<KeptReport[]> => {
  if (named.length === 0) return []
  const rows = await sql<ReportRow[]>`
    select r.host_id, r.key_id, r.seq, r.received_at, r.sent_ms, r.mono_ms, r.boot_id, r.signature, r.body
    from unnest(${named.map((r) => r.hostId)}::int[], ${named.map((r) => r.seq)}::bigint[],
      ${named.map((r) => r.receivedAt.toISOString())}::text[]::timestamptz[]) as n (host_id, seq, received_at)
    join report_body r on r.host_id = n.host_id and r.seq = n.seq and r.received_at = n.received_at
    order by r.host_id, r.seq`
  return rows.map(kept)
}

/** Wall time of monotonic zero of each boot of a host, by boot id. */
export const bootAnchors = async (sql: Sql, hostId: number): Promise<Map<string, number>> => {
  const rows = await sql<{ bootId: string; anchorMs: bigint }[]>`
    select boot_id, anchor_ms from host_boot where host_id = ${hostId}`
  return new Map(rows.map((row) => [row.bootId, Number(row.anchorMs)]))
}

/** Rows of reports that were set aside and count for nothing: `seq:minutes[0].rows[3]`. */
export const leftOutRows = async (sql: Sql, hostId: number, seqs: readonly number[]): Promise<Set<string>> => {
  const rows = await sql<{ seq: bigint; path: string }[]>`
    select seq, path from quarantine where host_id = ${hostId} and kind = 'row' and seq = any(${[...seqs]}::bigint[])`
  return new Set(rows.map((row) => `${row.seq}:${row.path}`))
}

/** Public keys (raw Ed25519, base64) that hosts signed with, by host and key. */
export const hostKeysOf = async (
  sql: Sql,
  hostIds: readonly number[],
): Promise<{ hostId: number; keyId: number; publicKey: string }[]> =>
  await sql`select host_id, id as key_id, encode(public_key, 'base64') as public_key from host_key
    where host_id = any(${[...hostIds]}::int[]) order by host_id, id`

/** Which of these hosts are an account's alone, and which epochs on each were ever its. */
export const ownEpochs = async (
  sql: Sql,
  accountId: bigint,
  hostIds: readonly number[],
): Promise<{ hosts: Set<number>; epochs: Map<number, Set<number>> }> => {
  const ids = [...hostIds]
  const hosts = await sql<{ id: number }[]>`select h.id from host h join cluster c on c.id = h.cluster_id
    where h.id = any(${ids}::int[]) and c.tenant_account_id = ${accountId}`
  const rows = await sql<{ hostId: number; epoch: bigint }[]>`select distinct host_id, epoch from attribution
    where host_id = any(${ids}::int[]) and account_id = ${accountId}`
  const epochs = new Map<number, Set<number>>()
  for (const { hostId, epoch } of rows) {
    const own = epochs.get(hostId) ?? new Set()
    epochs.set(hostId, own.add(Number(epoch)))
  }
  return { hosts: new Set(hosts.map(({ id }) => id)), epochs }
}
