import type { Context } from '../context.ts'
import type { JobPayload } from '../jobs.ts'
import { announce } from '../live.ts'
import { log } from '../log.ts'
import { copySoon } from './statusBucket.ts'
import { statusFiles } from './statusPage/files.ts'
import { replaceFolder } from './statusPage/folder.ts'
import { readRecord } from './statusPage/record.ts'

// Two that render at once would show the older last. Any number will do that no other lock has.
const LOCK = 7_205_759

/**
 * Renders the public status page from what the public was told so far, and shows it whole. Harmless to repeat.
 * What fails is kept on the page's row, and thrown for the job to be tried again; the files of before stay.
 */
export const renderStatus = async (ctx: Context): Promise<void> => {
  try {
    await ctx.sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${LOCK})`
      const [before] = await tx<
        { renderedRevision: bigint | null; renderedAt: Date | null; lastError: string | null }[]
      >`
        select rendered_revision, rendered_at, last_error from status_page where id = 1`
      // Whoever waited for the lock began earlier, and would hide again what may be seen by now.
      const now = before!.renderedAt && before!.renderedAt > ctx.now ? before!.renderedAt : ctx.now
      const record = await readRecord(tx, ctx.env.publicUrl, now)
      await replaceFolder(ctx.env.dataDir, statusFiles(record))
      await tx`update status_page set rendered_revision = ${record.revision}, rendered_at = ${now}, last_error = null
        where id = 1`
      await copySoon(tx)
      // The one every few minutes is no news.
      if (before!.renderedRevision !== record.revision || before!.lastError !== null) await announce(tx, 'incidents')
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    await ctx.sql`update status_page set last_error = ${reason.slice(0, 500)} where id = 1`.catch(() => {})
    throw error
  }
}

/** Longer than this no job waits: what is later has a job of its own. */
const LONGEST_WAIT_MS = 5_000

/** Job `incidents.render_status`: renders the page, not before `at`, when what was posted may be seen. */
export const renderFrom = async (ctx: Context, { at }: JobPayload<'incidents.render_status'>): Promise<void> => {
  const waitMs = at === undefined ? 0 : Date.parse(at) - ctx.now.getTime()
  if (waitMs <= 0) return await renderStatus(ctx)
  await new Promise<void>((done) => void setTimeout(done, Math.min(waitMs, LONGEST_WAIT_MS)))
  await renderStatus({ ...ctx, now: new Date(ctx.now.getTime() + waitMs) })
}

/** The same as a process begins, which serves also where this fails. */
export const renderAtStart = async (ctx: Context): Promise<void> => {
  try {
    await renderStatus(ctx)
  } catch (error) {
    log.warn({ err: error }, 'the status page could not be rendered; it is tried again within minutes')
  }
}
