import type { Context } from '../context.ts'
import { addJob } from '../jobs.ts'
import { log } from '../log.ts'
import { dueTargets, nextDue } from './deliverySql.ts'
import { deliverOne } from './deliverOne.ts'
import { noteInterrupted } from './noteInterrupted.ts'

/** What is due within this is waited for here: queues look for work every two seconds. */
const PATIENCE_MS = 3_000
/** Longer than this one run does not last; the next job goes on. */
const LONGEST_MS = 60_000
/** What could not be worked on at all is left alone for so long. */
const REST_MS = 1_000

/**
 * Job `incidents.deliver`: sends all that is due, targets beside each other, each target in order, until nothing is due
 * soon; then leaves a job for the next time something is. Any number may run at once.
 */
export const deliver = async (
  ctx: Context,
  { patienceMs = PATIENCE_MS }: { patienceMs?: number } = {},
): Promise<void> => {
  const began = performance.now()
  const now = () => new Date(ctx.now.getTime() + (performance.now() - began))
  await noteInterrupted({ ...ctx, now: now() })
  const busy = new Map<string, Promise<void>>()
  // When nothing more was to be taken, and until when to leave what could not be worked on at all.
  const idleSince = new Map<string, Date>()
  const restsUntil = new Map<string, number>()
  const isLate = () => now().getTime() - ctx.now.getTime() > LONGEST_MS
  const follow = async (target: string) => {
    let looked = now()
    try {
      while (!isLate() && (await deliverOne({ ...ctx, now: looked }, target))) looked = now()
      idleSince.set(target, looked)
    } catch (error) {
      log.error({ err: error, target }, 'a delivery could not be worked on')
      restsUntil.set(target, now().getTime() + REST_MS)
    } finally {
      busy.delete(target)
    }
  }
  let soon: Date | null
  for (;;) {
    // One instant for both: what becomes due between two would be neither due nor to come, and forgotten.
    const at = now()
    for (const { target, since } of await dueTargets(ctx.sql, at)) {
      const isNews = since > (idleSince.get(target) ?? new Date(0))
      if (!busy.has(target) && isNews && (restsUntil.get(target) ?? 0) <= at.getTime()) busy.set(target, follow(target))
    }
    soon = await nextDue(ctx.sql, at)
    const leastMs = restsUntil.size > 0 ? 250 : 5
    const waitMs = soon ? Math.max(leastMs, soon.getTime() - now().getTime()) : Infinity
    if (busy.size === 0 && (waitMs > patienceMs || isLate())) break
    await Promise.race([...busy.values(), pause(Math.min(waitMs, patienceMs, 1_000))])
    if (soon && soon <= now()) idleSince.clear()
  }
  if (soon) await addJob(ctx.sql, 'incidents.deliver', {}, { key: 'incidents.deliver:next', runAt: soon })
}

const pause = (ms: number) => new Promise<void>((done) => void setTimeout(done, ms))
