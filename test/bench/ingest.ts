import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { METERS } from '#agents/protocol.ts'
import { figure } from './figure.ts'
import { startControlPlane, type ControlPlane } from './parts/controlPlane.ts'
import { rawRowsPerSecond } from './parts/rawLimit.ts'
import { makeKey, type LoadPlan, type LoadResult } from './parts/reportLoad.ts'

type Host = LoadPlan['hosts'][number]

/** Hosts enrolled directly in the store: enrolment is not what is measured. */
const seedHosts = async (plane: ControlPlane, count: number, prefix: string): Promise<Host[]> => {
  const { sql } = plane
  await sql`insert into cluster (name, kind) values ('bench', 'internal') on conflict do nothing`
  const keys = Array.from({ length: count }, makeKey)
  const hosts = await sql<{ id: number; name: string }[]>`
    insert into host (name, cluster_id, facts)
    select ${prefix} || '-' || i, (select id from cluster where name = 'bench'), '{"cores": 64, "memoryTotalMib": 262144}'
    from generate_series(1, ${count}) i returning id`
  const rows = hosts.map(({ id }, i) => ({ hostId: id, key: keys[i]?.publicRaw.toString('hex') }))
  const stored = await sql<{ id: number; hostId: number }[]>`
    insert into host_key (host_id, public_key)
    select x."hostId", decode(x.key, 'hex') from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as x("hostId" int, key text) returning id, host_id`
  await sql`insert into host_progress (host_id) select id from host on conflict do nothing`
  const keyIds = new Map(stored.map(({ id, hostId }) => [hostId, id]))
  return hosts.map(({ id }, i) => ({
    hostId: id,
    keyId: keyIds.get(id) ?? 0,
    privateKeyPem: keys[i]?.privateKeyPem ?? '',
  }))
}

const runLoad = async (plan: LoadPlan): Promise<LoadResult> => {
  const child = fork(join(import.meta.dirname, 'parts/loadProcess.ts'))
  const heard = (): Promise<unknown> => once(child, 'message').then(([message]: unknown[]) => message)
  const ready = heard()
  child.send(plan)
  await ready
  const result = heard()
  child.send('go')
  const sent = (await result) as LoadResult
  child.kill()
  const refusals = Object.entries(sent.refused)
  if (refusals.length > 0) throw new Error(`refused: ${JSON.stringify(refusals.slice(0, 3))}`)
  return sent
}

/** The store must hold exactly what the generator says it sent. */
const requireEqualSums = async (plane: ControlPlane, hosts: readonly Host[], sent: LoadResult, sinceMinute: number) => {
  const [row] = await plane.sql<{ n: bigint; sums: string[] }[]>`
    select count(*) as n, array[sum(cpu_us), sum(throttled_us), sum(memory_mib_s), sum(disk_mib_s), sum(volumes_mib_s),
      sum(logs_mib_s), sum(rx_bytes), sum(tx_bytes), sum(block_read_bytes), sum(block_write_bytes)]::text[] as sums
    from usage_minute where host_id = any(${hosts.map((h) => h.hostId)}::int[]) and minute >= ${sinceMinute}`
  if (Number(row?.n) !== sent.samples) throw new Error(`sent ${sent.samples} samples, the store has ${row?.n}`)
  METERS.forEach((meter, m) => {
    if (row?.sums[m] !== sent.sums[m]) throw new Error(`${meter}: sent ${sent.sums[m]}, the store has ${row?.sums[m]}`)
  })
  const [bodies] = await plane.sql<{ n: bigint }[]>`
    select count(*) as n from report_body where host_id = any(${hosts.map((h) => h.hostId)}::int[])`
  if (Number(bodies?.n) === 0) throw new Error('no evidence was kept')
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const quantile = (values: number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? 0

const MINUTE_MS = 60_000

/** More make larger groups, which cost less a sample, and later answers: a stall of a commit meets them all. */
const CONNECTIONS = 96

/**
 * The whole path over HTTP, the same path's cost on many hosts, and the store's size. The limit of `samples_per_s` is
 * one connection's COPY of payloads built beforehand; `samples_per_s_to_two_streams` holds the same value against two
 * connections at once, the most that PostgreSQL takes where it has both cores to itself.
 */
export default async function ingest(): Promise<void> {
  const plane = await startControlPlane('ingest', { WHARF_INGEST_THREADS: '1' })
  try {
    const { sql } = plane
    const load = async (
      hosts: Host[],
      containers: number,
      minutes: number,
      minutesAgo: number,
      firstSeq: number,
      connections = CONNECTIONS,
    ) => {
      const firstEdgeMs = (Math.floor(Date.now() / MINUTE_MS) - minutesAgo) * MINUTE_MS
      const before = plane.cpuUs()
      const sent = await runLoad({ port: plane.port, hosts, containers, minutes, firstEdgeMs, firstSeq, connections })
      await requireEqualSums(plane, hosts, sent, firstEdgeMs / MINUTE_MS - 1)
      return { ...sent, cpuUsPerSample: (plane.cpuUs() - before) / sent.samples }
    }
    const partitions = await import('#server/usage/partitions.ts')
    const { systemContext } = await import('#server/context.ts')
    const { readEnv } = await import('#server/env.ts')
    await partitions.keepPartitions(systemContext(sql, readEnv({ WHARF_DATA: plane.dataDir }), 'bench'))

    const hosts = await seedHosts(plane, 100, 'busy')
    await load(hosts, 100, 10, 400, 1)
    const rates: number[] = []
    const limits: number[] = []
    const twoStreams: number[] = []
    const p99s: number[] = []
    for (let round = 0; round < 3; round++) {
      const ids = hosts.map((h) => h.hostId)
      limits.push(await rawRowsPerSecond(sql, ids, 100, 60, 29_000_000, 1))
      twoStreams.push(await rawRowsPerSecond(sql, ids, 100, 60, 29_000_000, 2))
      // The limit's rows pushed the index out of the caches: a minute brings it back, as every minute before would have.
      await load(hosts, 100, 1, 381 - round * 100, 11 + round * 81)
      const sent = await load(hosts, 100, 80, 380 - round * 100, 12 + round * 81)
      rates.push(sent.samples / (sent.elapsedMs / 1000))
      p99s.push(quantile(sent.acknowledgedMs, 0.99))
    }
    const value = median(rates)
    const overLimit = (limit: number) => ({ value, unit: '1/s', limit, ratio: value / limit })
    figure({ bench: 'ingest', figure: 'samples_per_s', ...overLimit(median(limits)) })
    figure({ bench: 'ingest', figure: 'samples_per_s_to_two_streams', ...overLimit(median(twoStreams)) })
    figure({ bench: 'ingest', figure: 'ack_p99_ms', value: median(p99s), unit: 'ms' })

    const [size] = await sql<{ bytes: string; rows: bigint }[]>`
      select sum(pg_total_relation_size(inhrelid))::text as bytes, (select count(*) from usage_minute) as rows
      from pg_inherits where inhparent = 'usage_minute'::regclass`
    figure({ bench: 'ingest', figure: 'bytes_per_sample', value: Number(size?.bytes) / Number(size?.rows), unit: 'B' })

    const few = await seedHosts(plane, 100, 'few')
    const many = await seedHosts(plane, 10_000, 'many')
    const ratios: number[] = []
    for (let round = 0; round < 3; round++) {
      const fewSent = await load(few, 10, 200, 1_900 - round * 200, 1 + round * 200)
      const manySent = await load(many, 10, 2, 1_900 - round * 2, 1 + round * 2)
      ratios.push(manySent.cpuUsPerSample / fewSent.cpuUsPerSample)
    }
    figure({ bench: 'ingest', figure: 'cost_ratio_10000_to_100_hosts', value: median(ratios), unit: 'ratio' })
  } finally {
    await plane.stop()
  }
}
