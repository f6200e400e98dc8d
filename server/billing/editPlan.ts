import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { FREE } from './planVersion.ts'

/** Makes a plan without versions: nobody can choose it until one is published. @throws CONFLICT where the key is taken */
export const createPlan = async (
  ctx: Context,
  input: { key: string; name: string; description: string },
): Promise<{ key: string }> =>
  ctx.sql.begin(async (tx) => {
    const { key, name, description } = input
    const [row] = await tx<{ id: bigint }[]>`insert into plan (key, name, description, position)
      select ${key}, ${name}, ${description}, coalesce(max(position), 0) + 1 from plan
      on conflict (key) do nothing returning id`
    if (!row) throw new DomainError('CONFLICT', `there is a plan ${key} already`, { path: 'key' })
    await audit(tx, ctx, { action: 'billing.plan.create', subject: { kind: 'plan', id: key }, after: input })
    return { key }
  })

export type PlanEdit = { key: string; name: string; description: string; isPublic: boolean; archived: boolean }

/**
 * Changes what a plan is called and whether customers can choose it. Archived, it is no longer sold; who has it keeps it.
 * @throws NOT_FOUND; UNPROCESSABLE to archive or hide Free, which everybody falls back to
 */
export const editPlan = async (ctx: Context, input: PlanEdit): Promise<void> => {
  const { key, name, description, isPublic, archived } = input
  if (key === FREE && (archived || !isPublic))
    throw new DomainError('UNPROCESSABLE', 'Free stays: everybody without another plan is on it')
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx`select name, description, is_public, archived_at from plan where key = ${key} for update`
    if (!before) throw new DomainError('NOT_FOUND', `no plan ${key}`)
    await tx`update plan set name = ${name}, description = ${description}, is_public = ${isPublic},
      archived_at = case when ${archived} then coalesce(archived_at, ${ctx.now}::timestamptz) end where key = ${key}`
    await audit(tx, ctx, { action: 'billing.plan.edit', subject: { kind: 'plan', id: key }, before, after: input })
  })
}
