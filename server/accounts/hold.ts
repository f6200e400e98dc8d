import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import type { Sql } from '#db/client.ts'
import { activeHolds, type AccountView, type Hold } from './sql.ts'

export const HOLD_KINDS = ['billing', 'abuse', 'admin'] as const satisfies readonly Hold['kind'][]

/**
 * Suspends an account for one more reason. Its members are told, its containers stopped by the job; its data stays.
 * @throws CONFLICT where a hold of that kind is on it already
 */
export const placeHold = async (
  ctx: Context,
  account: Pick<AccountView, 'id' | 'name'>,
  input: { kind: Hold['kind']; reason: string },
): Promise<{ id: bigint }> =>
  ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ id: bigint }[]>`insert into account_hold (account_id, kind, reason, placed_by, placed_at)
      values (${account.id}, ${input.kind}, ${input.reason}, ${labelOf(ctx.actor)}, ${ctx.now})
      on conflict (account_id, kind) where lifted_at is null do nothing returning id`
    if (!row)
      throw new DomainError(
        'CONFLICT',
        `${account.name} has a ${input.kind} hold already; lift it first to change its reason`,
      )
    await audit(tx, ctx, {
      action: 'accounts.hold.place',
      subject: { kind: 'hold', id: row.id },
      accountId: account.id,
      after: input,
    })
    await addJob(tx, 'hosts.follow_holds', { accountId: account.id.toString() }, { key: `holds:${account.id}` })
    await addJob(tx, 'notices.hold_changed', { holdId: row.id.toString(), lifted: false })
    return row
  })

/** An account's holds that are not lifted, oldest first; for domains that place their own. */
export const holdsOn = (sql: Sql, accountId: bigint): Promise<Hold[]> => activeHolds(sql, accountId)

/** Lifts a hold. The account works again once none is left. @throws CONFLICT where it was lifted before */
export const liftHold = async (
  ctx: Context,
  account: Pick<AccountView, 'id' | 'name'>,
  input: { holdId: string; note: string },
): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ kind: string; reason: string }[]>`
      update account_hold set lifted_at = ${ctx.now}, lifted_by = ${labelOf(ctx.actor)}
      where id = ${input.holdId} and account_id = ${account.id} and lifted_at is null returning kind, reason`
    if (!row) throw new DomainError('CONFLICT', `${account.name} has no such hold; somebody may have lifted it`)
    await audit(tx, ctx, {
      action: 'accounts.hold.lift',
      subject: { kind: 'hold', id: input.holdId },
      accountId: account.id,
      before: row,
      after: { note: input.note },
    })
    await addJob(tx, 'hosts.follow_holds', { accountId: account.id.toString() }, { key: `holds:${account.id}` })
    await addJob(tx, 'notices.hold_changed', { holdId: input.holdId, lifted: true })
  })
}
