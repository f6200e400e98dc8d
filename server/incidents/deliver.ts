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
  // Nothing more to take for now, and until when to leave what could not be worked on at all.
  const idle = new Set<string>()
  const restsUntil = new Map<string, number>()
  const isLate = () => now().getTime() - ctx.now.getTime() > LONGEST_MS
  const follow = async (target: string) => {
    try {
      while (!isLate() && (await deliverOne({ ...ctx, now: now() }, target)));
    } catch (error) {
      log.error({ err: error, target }, 'a delivery could not be worked on')
      restsUntil.set(target, now().getTime() + REST_MS)
    } finally {
      idle.add(target)
      busy.delete(target)
    }
  }
  for (;;) {
    for (const target of await dueTargets(ctx.sql, now()))
      if (!busy.has(target) && !idle.has(target) && (restsUntil.get(target) ?? 0) <= now().getTime())
        busy.set(target, follow(target))
    const soon = await nextDue(ctx.sql, now())
    const leastMs = restsUntil.size > 0 ? 250 : 5
    const waitMs = soon ? Math.max(leastMs, soon.getTime() - now().getTime()) : Infinity
    if (busy.size === 0 && (waitMs > patienceMs || isLate())) break
    await Promise.race([...busy.values(), pause(Math.min(waitMs, patienceMs, 1_000))])
    if (soon && soon <= now()) idle.clear()
  }
  const next = await nextDue(ctx.sql, now())
  if (next) await addJob(ctx.sql, 'incidents.deliver', {}, { key: 'incidents.deliver:next', runAt: next })
}

const pause = (ms: number) => new Promise<void>((done) => void setTimeout(done, ms))
