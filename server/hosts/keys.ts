import type { Sql } from '#db/client.ts'
import type { KeyObject } from 'node:crypto'
import { publicKeyFromRaw } from '#agents/protocol.ts'
import type { Live } from '../live.ts'
import type { SigningKey, Standing } from './signature.ts'

/** A host as requests are judged by: keys, standing, size and how far its reports had come when this was read. */
export type HostStanding = Standing & {
  name: string
  clusterId: bigint
  /** Of its facts; null before the first report. */
  cores: number | null
  memoryTotalMib: number | null
  contiguousSeq: number
  maxSeq: number
  readAtMs: number
}

/** Cached look-up of hosts by id. */
export type HostKeys = {
  /** The host, or undefined where there is none. With `keyId`, a key not in the cache is looked for anew. */
  get(hostId: number, keyId?: number): Promise<HostStanding | undefined>
  forget(hostId: number): void
  /** Stops to listen. */
  close(): void
}

const MAX_AGE_MS = 30_000
/** An unknown key asks the database at most this often a host, whoever sends it. */
const MISS_AGE_MS = 1_000
const MOST_CACHED = 50_000

type Row = Omit<HostStanding, 'keys' | 'readAtMs' | 'contiguousSeq' | 'maxSeq'> & {
  contiguousSeq: bigint | null
  maxSeq: bigint | null
  keys: { id: number; key: string; revoked: number | null }[]
}

type Reading = { ids: Set<number>; changed: Set<number>; found: Promise<Map<number, HostStanding>> }

const keyObjects = new Map<string, KeyObject>()

/** Making a key object takes a third of the time of a verification, and hosts are read again every 30 s. */
const keyObjectOf = (raw: string): KeyObject => {
  const made = keyObjects.get(raw) ?? publicKeyFromRaw(raw)
  keyObjects.set(raw, made)
  const [oldest] = keyObjects.size > MOST_CACHED ? keyObjects.keys() : []
  if (oldest !== undefined) keyObjects.delete(oldest)
  return made
}

/** Hosts by id with all their keys. */
export const readStandings = async (sql: Sql, ids: readonly number[], readAtMs: number): Promise<HostStanding[]> => {
  const rows = await sql<Row[]>`
    select h.id as host_id, h.name, h.cluster_id, h.revoked_at is not null as revoked,
      (h.facts ->> 'cores')::int as cores, (h.facts ->> 'memoryTotalMib')::int as memory_total_mib,
      p.contiguous_seq, p.max_seq,
      coalesce((select jsonb_agg(jsonb_build_object('id', k.id, 'key', encode(k.public_key, 'base64'),
        'revoked', floor(extract(epoch from k.revoked_at) * 1000)))
        from host_key k where k.host_id = h.id), '[]') as keys
    from host h left join host_progress p on p.host_id = h.id where h.id = any(${[...ids]}::int[])`
  return rows.map(({ keys, contiguousSeq, maxSeq, ...row }) => ({
    ...row,
    contiguousSeq: Number(contiguousSeq ?? 0),
    maxSeq: Number(maxSeq ?? 0),
    keys: keys.map(({ id, key, revoked }): SigningKey => ({
      keyId: id,
      publicKey: keyObjectOf(key),
      revokedAtMs: revoked,
    })),
    readAtMs,
  }))
}

/**
 * A look-up that reads a host at most every 30 s and at once after `NOTIFY host:ID`. Look-ups that
 * meet share one query. Without `live` the caller passes on what it hears by `forget`.
 */
export const createHostKeys = (sql: Sql, options: { live?: Live; clock?: () => number } = {}): HostKeys => {
  const clock = options.clock ?? Date.now
  const cache = new Map<number, { readAtMs: number; host: HostStanding | undefined }>()
  const underWay = new Set<Reading>()
  let next: Reading | undefined

  const keep = (hostId: number, entry: { readAtMs: number; host: HostStanding | undefined }) => {
    cache.delete(hostId)
    cache.set(hostId, entry)
    if (cache.size <= MOST_CACHED) return
    const [oldest] = cache.keys()
    if (oldest !== undefined) cache.delete(oldest)
  }

  const perform = async (reading: Reading) => {
    // By then everybody who asks in this turn of the event loop has added their host.
    await Promise.resolve()
    next = undefined
    underWay.add(reading)
    try {
      const readAtMs = clock()
      const hosts = await readStandings(sql, [...reading.ids], readAtMs)
      const found = new Map(hosts.map((host) => [host.hostId, host]))
      // News that came while this was read may be newer than what was read.
      for (const id of reading.ids) if (!reading.changed.has(id)) keep(id, { readAtMs, host: found.get(id) })
      return found
    } finally {
      underWay.delete(reading)
    }
  }

  const read = async (hostId: number): Promise<HostStanding | undefined> => {
    if (!next) {
      const reading: Reading = { ids: new Set(), changed: new Set(), found: Promise.resolve(new Map()) }
      reading.found = perform(reading)
      next = reading
    }
    next.ids.add(hostId)
    return (await next.found).get(hostId)
  }

  const forget = (hostId: number) => {
    cache.delete(hostId)
    for (const reading of underWay) reading.changed.add(hostId)
  }

  const forgetAll = () => {
    cache.clear()
    for (const reading of underWay) for (const id of reading.ids) reading.changed.add(id)
  }

  const unlisten = options.live?.on(['host'], (topic) => {
    const id = Number(topic.split(':')[1])
    if (Number.isInteger(id)) forget(id)
    else forgetAll()
  })

  return {
    async get(hostId, keyId) {
      const entry = cache.get(hostId)
      const ageMs = entry ? clock() - entry.readAtMs : Infinity
      const misses = keyId !== undefined && !entry?.host?.keys.some((key) => key.keyId === keyId)
      if (!entry || ageMs > MAX_AGE_MS || (misses && ageMs > MISS_AGE_MS)) return read(hostId)
      return entry.host
    },
    forget,
    close: () => unlisten?.(),
  }
}
