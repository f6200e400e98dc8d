import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { announce } from '../live.ts'
import type { Impact } from './impact.ts'
import { acknowledgePagesOf } from './onCall/acknowledgePage.ts'
import { lockIncident } from './postUpdate.ts'
import { refold } from './refold.ts'
import { incidentName } from './state.ts'
import { touchStatusPage } from './touchStatusPage.ts'

export type IncidentFacts = {
  title?: string | undefined
  /** Corrected times: what was out, for whom and how long follows. */
  startedAt?: Date | undefined
  detectedAt?: Date | undefined
  /** What the impact is said to be; null lets it follow from the components. */
  impactOverride?: Impact | null | undefined
  /** For whoever takes over; never public. */
  handover?: string | undefined
  /** Markdown; public once the state `postmortem` is posted. */
  postmortem?: string | undefined
}

/** Changes facts that are not said in updates. @throws DomainError NOT_FOUND, BAD_REQUEST */
export const editIncident = async (ctx: Context, id: bigint, facts: IncidentFacts): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const { isDrill } = await lockIncident(tx, id)
    const [before] = await tx<
      Required<IncidentFacts>[]
    >`select title, started_at, detected_at, impact_override, handover,
      postmortem from incident where id = ${id}`
    const after = {
      ...before!,
      ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)),
    }
    if (after.startedAt! > ctx.now && facts.startedAt)
      throw new DomainError('BAD_REQUEST', 'it cannot have started in the future', { path: 'startedAt' })
    await tx`update incident set title = ${after.title!}, started_at = ${after.startedAt!},
        detected_at = ${after.detectedAt!}, impact_override = ${after.impactOverride ?? null},
        handover = ${after.handover!}, postmortem = ${after.postmortem ?? null}, updated_at = ${ctx.now}
      where id = ${id}`
    await follow(tx, ctx, id, isDrill)
    await audit(tx, ctx, {
      action: 'incidents.incident.edit',
      subject: { kind: 'incident', id: incidentName(id) },
      before,
      after: facts,
    })
  })

const follow = async (tx: Tx, ctx: Context, id: bigint, isDrill: boolean) => {
  await refold(tx, ctx, id)
  if (!isDrill) await touchStatusPage(tx)
  await addJob(tx, 'incidents.settle', { incidentId: String(id) }, { key: `settle:${id}` })
  await announce(tx, `incident:${id}`)
  await announce(tx, 'incidents')
}

/** Somebody is on it. The first to say so is kept. */
export const acknowledgeIncident = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    await lockIncident(tx, id)
    await acknowledgePagesOf(tx, ctx, id)
    const [row] = await tx`update incident set acknowledged_at = ${ctx.now}, acknowledged_by = ${labelOf(ctx.actor)}
      where id = ${id} and acknowledged_at is null returning id`
    if (!row) return
    await audit(tx, ctx, {
      action: 'incidents.incident.acknowledge',
      subject: { kind: 'incident', id: incidentName(id) },
    })
    await announce(tx, `incident:${id}`)
  })

/** Throws a draft away that nothing was said of. @throws DomainError NOT_FOUND, CONFLICT */
export const discardIncident = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const { title } = await lockIncident(tx, id)
    const [said] = await tx`select 1 from incident_update where incident_id = ${id}`
    if (said) throw new DomainError('CONFLICT', `${incidentName(id)} was told of already; resolve or retract it`)
    await tx`update alert set incident_id = null where incident_id = ${id}`
    await tx`update page set incident_id = null where incident_id = ${id}`
    await tx`delete from incident_draft where incident_id = ${id}`
    await tx`delete from incident where id = ${id}`
    await audit(tx, ctx, {
      action: 'incidents.incident.discard',
      subject: { kind: 'incident', id: incidentName(id) },
      before: { title },
    })
    await announce(tx, 'incidents')
  })
