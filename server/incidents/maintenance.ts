import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { log } from '../log.ts'
import { MINUTE_MS } from '../time.ts'
import { fillTemplate } from './fillTemplate.ts'
import { maintenanceSteps, REMIND_MINUTES } from './maintenanceSteps.ts'
import { openIncident } from './openIncident.ts'
import { lockIncident, postUpdateIn, UNDO_MS, type Posted } from './postUpdate.ts'
import { incidentName, isOver } from './state.ts'
import { templateNamed } from './templateSql.ts'

export type NewMaintenance = {
  title: string
  text: string
  componentIds: readonly bigint[]
  hosts: readonly number[]
  scheduledFor: Date
  scheduledUntil: Date
  audience: 'everybody' | 'affected'
  isDrill: boolean
  requestId: string
}

/** Nobody reads a number above all that will ever be posted: whoever posts by the clock has seen everything. */
const SAW_ALL = Number.MAX_SAFE_INTEGER

/**
 * Announces a maintenance. It starts, reminds and ends by itself, and holds its components' state while it goes on.
 * @throws DomainError BAD_REQUEST where it ends before it starts
 */
export const scheduleMaintenance = async (ctx: Context, input: NewMaintenance): Promise<Posted> =>
  await ctx.sql.begin(async (tx) => {
    refuseTimes(ctx, input)
    const { id } = await openIncident(tx, ctx, {
      kind: 'maintenance',
      title: input.title,
      startedAt: input.scheduledFor,
      audience: input.audience,
      isDrill: input.isDrill,
      requestId: input.requestId,
    })
    await setWindow(tx, id, input)
    return await postUpdateIn(tx, ctx, {
      incidentId: id,
      requestId: `${input.requestId}:scheduled`,
      state: 'scheduled',
      text: input.text,
      components: input.componentIds.map((componentId) => ({ componentId, status: 'under_maintenance' })),
      hosts: input.hosts,
      nextUpdateMinutes: null,
      sawUpdate: SAW_ALL,
    })
  })

/** Moves a maintenance that has not ended, and says so. @throws DomainError NOT_FOUND, CONFLICT, BAD_REQUEST */
export const moveMaintenance = async (
  ctx: Context,
  input: { incidentId: bigint; scheduledFor: Date; scheduledUntil: Date; text: string; requestId: string },
): Promise<Posted> =>
  await ctx.sql.begin(async (tx) => {
    const found = await lockIncident(tx, input.incidentId)
    if (found.kind !== 'maintenance' || found.state === 'draft' || isOver(found.state))
      throw new DomainError('CONFLICT', `${incidentName(found.id)} is no maintenance that is still to come or going on`)
    if (found.state === 'scheduled') refuseTimes(ctx, input)
    const [before] = await tx<{ scheduledFor: Date; scheduledUntil: Date }[]>`
      select scheduled_for, scheduled_until from incident where id = ${found.id}`
    const startsAt = found.state === 'scheduled' ? input.scheduledFor : before!.scheduledFor
    await setWindow(tx, found.id, { scheduledFor: startsAt, scheduledUntil: input.scheduledUntil })
    await audit(tx, ctx, {
      action: 'incidents.maintenance.move',
      subject: { kind: 'incident', id: incidentName(found.id) },
      before,
      after: { scheduledFor: startsAt, scheduledUntil: input.scheduledUntil },
    })
    return await postUpdateIn(tx, ctx, {
      incidentId: found.id,
      requestId: input.requestId,
      state: found.state === 'scheduled' ? 'scheduled' : 'in_progress',
      text: input.text,
      components: [],
      nextUpdateMinutes: null,
      sawUpdate: SAW_ALL,
    })
  })

const refuseTimes = (
  { now }: Context,
  { scheduledFor, scheduledUntil }: { scheduledFor: Date; scheduledUntil: Date },
) => {
  if (scheduledUntil <= scheduledFor)
    throw new DomainError('BAD_REQUEST', 'it has to end after it starts', { path: 'scheduledUntil' })
  if (scheduledFor.getTime() < now.getTime() - 5 * MINUTE_MS)
    throw new DomainError('BAD_REQUEST', 'that start has passed; what was is written down as a past incident', {
      path: 'scheduledFor',
    })
}

const setWindow = async (
  tx: Tx,
  id: bigint,
  { scheduledFor, scheduledUntil }: { scheduledFor: Date; scheduledUntil: Date },
) => {
  await tx`update incident set scheduled_for = ${scheduledFor}, scheduled_until = ${scheduledUntil},
    started_at = ${scheduledFor} where id = ${id}`
  // To the second, whatever the clock's minute; what is posted can be undone until then.
  for (const at of [
    scheduledFor,
    scheduledUntil,
    ...REMIND_MINUTES.map((m) => new Date(+scheduledFor - m * MINUTE_MS)),
  ])
    await addJob(tx, 'incidents.maintenance', {}, { runAt: new Date(at.getTime() + UNDO_MS) })
}

type Due = {
  id: bigint
  title: string
  state: 'scheduled' | 'in_progress' | 'verifying'
  scheduledFor: Date
  scheduledUntil: Date
  createdAt: Date
}

/** Job `incidents.maintenance`: starts, reminds of and ends what is due, by the times that were announced. */
export const keepMaintenances = async (ctx: Context): Promise<void> => {
  const found = await ctx.sql<Due[]>`
    select i.id, i.title, i.state, i.scheduled_for, i.scheduled_until, i.created_at from incident i
    where i.kind = 'maintenance' and i.state in ('scheduled', 'in_progress', 'verifying')
      and i.scheduled_for <= ${ctx.now}::timestamptz + interval '25 hours'
      and not exists (select 1 from incident_update u
        where u.incident_id = i.id and u.undone_at is null and u.send_after > ${ctx.now})`
  for (const one of found) {
    try {
      await ctx.sql.begin((tx) => follow(tx, ctx, one))
    } catch (error) {
      // One that cannot be moved on must not hold up the others; the next minute tries again.
      log.error({ err: error, incident: incidentName(one.id) }, 'a maintenance could not be moved on')
    }
  }
}

const follow = async (tx: Tx, ctx: Context, due: Due) => {
  const template = await templateNamed(tx, 'maintenance', 'maintenance')
  for (const step of maintenanceSteps(due, ctx.now)) {
    const [posted] = await tx`select 1 from incident_update where request_id = ${step.requestId}`
    if (posted) continue
    const words = { title: due.title, until: clock(due.scheduledUntil), from: clock(due.scheduledFor) }
    await postUpdateIn(tx, ctx, {
      incidentId: due.id,
      requestId: step.requestId,
      state: step.state,
      kind: step.kind,
      text: fillTemplate(template?.texts[step.words] ?? step.fallback, words),
      components: [],
      nextUpdateMinutes: null,
      sawUpdate: SAW_ALL,
      displayAt: step.at,
      undoMs: 0,
    })
  }
}

const clock = (at: Date) => `${at.toISOString().slice(0, 10)} ${at.toISOString().slice(11, 16)} UTC`
