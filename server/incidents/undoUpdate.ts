import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { announce } from '../live.ts'
import { lockIncident } from './postUpdate.ts'
import { refold } from './refold.ts'
import { incidentName } from './state.ts'
import { touchStatusPage } from './touchStatusPage.ts'

/**
 * Takes an update back before anything of it was sent. It stays in the record as undone; everything else stands as before.
 * Undoing twice is harmless. @throws DomainError NOT_FOUND; CONFLICT where it is being sent already: correct or retract it
 */
export const undoUpdate = async (ctx: Context, updateId: bigint): Promise<{ incident: string; number: number }> =>
  await ctx.sql.begin(async (tx) => {
    const [found] = await tx<{ incidentId: bigint }[]>`select incident_id from incident_update where id = ${updateId}`
    if (!found) throw new DomainError('NOT_FOUND', `no update ${updateId}`)
    const incident = await lockIncident(tx, found.incidentId)
    const [update] = await tx<{ number: number; sendAfter: Date; undoneAt: Date | null; text: string }[]>`
      select number, send_after, undone_at, text from incident_update where id = ${updateId}`
    const { number, sendAfter, undoneAt, text } = update!
    const name = incidentName(incident.id)
    if (undoneAt) return { incident: name, number }
    if (sendAfter <= ctx.now) throw sendingAlready(number)
    await tx`update incident_update set undone_at = ${ctx.now} where id = ${updateId}`
    await tx`update delivery set state = 'skipped', next_at = null, last_error = 'undone before it was sent'
      where update_id = ${updateId} and state in ('pending', 'skipped')`
    // A worker whose clock is ahead of ours may have taken one: then something is out there.
    const [begun] = await tx`select 1 from delivery where update_id = ${updateId} and state <> 'skipped'`
    if (begun) throw sendingAlready(number)
    await refold(tx, ctx, incident.id)
    if (!incident.isDrill) await touchStatusPage(tx)
    await audit(tx, ctx, {
      action: 'incidents.update.undo',
      subject: { kind: 'incident', id: name },
      before: { number, text },
    })
    await announce(tx, `incident:${incident.id}`)
    await announce(tx, 'incidents')
    return { incident: name, number }
  })

const sendingAlready = (number: number) =>
  new DomainError('CONFLICT', `update ${number} is being sent already; correct or retract it instead`)
