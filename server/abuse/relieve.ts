import type { Context } from '../context.ts'
import { act, type Target } from './act.ts'

/** What the control plane slowed is looked at again after so long, as hosts look at what they slowed. */
export const LOOK_AGAIN_MS = 600_000

/**
 * Lifts throttles that the control plane asked for where the life has shown nothing of the kind for `LOOK_AGAIN_MS`. What
 * a host slowed by itself it looks at and gives back by itself, without us.
 */
export const relieve = async (ctx: Context): Promise<void> => {
  const since = new Date(ctx.now.getTime() - LOOK_AGAIN_MS)
  const due = await ctx.sql<(Omit<Target, 'epoch'> & { epoch: bigint; caseId: bigint; name: string })[]>`
    select c.host_id, c.epoch, c.container_id, seen.name, seen.case_id from command c
    join lateral (select s.case_id, s.name from abuse_sighting s where s.host_id = c.host_id and s.epoch = c.epoch
      order by s.id desc limit 1) seen on true
    where c.key like 'abuse:throttle:throttle:%' and c.state = 'done' and c.finished_at <= ${since}
      and not exists (select from command u where u.host_id = c.host_id and u.epoch = c.epoch and u.id > c.id
        and u.kind in ('throttle', 'unthrottle', 'stop', 'delete'))
      and not exists (select from abuse_sighting s where s.host_id = c.host_id and s.epoch = c.epoch
        and s.seen_at > ${since} and s.verdict in ('throttle', 'stop'))
    order by c.id`
  for (const { caseId, epoch, ...life } of due) {
    const target = { ...life, epoch: Number(epoch) }
    await ctx.sql.begin((tx) =>
      act(tx, ctx, caseId, target, 'unthrottle', { key: 'relief', why: 'nothing more was seen for ten minutes' }),
    )
  }
}
