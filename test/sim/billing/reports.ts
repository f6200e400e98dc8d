import { generateKeyPairSync } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { signedHeaders } from '#agents/host/sign.ts'
import { epochId, METERS, type EpochDeclaration, type Report } from '#agents/protocol.ts'
import type { Pool } from '#db/client.ts'
import type { Amounts, Life, Reading } from '../../billing/naive.ts'
import { controlPlane, type Known } from '../plane.ts'
import type { Customer } from './script.ts'

const CORES = 64
const DAY = 86_400_000
const METER: Record<keyof Amounts, (typeof METERS)[number]> = {
  cpu: 'cpuUs',
  memory: 'memoryMibS',
  disk: 'diskMibS',
  egress: 'txBytes',
}

/** A host whose agent the simulation plays: it reports what the containers of one customer used, signed. */
type Host = { known: Known; sign: Parameters<typeof signedHeaders>[0]; bootId: string; bootMs: number; seq: number }
type Waiting = Reading & { host: Host; declaration: EpochDeclaration }

const addHost = async (sql: Pool, name: string, bootMs: number): Promise<Host> => {
  const { privateKey: key, publicKey } = generateKeyPairSync('ed25519')
  const [host] = await sql<{ id: number }[]>`insert into host (name, cluster_id, facts)
    values (${name}, (select min(id) from cluster), ${JSON.stringify({ cores: CORES })}::text::jsonb) returning id`
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(12)
  const hostId = host!.id
  const [row] = await sql<
    { id: number }[]
  >`insert into host_key (host_id, public_key) values (${hostId}, ${raw}) returning id`
  await sql`insert into host_progress (host_id) values (${hostId})`
  const keyId = row!.id
  const known = { hostId, keyId, publicKey, cores: CORES }
  return { known, sign: { hostId, keyId, key }, bootId: `boot-${name}`, bootMs, seq: 0 }
}

const declarationOf = (account: string, life: Life, index: number, { bootId, bootMs }: Host): EpochDeclaration => {
  const objectId = `${account}-container-${index}`
  const startedAt = new Date(life.openedMs).toISOString()
  const identity = { kind: 'container' as const, bootId, objectId, startedAt, segment: 0 }
  return {
    ...identity,
    epoch: epochId(identity),
    openedMonoMs: life.openedMs - bootMs,
    witnessed: true,
    containerId: objectId,
    name: objectId,
    image: 'sim',
    labels: { 'io.wharfinger.account': account, 'io.wharfinger.app': life.owned[0]!.app },
  }
}

const rowOf = ({ declaration, totals }: Waiting): number[] => [
  declaration.epoch,
  ...METERS.map((meter) => {
    const own = Object.entries(METER).find(([, name]) => name === meter)?.[0] as keyof Amounts | undefined
    return own ? Number(totals[own]) : 0
  }),
]

/**
 * The agents of the customers whose usage comes as signed reports, through the ingest that production has. `send` gives what
 * they have to say by an instant: a report a host, the readings that came late beside those of the day.
 */
export const playAgents = async (sql: Pool, customers: readonly Customer[], fromMs: number) => {
  await sql`insert into cluster (name, kind) values ('sim', 'internal')`
  const known = new Map<number, Known>()
  let nowMs = fromMs
  const plane = controlPlane({ sql, known, now: () => nowMs, processes: 1, pick: () => 0 })
  const waiting: Waiting[] = []
  for (const { name, lives } of customers) {
    const host = await addHost(sql, `host-of-${name}`, fromMs - 2 * DAY)
    known.set(host.known.hostId, host.known)
    for (const [i, life] of lives.entries()) {
      const declaration = declarationOf(name, life, i, host)
      waiting.push(...life.readings.map((reading) => ({ ...reading, host, declaration })))
    }
  }
  waiting.sort((a, b) => a.knownMs - b.knownMs)
  const declared = new Set<number>()
  let next = 0

  const report = async (host: Host, readings: readonly Waiting[]) => {
    const { bootId, bootMs } = host
    const monoMs = nowMs - bootMs
    const epochs = [...new Map(readings.map(({ declaration }) => [declaration.epoch, declaration])).values()]
    const fresh = epochs.filter(({ epoch }) => !declared.has(epoch))
    for (const { epoch } of fresh) declared.add(epoch)
    const minutes = Map.groupBy(readings, ({ atMs }) => atMs)
    const content: Report = {
      v: 1,
      agent: 'sim/1',
      bootId,
      seq: ++host.seq,
      clock: { wallMs: nowMs, monoMs, anchorMs: bootMs },
      complete: true,
      failures: [],
      epochs: fresh,
      minutes: [...minutes]
        .toSorted(([a], [b]) => a - b)
        .map(([atMs, rows]) => ({ edgeMonoMs: atMs - bootMs, rows: rows.map(rowOf) })),
      objects: [],
      events: [],
    }
    const body = gzipSync(JSON.stringify(content))
    const moment = { timeMs: nowMs, bootId, monoMs }
    const headers = {
      ...signedHeaders(host.sign, moment, 'POST', '/v1/reports', content.seq, body),
      'content-encoding': 'gzip',
    }
    const url = new URL('http://plane/v1/reports')
    const answer = await plane.send({ method: 'POST', url, headers, body, timeoutMs: 10_000 })
    const said = JSON.parse(answer.body.toString()) as { status?: string; quarantined?: unknown[] }
    if (answer.status !== 200 || said.status !== 'stored' || said.quarantined?.length !== 0)
      throw new Error(
        `a report of ${host.known.hostId} was answered ${answer.status} ${answer.body.toString().slice(0, 400)}`,
      )
  }

  return {
    /** Returns whether anything was reported. */
    async send(atMs: number): Promise<boolean> {
      nowMs = atMs
      const from = next
      while (next < waiting.length && waiting[next]!.knownMs <= atMs) next++
      const hosts = Map.groupBy(waiting.slice(from, next), ({ host }) => host)
      for (const [host, readings] of hosts) await report(host, readings)
      return hosts.size > 0
    },
  }
}
