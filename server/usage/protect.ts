import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'

/** Protects an app from commands, or lifts it. @throws DomainError NOT_FOUND */
export const protectApp = async (ctx: Context, accountId: bigint, name: string, isProtected: boolean): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ before: Date | null }[]>`
      with old as (select protected_at from app where account_id = ${accountId} and name = ${name} for update)
      update app set protected_at = ${isProtected ? ctx.now : null}, protected_by = ${isProtected ? labelOf(ctx.actor) : null}
      where account_id = ${accountId} and name = ${name} returning (select protected_at from old) as before`
    if (!row) throw new DomainError('NOT_FOUND', `no app "${name}" in this account`)
    const before = { protected: row.before !== null }
    const subject = { kind: 'app', id: name }
    // Hosts judge on their own: they have to know.
    await addJob(tx, 'abuse.publish', {}, { key: 'abuse:publish' })
    await audit(tx, ctx, { action: 'usage.app.protect', subject, accountId, before, after: { protected: isProtected } })
  })
