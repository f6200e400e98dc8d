import type { Context } from '../../context.ts'
import { addJob } from '../../jobs.ts'
import { tellSubscribers } from './tellSubscribers.ts'

const AGAIN_MS = 1_000

/**
 * Job `incidents.tell_subscribers`, one run at a time over all workers: receivers that answer slowly, however many, hold
 * one of the places where jobs run, and channels and pages have the others. Who meets another's run comes again.
 */
export const tellAlone = async (ctx: Context): Promise<void> => {
  const isAlone = await ctx.sql.begin(async (tx) => {
    const [lock] = await tx<{ mine: boolean }[]>`
      select pg_try_advisory_xact_lock(hashtext('incidents.tell_subscribers')) as mine`
    if (lock?.mine) await tellSubscribers(ctx)
    return lock?.mine === true
  })
  if (isAlone) return
  const runAt = new Date(ctx.now.getTime() + AGAIN_MS)
  await addJob(ctx.sql, 'incidents.tell_subscribers', {}, { key: 'incidents.tell_subscribers:next', runAt })
}
