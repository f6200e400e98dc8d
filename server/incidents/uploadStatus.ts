import type { Context } from '../context.ts'
import { announce } from '../live.ts'
import { deleteObject, digestOf, putObject, type Bucket } from './bucket.ts'
import { exportStatus } from './exportStatus.ts'
import { copySoon, openBucket } from './statusBucket.ts'
import { FILE_CACHE, fileType } from './statusPage/fileType.ts'

/** As long as one copy may last; after that whoever did it is taken to be gone. */
const LEASE_MS = 120_000
/** So many at a time; the ones that lead to others go last, one after another. */
const AT_ONCE = 8
const LEADING = /^(?:index\.html|history\.\w+)$/

type File = { path: string; text: string }

/**
 * Job `incidents.upload_status`: copies what changed of the status page to the object store. What is linked comes before
 * what links to it and what is gone goes last, so that a reader never follows a link that leads nowhere. One process at
 * a time. @throws Error with what failed, for the job to be tried again; what is there stays
 */
export const uploadStatus = async (ctx: Context): Promise<void> => {
  const began = performance.now()
  const now = () => new Date(ctx.now.getTime() + (performance.now() - began))
  const [mine] = await ctx.sql`update status_bucket set busy_until = ${new Date(ctx.now.getTime() + LEASE_MS)}
    where id = 1 and (busy_until is null or busy_until <= ${ctx.now}) returning id`
  if (!mine) return await copySoon(ctx.sql, new Date(ctx.now.getTime() + 5_000))
  const there = new Map<string, string>()
  try {
    const opened = await openBucket(ctx.sql, ctx.env.secret)
    if (!opened) return
    for (const [path, digest] of Object.entries(opened.files)) there.set(path, digest)
    const { revision, files } = await exportStatus(ctx.sql, ctx.env.publicUrl, ctx.now)
    const isLate = () => performance.now() - began > LEASE_MS * 0.8
    await copyAll(opened.bucket, files, there, now, isLate)
    await keep(ctx, now(), there, { revision, error: null })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    await keep(ctx, now(), there, { revision: null, error: reason.slice(0, 500) })
    throw error
  }
}

const copyAll = async (
  bucket: Bucket,
  files: readonly File[],
  there: Map<string, string>,
  now: () => Date,
  isLate: () => boolean,
): Promise<void> => {
  const changed = files.filter(({ path, text }) => there.get(path) !== digestOf(text))
  const put = async ({ path, text }: File) => {
    if (isLate()) throw new Error('the object store is too slow: the copy goes on with the next try')
    const headers = { 'content-type': fileType(path) ?? 'application/octet-stream', 'cache-control': FILE_CACHE }
    await putObject(bucket, path, text, headers, now())
    there.set(path, digestOf(text))
  }
  const queue = changed.filter(({ path }) => !LEADING.test(path))
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await put(next)
  }
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, work))
  for (const one of ended) if (one.status === 'rejected') throw one.reason as Error
  for (const file of changed.filter(({ path }) => LEADING.test(path))) await put(file)
  const kept = new Set(files.map(({ path }) => path))
  for (const path of [...there.keys()].filter((one) => !kept.has(one))) {
    await deleteObject(bucket, path, now())
    there.delete(path)
  }
}

const keep = async (
  ctx: Context,
  at: Date,
  there: ReadonlyMap<string, string>,
  { revision, error }: { revision: bigint | null; error: string | null },
): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ revision: bigint | null; lastError: string | null }[]>`
      select revision, last_error from status_bucket where id = 1 for update`
    if (!before) return
    await tx`update status_bucket set busy_until = null, files = ${JSON.stringify(Object.fromEntries(there))}::text::jsonb,
        last_error = ${error}, failing_since = case when ${error}::text is null then null
          else coalesce(failing_since, ${at}) end,
        revision = coalesce(${revision}::bigint, revision),
        uploaded_at = case when ${error}::text is null then ${at} else uploaded_at end
      where id = 1`
    if (before.lastError !== error || (revision !== null && before.revision !== revision))
      await announce(tx, 'incidents')
  })
