import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { announce } from '../../live.ts'
import { incidentName } from '../state.ts'
import { draftFor, isDrill, type Fresh } from './wakeFor.ts'

/** The incident of an alert; where it has none a draft is opened from it. Nobody is woken. @throws DomainError NOT_FOUND */
export const openFor = async (ctx: Context, alertId: bigint): Promise<string> =>
  await ctx.sql.begin(async (tx) => {
    const [alert] = await tx<(Fresh & { incidentId: bigint | null })[]>`
      select id, title, severity, labels, annotations, host_ids, group_key, starts_at, incident_id from alert
      where id = ${alertId} for update`
    if (!alert) throw new DomainError('NOT_FOUND', `no alert ${alertId}`)
    if (alert.incidentId !== null) return incidentName(alert.incidentId)
    const incidentId = await draftFor(tx, ctx, [alert], isDrill([alert]))
    await tx`update alert set incident_id = ${incidentId} where id = ${alertId}`
    await announce(tx, 'alerts')
    return incidentName(incidentId)
  })
