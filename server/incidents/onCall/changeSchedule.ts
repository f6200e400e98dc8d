import type { Tx } from '#db/client.ts'
import { audit } from '../../audit.ts'
import { labelOf, type Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { announce } from '../../live.ts'
import type { Schedule } from './schedule.ts'
import { allOperators } from './whoIsOnCall.ts'

/** Adds a schedule, or changes the one of that id. @throws DomainError NOT_FOUND, CONFLICT, BAD_REQUEST (no operator) */
export const saveSchedule = async (
  ctx: Context,
  id: bigint | null,
  input: Schedule & { name: string },
): Promise<bigint> =>
  await ctx.sql.begin(async (tx) => {
    await refuseStrangers(
      tx,
      input.layers.flatMap(({ users }) => users),
      'layers',
    )
    const layers = JSON.stringify(input.layers)
    const by = labelOf(ctx.actor)
    const [before] =
      id === null
        ? []
        : await tx`select name, time_zone, layers from on_call_schedule where id = ${id} and removed_at is null for update`
    if (id !== null && !before) throw new DomainError('NOT_FOUND', `no schedule ${id}`)
    const [taken] = await tx`select 1 from on_call_schedule where name = ${input.name} and id is distinct from ${id}`
    if (taken) throw new DomainError('CONFLICT', `there is a schedule "${input.name}" already`, { path: 'name' })
    const [row] =
      id === null
        ? await tx<{ id: bigint }[]>`insert into on_call_schedule (name, time_zone, layers, updated_by, updated_at)
            values (${input.name}, ${input.timeZone}, ${layers}::text::jsonb, ${by}, ${ctx.now}) returning id`
        : await tx<{ id: bigint }[]>`update on_call_schedule set name = ${input.name}, time_zone = ${input.timeZone},
            layers = ${layers}::text::jsonb, updated_by = ${by}, updated_at = ${ctx.now} where id = ${id} returning id`
    await audit(tx, ctx, {
      action: `incidents.schedule.${id === null ? 'add' : 'edit'}`,
      subject: { kind: 'on_call_schedule', id: row!.id },
      before,
      after: input,
    })
    await announce(tx, 'oncall')
    return row!.id
  })

/** Nobody is on call by it any more. @throws DomainError NOT_FOUND; CONFLICT while a policy names it */
export const removeSchedule = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ name: string }[]>`select name, time_zone, layers from on_call_schedule
      where id = ${id} and removed_at is null for update`
    if (!before) throw new DomainError('NOT_FOUND', `no schedule ${id}`)
    const [used] = await tx<{ name: string }[]>`select name from escalation_policy where removed_at is null
      and jsonb_path_exists(steps, '$[*].targets[*].schedule ? (@ == $id)', ${JSON.stringify({ id: String(id) })}::text::jsonb)`
    if (used) throw new DomainError('CONFLICT', `the policy "${used.name}" names it; change that first`)
    await tx`update on_call_schedule set removed_at = ${ctx.now}, name = ${`${before.name} (removed ${id})`} where id = ${id}`
    await audit(tx, ctx, { action: 'incidents.schedule.remove', subject: { kind: 'on_call_schedule', id }, before })
    await announce(tx, 'oncall')
  })

export type NewOverride = { scheduleId: bigint; userId: string; from: Date; until: Date }

/** Somebody takes a time, whatever the turns say. @throws DomainError NOT_FOUND, BAD_REQUEST */
export const addOverride = async (ctx: Context, input: NewOverride): Promise<bigint> =>
  await ctx.sql.begin(async (tx) => {
    const { scheduleId, userId, from, until } = input
    const [known] = await tx`select 1 from on_call_schedule where id = ${scheduleId} and removed_at is null`
    if (!known) throw new DomainError('NOT_FOUND', `no schedule ${scheduleId}`)
    await refuseStrangers(tx, [userId], 'userId')
    if (until <= from || until <= ctx.now)
      throw new DomainError('BAD_REQUEST', 'it has to end after it begins, and in the future', { path: 'until' })
    const [row] = await tx<{ id: bigint }[]>`
      insert into on_call_override (schedule_id, user_id, from_at, until_at, created_by, created_at)
      values (${scheduleId}, ${userId}, ${from}, ${until}, ${labelOf(ctx.actor)}, ${ctx.now}) returning id`
    await audit(tx, ctx, {
      action: 'incidents.override.add',
      subject: { kind: 'on_call_override', id: row!.id },
      after: input,
    })
    await announce(tx, 'oncall')
    return row!.id
  })

/** The turns hold again. @throws DomainError NOT_FOUND */
export const removeOverride = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [before] =
      await tx`update on_call_override set removed_at = ${ctx.now} where id = ${id} and removed_at is null
      returning schedule_id, user_id, from_at, until_at`
    if (!before) throw new DomainError('NOT_FOUND', `no override ${id}`)
    await audit(tx, ctx, { action: 'incidents.override.remove', subject: { kind: 'on_call_override', id }, before })
    await announce(tx, 'oncall')
  })

/** @throws BAD_REQUEST for whoever is no operator: what they would be woken for they could not open */
export const refuseStrangers = async (tx: Tx, users: readonly string[], path: string): Promise<void> => {
  const operators = await allOperators(tx)
  const stranger = users.find((userId) => !operators.includes(userId))
  if (stranger !== undefined) throw new DomainError('BAD_REQUEST', 'only operators can be on call', { path })
}
