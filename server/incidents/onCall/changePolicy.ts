import { audit } from '../../audit.ts'
import { labelOf, type Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { announce } from '../../live.ts'
import { refuseStrangers } from './changeSchedule.ts'
import type { PolicyFields } from './policy.ts'

/** Adds an escalation policy, or changes the one of that id. @throws DomainError NOT_FOUND, CONFLICT, BAD_REQUEST */
export const savePolicy = async (ctx: Context, id: bigint | null, input: PolicyFields): Promise<bigint> =>
  await ctx.sql.begin(async (tx) => {
    const targets = input.steps.flatMap((step) => step.targets)
    await refuseStrangers(
      tx,
      targets.flatMap((target) => ('user' in target ? [target.user] : [])),
      'steps',
    )
    const schedules = targets.flatMap((target) => ('schedule' in target ? [target.schedule] : []))
    const known = await tx<{ id: bigint }[]>`select id from on_call_schedule where removed_at is null`
    if (schedules.some((one) => !known.some((row) => String(row.id) === one)))
      throw new DomainError('BAD_REQUEST', 'a schedule that it names is not there any more', { path: 'steps' })
    const [before] =
      id === null
        ? []
        : await tx`select name, steps, repeat_minutes, matchers, position from escalation_policy
            where id = ${id} and removed_at is null for update`
    if (id !== null && !before) throw new DomainError('NOT_FOUND', `no policy ${id}`)
    const [taken] = await tx`select 1 from escalation_policy where name = ${input.name} and id is distinct from ${id}`
    if (taken) throw new DomainError('CONFLICT', `there is a policy "${input.name}" already`, { path: 'name' })
    const [steps, matchers] = [JSON.stringify(input.steps), JSON.stringify(input.matchers)]
    const by = labelOf(ctx.actor)
    const [row] =
      id === null
        ? await tx<{ id: bigint }[]>`insert into escalation_policy
              (name, steps, repeat_minutes, matchers, position, updated_by, updated_at)
            values (${input.name}, ${steps}::text::jsonb, ${input.repeatMinutes}, ${matchers}::text::jsonb,
              ${input.position}, ${by}, ${ctx.now}) returning id`
        : await tx<{ id: bigint }[]>`update escalation_policy set name = ${input.name}, steps = ${steps}::text::jsonb,
              repeat_minutes = ${input.repeatMinutes}, matchers = ${matchers}::text::jsonb, position = ${input.position},
              updated_by = ${by}, updated_at = ${ctx.now} where id = ${id} returning id`
    await audit(tx, ctx, {
      action: `incidents.policy.${id === null ? 'add' : 'edit'}`,
      subject: { kind: 'escalation_policy', id: row!.id },
      before,
      after: input,
    })
    await announce(tx, 'oncall')
    return row!.id
  })

/** Nothing pages by it any more; pages that are open wake all operators instead. @throws DomainError NOT_FOUND */
export const removePolicy = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ name: string }[]>`select name, steps, repeat_minutes, matchers from escalation_policy
      where id = ${id} and removed_at is null for update`
    if (!before) throw new DomainError('NOT_FOUND', `no policy ${id}`)
    await tx`update escalation_policy set removed_at = ${ctx.now}, name = ${`${before.name} (removed ${id})`} where id = ${id}`
    await audit(tx, ctx, { action: 'incidents.policy.remove', subject: { kind: 'escalation_policy', id }, before })
    await announce(tx, 'oncall')
  })
