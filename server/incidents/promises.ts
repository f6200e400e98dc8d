import type { Context } from '../context.ts'
import { addJob } from '../jobs.ts'
import { announce } from '../live.ts'
import { incidentName, OPEN_STATES } from './state.ts'

/** Job `incidents.promises`: an update that was promised and did not come wakes whoever is on call, once a promise. */
export const pagePromises = async (ctx: Context): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const missed = await tx<{ id: bigint; title: string; nextUpdateDue: Date; isDrill: boolean }[]>`
      update incident set missed_paged_at = ${ctx.now} where state = any(${[...OPEN_STATES]}::text[])
        and next_update_due <= ${ctx.now} and missed_paged_at is null
      returning id, title, next_update_due, is_drill`
    for (const { id, title, nextUpdateDue, isDrill } of missed) {
      await addJob(tx, 'incidents.page', {
        key: `promise:${id}:${nextUpdateDue.toISOString()}`,
        title: `${incidentName(id)}: the update promised for ${nextUpdateDue.toISOString().slice(11, 16)} UTC is missing. ${title}`,
        incidentId: String(id),
        isDrill,
      })
      await announce(tx, `incident:${id}`)
    }
  })
