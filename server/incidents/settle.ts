import type { Context } from '../context.ts'
import { addJobs, type JobPayload } from '../jobs.ts'
import { incidentName, isOver } from './state.ts'

type Row = { accountId: bigint; app: string; fromAt: Date; untilAt: Date }

/**
 * Job `incidents.settle`: has billing credit the apps that an outage made unreachable, as the record stands now. What was
 * corrected is told again with its new times; what never was is told without length, which takes its credit back.
 * Announced maintenance, drills and what only was slow are not credited.
 */
export const settleIncident = async (ctx: Context, { incidentId }: JobPayload<'incidents.settle'>): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [incident] = await tx<{ kind: string; state: string; impact: string; isDrill: boolean }[]>`
      select kind, state, impact, is_drill from incident where id = ${incidentId} for share`
    if (!incident || incident.kind !== 'incident' || incident.isDrill || !isOver(incident.state)) return
    const isOutage = incident.impact === 'major' || incident.impact === 'critical'
    const rows = await tx<Row[]>`select account_id, app, from_at, until_at from incident_account
      where incident_id = ${incidentId} and until_at is not null order by account_id, app`
    await addJobs(
      tx,
      rows.map(({ accountId, app, fromAt, untilAt }) => {
        const payload: JobPayload<'billing.credit_outage'> = {
          accountId: String(accountId),
          app,
          incident: incidentName(BigInt(incidentId)),
          start: fromAt.toISOString(),
          end: (isOutage ? untilAt : fromAt).toISOString(),
        }
        return { name: 'billing.credit_outage' as const, payload }
      }),
    )
  })
