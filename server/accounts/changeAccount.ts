import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import type { AccountView } from './sql.ts'

/** Changes the name that people read. The one in addresses and labels stays for ever. */
export const renameAccount = async (ctx: Context, account: AccountView, displayName: string): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    await tx`update account set display_name = ${displayName} where id = ${account.id}`
    await audit(tx, ctx, {
      action: 'accounts.account.rename',
      subject: { kind: 'account', id: account.name },
      accountId: account.id,
      before: { displayName: account.displayName },
      after: { displayName },
    })
  })
}

/** What naming a plan here does, and how long: billing names it anew with the account's next change of plan. */
export type QuotaPlan = { plan: string; sets: 'quotas'; until: 'next_plan_change' }

/**
 * Names the plan whose default quotas an account has. What it pays for and may have beside quotas is billing's and stays;
 * its next change of plan names the quotas' plan again. @throws CONFLICT where it is that one already
 */
export const changePlan = async (ctx: Context, account: AccountView, plan: string): Promise<QuotaPlan> => {
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx`update account set plan = ${plan} where id = ${account.id} and plan <> ${plan} returning id`
    if (!row) throw new DomainError('CONFLICT', `${account.name} is on the plan ${plan} already`)
    await audit(tx, ctx, {
      action: 'accounts.plan.change',
      subject: { kind: 'account', id: account.name },
      accountId: account.id,
      before: { plan: account.plan },
      after: { plan, sets: 'quotas' },
    })
  })
  return { plan, sets: 'quotas', until: 'next_plan_change' }
}

/**
 * Closes an organization: nobody sees it any more, its tokens and invitations end, its containers are stopped. Its name,
 * usage and audit log stay; nobody can have the name again.
 */
export const closeAccount = async (ctx: Context, account: AccountView, typedName: string): Promise<void> => {
  if (account.kind === 'user') throw new DomainError('UNPROCESSABLE', "a person's own account closes with its user")
  if (typedName !== account.name)
    throw new DomainError('BAD_REQUEST', `type ${account.name} to close it`, { path: 'typedName' })
  await ctx.sql.begin(async (tx) => {
    const [row] =
      await tx`update account set closed_at = ${ctx.now} where id = ${account.id} and closed_at is null returning id`
    if (!row) throw new DomainError('CONFLICT', `${account.name} is closed already`)
    await tx`update api_token set revoked_at = ${ctx.now} where account_id = ${account.id} and revoked_at is null`
    await tx`update account_invitation set revoked_at = ${ctx.now}
      where account_id = ${account.id} and accepted_at is null and revoked_at is null`
    await audit(tx, ctx, {
      action: 'accounts.account.close',
      subject: { kind: 'account', id: account.name },
      accountId: account.id,
      before: { closedAt: null },
      after: { closedAt: ctx.now },
    })
    await addJob(tx, 'billing.settle_closed', { accountId: account.id.toString() })
    await addJob(tx, 'hosts.follow_holds', { accountId: account.id.toString() }, { key: `holds:${account.id}` })
  })
}
