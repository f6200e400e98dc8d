import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { log } from '../log.ts'
import { readManifest } from './manifest.ts'
import { blobFile, dropDeadLinks, readBlobs, readStorage, type Storage } from './readStorage.ts'
import { readFile } from 'node:fs/promises'
import { reconcile } from './reconcile.ts'
import type { RegistryProcess } from './registryProcess.ts'
import { theRegistry, type Running } from './running.ts'

export type Collected = {
  id: bigint
  freedBytes: bigint
  freedBlobs: number
  tagsWhole: number
  tagsBroken: string[]
  stoppedMs: number
}

/** Pushes under way have this long to end; downloads less, as a client that is cut goes on where it was. */
const PUSHES_END_WITHIN_MS = 60_000
const PULLS_END_WITHIN_MS = 10_000
const MOST_BROKEN = 100

/** Why garbage cannot be collected from here; undefined where it can. */
export const refusesCollection = (running: Running | undefined): string | undefined => {
  if (!running) return 'no registry runs in this process'
  if (running.process) return undefined
  return 'To collect garbage at REGISTRY_URL stop the registry there, run "registry garbage-collect" without -m, and start it again: it is not ours to stop'
}

/**
 * Collects garbage safely: pushes are held, the registry is stopped, `garbage-collect` (never with -m, which destroys
 * images of several platforms on 2.8) runs, links to what it took go, the registry is started (its memory of blobs must not outlive them), and each
 * tag is followed down to its layers. @throws CONFLICT where that cannot be done
 */
export const collectGarbage = async (ctx: Context): Promise<Collected> => {
  const running = theRegistry()
  const refusal = refusesCollection(running)
  if (refusal !== undefined || !running?.process) throw new DomainError('CONFLICT', refusal ?? 'no registry runs here')
  const id = await begin(ctx)
  try {
    const done = await collectHeld(running, running.process)
    await ctx.sql.begin(async (tx) => {
      await tx`update registry_collection set state = 'done', finished_at = ${new Date()}, freed_bytes = ${done.freedBytes},
        freed_blobs = ${done.freedBlobs}, tags_whole = ${done.tagsWhole}, tags_broken = ${done.tagsBroken},
        stopped_ms = ${done.stoppedMs} where id = ${id}`
      await audit(tx, ctx, { action: 'registry.collect', subject: { kind: 'collection', id }, after: done })
    })
    await reconcile({ ...ctx, now: new Date(), actor: { kind: 'system', label: 'garbage collection' } })
    return { id, ...done }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    log.error({ err: error }, 'garbage was not collected')
    await ctx.sql`update registry_collection set state = 'failed', finished_at = ${new Date()},
      error = ${message.slice(0, 500)} where id = ${id} and state = 'running'`
    throw error
  }
}

const begin = async (ctx: Context): Promise<bigint> =>
  ctx.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended('registry.collect', 0))`
    const [row] = await tx<{ id: bigint }[]>`insert into registry_collection (started_at, started_by, state)
      select ${ctx.now}, ${labelOf(ctx.actor)}, 'running'
      where not exists (select from registry_collection where state = 'running') returning id`
    if (!row) throw new DomainError('CONFLICT', 'garbage is being collected already')
    return row.id
  })

/** Collections that a stop of this control plane cut off: nothing runs any more. */
export const endCutCollections = async ({ sql, now }: Pick<Context, 'sql' | 'now'>): Promise<void> => {
  await sql`update registry_collection set state = 'failed', finished_at = ${now},
    error = 'the control plane was stopped meanwhile; collect again' where state = 'running'`
}

const collectHeld = async ({ gate }: Running, process: RegistryProcess): Promise<Omit<Collected, 'id'>> => {
  try {
    if (!(await gate.hold('write', PUSHES_END_WITHIN_MS)))
      throw new DomainError('CONFLICT', 'pushes under way did not end within a minute; try again later')
    await gate.hold('read', PULLS_END_WITHIN_MS)
    const before = await readBlobs(process.storageDir)
    const stoppedAtMs = performance.now()
    await process.whileStopped(async (collect) => {
      await collect()
      await dropDeadLinks(process.storageDir)
    })
    const stoppedMs = Math.round(performance.now() - stoppedAtMs)
    const after = await readStorage(process.storageDir)
    const { whole, broken } = await verifyTags(process.storageDir, after)
    return {
      freedBytes: BigInt(before.bytes - after.bytes),
      freedBlobs: before.blobs.size - after.blobs.size,
      tagsWhole: whole,
      tagsBroken: broken.slice(0, MOST_BROKEN),
      stoppedMs,
    }
  } finally {
    gate.release()
  }
}

/** Follows every tag to its children, configurations and layers; gives those where something is missing. */
export const verifyTags = async (
  storageDir: string,
  storage: Storage,
): Promise<{ whole: number; broken: string[] }> => {
  const checked = new Map<string, boolean>()
  const isWhole = async (digest: string): Promise<boolean> => {
    const known = checked.get(digest)
    if (known !== undefined) return known
    checked.set(digest, true)
    const body = await readFile(blobFile(storageDir, digest)).catch(() => undefined)
    let whole = body !== undefined
    for (const { role, digest: part } of body ? readManifest(body).references : []) {
      if (role === 'subject') continue
      whole &&= role === 'child' ? await isWhole(part) : storage.blobs.has(part)
    }
    checked.set(digest, whole)
    return whole
  }
  let whole = 0
  const broken: string[] = []
  for (const [path, { tags }] of storage.repositories) {
    for (const [tag, digest] of tags) {
      if (await isWhole(digest)) whole++
      else broken.push(`${path}:${tag}`)
    }
  }
  return { whole, broken }
}
