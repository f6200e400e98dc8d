import { readFile } from 'node:fs/promises'
import { Gauge } from 'prom-client'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { registry } from '../metrics.ts'
import { getManifest } from './images.ts'
import { readManifest, type Manifest } from './manifest.ts'
import { readRepositoryByApi } from './readApi.ts'
import { blobFile, readStorage, type Seen, type Storage } from './readStorage.ts'
import { platformFromConfig } from './record.ts'
import { theRegistry, type Running } from './running.ts'
import { recount } from './sizes.ts'
import { knownOf, settleRepository, type Known } from './settleRepository.ts'
import { accessTo } from './upstream.ts'

const physicalBytes = new Gauge({
  name: 'wharf_registry_physical_bytes',
  help: "Bytes of all blobs in the registry's storage, at the last reconciliation from it.",
  registers: [registry],
})
const drift = new Gauge({
  name: 'wharf_registry_drift',
  help: 'Manifests, tags and links that the last reconciliation had to put right.',
  registers: [registry],
})

/** What a reconciliation found. `found` was in the storage and not in the record, `gone` the other way round. */
export type Reconciled = {
  id: bigint
  source: 'storage' | 'api'
  repositories: number
  manifests: number
  blobs: number | null
  physicalBytes: bigint | null
  found: number
  gone: number
}
export type Difference = { path: string; found: number; gone: number }

const MOST_DIFFERENCES = 100
const MOST_CONFIG_BYTES = 1024 * 1024

type Place = { repositoryId: bigint; accountId: bigint; path: string }
/** Reads a manifest and its image's platform, from wherever the source has them. */
export type ReadOne = (
  place: Place,
  digest: string,
) => Promise<{ manifest: Manifest; sizeBytes: number; platform: string } | undefined>

const fromStorage =
  (storageDir: string, storage: Storage): ReadOne =>
  async (_, digest) => {
    const body = await readFile(blobFile(storageDir, digest)).catch(() => undefined)
    if (!body) return undefined
    const manifest = readManifest(body)
    const config = manifest.references.find(({ role }) => role === 'config')?.digest
    const size = config === undefined ? undefined : storage.blobs.get(config)
    const isRead = config !== undefined && size !== undefined && size <= MOST_CONFIG_BYTES
    const platform = isRead ? await readFile(blobFile(storageDir, config)).then(platformFromConfig, () => '') : ''
    return { manifest, sizeBytes: body.length, platform }
  }

const fromApi =
  ({ upstream }: Running): ReadOne =>
  async ({ path }, digest) => {
    const found = await getManifest(upstream, path, digest)
    if (!found) return undefined
    const manifest = readManifest(found.body, found.mediaType)
    const config = manifest.references.find(({ role }) => role === 'config')?.digest
    const image =
      config === undefined
        ? undefined
        : await upstream.call('GET', `/v2/${path}/blobs/${config}`, accessTo(path, 'pull')).catch(() => undefined)
    return {
      manifest,
      sizeBytes: found.body.length,
      platform: image?.status === 200 ? platformFromConfig(image.body) : '',
    }
  }

/**
 * Reads what the registry really has and puts the record right: what notifications lost, what was changed beside the
 * front, what garbage collection took. Sizes are then recomputed for every account. What came during the reading is left
 * for the next one. @throws UNAVAILABLE where no registry runs here
 */
export const reconcile = async (ctx: Context): Promise<Reconciled> => {
  const running = theRegistry()
  if (!running) throw new DomainError('UNAVAILABLE', 'no registry runs in this process, so nothing can be compared')
  const { sql } = ctx
  const startedAt = ctx.now
  const source = running.process ? 'storage' : 'api'
  const [row] = await sql<{ id: bigint }[]>`insert into registry_reconciliation (source, started_at, started_by)
    values (${source}, ${startedAt}, ${labelOf(ctx.actor)}) returning id`
  const id = row?.id ?? 0n
  try {
    const done = await compareAll(ctx, running, startedAt)
    const { differences, ...counts } = done
    await sql.begin(async (tx) => {
      await tx`update registry_reconciliation set finished_at = ${new Date()}, repositories = ${counts.repositories},
        manifests = ${counts.manifests}, blobs = ${counts.blobs}, physical_bytes = ${counts.physicalBytes},
        found = ${counts.found}, gone = ${counts.gone}, differences = ${JSON.stringify(differences)}::text::jsonb
        where id = ${id}`
      if (ctx.actor.kind !== 'system')
        await audit(tx, ctx, { action: 'registry.reconcile', subject: { kind: 'reconciliation', id }, after: counts })
    })
    drift.set(counts.found + counts.gone)
    if (counts.physicalBytes !== null) physicalBytes.set(Number(counts.physicalBytes))
    return { id, source, ...counts }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    await sql`update registry_reconciliation set finished_at = ${new Date()}, error = ${message.slice(0, 500)} where id = ${id}`
    throw error
  }
}

/** The job `registry.reconcile`: as above, where a registry runs. */
export const reconcileNightly = async (ctx: Context): Promise<void> => {
  if (theRegistry()) await reconcile(ctx)
}

type Compared = Omit<Reconciled, 'id' | 'source'> & { differences: Difference[] }

const compareAll = async (ctx: Context, running: Running, startedAt: Date): Promise<Compared> => {
  const { sql } = ctx
  const storageDir = running.process?.storageDir
  const storage = storageDir === undefined ? undefined : await readStorage(storageDir)
  const readOne = storage && storageDir !== undefined ? fromStorage(storageDir, storage) : fromApi(running)
  // The demo's own repositories are told of, and in no storage.
  const places = await sql<Place[]>`select id as repository_id, account_id, path from repository
    where not (${ctx.env.WHARF_DEMO} and created_by = 'demo') order by id`
  if (storage) await settleBlobs(ctx, storage, startedAt)
  const done: Compared = {
    repositories: places.length,
    manifests: 0,
    blobs: storage?.blobs.size ?? null,
    physicalBytes: storage ? BigInt(storage.bytes) : null,
    found: 0,
    gone: 0,
    differences: [],
  }
  const note = (difference: Difference) => {
    done.found += difference.found
    done.gone += difference.gone
    if (difference.found + difference.gone > 0 && done.differences.length < MOST_DIFFERENCES)
      done.differences.push(difference)
  }
  for (const place of places) {
    const known = await knownOf(sql, place.repositoryId)
    const seen = await seenOf(running, storage, place, known)
    done.manifests += seen.revisions.size
    note({ path: place.path, ...(await settleRepository(ctx, place, { known, seen, readOne, startedAt })) })
  }
  for (const accountId of new Set(places.map(({ accountId }) => accountId))) {
    await sql.begin((tx) => recount(tx, { accountId }, new Date()))
  }
  return done
}

const NOTHING = (): Seen => ({ revisions: new Set(), layers: new Set(), tags: new Map() })

const seenOf = async (running: Running, storage: Storage | undefined, { path }: Place, known: Known): Promise<Seen> =>
  storage
    ? (storage.repositories.get(path) ?? NOTHING())
    : readRepositoryByApi(running.upstream, path, {
        revisions: [...known.revisions.keys()],
        layers: [...known.layers.keys()],
      })

/** True sizes of all blobs: those that are gone hold nothing any more. */
const settleBlobs = async ({ sql }: Context, { blobs }: Storage, startedAt: Date): Promise<void> => {
  const rows = JSON.stringify([...blobs].map(([d, s]) => ({ d, s })))
  await sql.begin(async (tx) => {
    await tx`insert into registry_blob as b (digest, size_bytes, recorded_at)
      select x.d, x.s, ${startedAt} from json_to_recordset(${rows}::text::json) as x (d text, s bigint)
      on conflict (digest) do update set size_bytes = excluded.size_bytes where b.size_bytes <> excluded.size_bytes`
    await tx`delete from registry_blob where recorded_at < ${startedAt}
      and not exists (select from json_to_recordset(${rows}::text::json) as x (d text) where x.d = digest)`
  })
}
