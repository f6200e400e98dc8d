import type { Context } from '../context.ts'
import { addJob } from '../jobs.ts'
import { announce } from '../live.ts'
import { notify } from '../notices/notify.ts'
import { incidentName, OPEN_STATES } from './state.ts'

/** Job `incidents.promises`: of an update that was promised and did not come all operators are told and whoever is on call is paged, once a promise. */
export const pagePromises = async (ctx: Context): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const missed = await tx<{ id: bigint; title: string; nextUpdateDue: Date; isDrill: boolean }[]>`
      update incident set missed_paged_at = ${ctx.now} where state = any(${[...OPEN_STATES]}::text[])
        and next_update_due <= ${ctx.now} and missed_paged_at is null
      returning id, title, next_update_due, is_drill`
    for (const { id, title, nextUpdateDue, isDrill } of missed) {
      const at = nextUpdateDue.toISOString()
      await notify(tx, ctx, {
        audience: 'operators',
        severity: 'critical',
        kind: 'incident.promise',
        title: `${isDrill ? 'DRILL: ' : ''}${incidentName(id)}: the update promised for ${at.slice(11, 16)} UTC is missing`,
        body: `${title}. Post an update, or say when the next one comes.`,
        href: `/ops/incidents/${incidentName(id)}/update`,
        key: `incident:${id}:promise:${at}`,
      })
      await addJob(tx, 'incidents.page', {
        key: `promise:${id}:${at}`,
        title: `${incidentName(id)}: the update promised for ${at.slice(11, 16)} UTC is missing`,
        body: title,
        incidentId: String(id),
        isDrill,
      })
      await announce(tx, `incident:${id}`)
    }
  })
