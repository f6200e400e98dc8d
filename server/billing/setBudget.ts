import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { announce } from '../live.ts'
import { lockAccount } from './capAct.ts'
import { minorOf, settleSoon } from './editProfile.ts'
import { ensureProfile } from './ensureProfile.ts'
import type { CapAction, SpendRules } from './spendJudge.ts'
import { lifted } from './watchSpend.ts'

type Account = { id: bigint; name: string }

/**
 * Sets what an account wants to spend a billing period before tax, in major units; null is no limit. A budget tells, a cap
 * acts. Alerts begin anew with another budget, and another cap or action frees what the one before had stopped unless it is
 * reached as well.
 * @throws BAD_REQUEST for amounts that are none, and a cap below the budget
 */
export const setBudget = async (
  ctx: Context,
  { id: accountId, name: account }: Account,
  wanted: { budget: string | null; cap: string | null; capAction: CapAction },
): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    await lockAccount(tx, accountId)
    const { currency } = await ensureProfile(tx, ctx, { accountId })
    const after: SpendRules = {
      budgetMinor: wanted.budget === null ? null : minorOf(wanted.budget, currency, 'budget'),
      capMinor: wanted.cap === null ? null : minorOf(wanted.cap, currency, 'cap'),
      capAction: wanted.capAction,
    }
    if (after.budgetMinor !== null && after.capMinor !== null && after.capMinor < after.budgetMinor)
      throw new DomainError('BAD_REQUEST', 'a cap is at least the budget: you are told before it acts', { path: 'cap' })
    const [before] = await tx<SpendRules[]>`select budget_minor, cap_minor, cap_action from billing_profile
      where account_id = ${accountId} for no key update`
    await tx`update billing_profile set budget_minor = ${after.budgetMinor}, cap_minor = ${after.capMinor},
        cap_action = ${after.capAction}, updated_at = ${ctx.now} where account_id = ${accountId}`
    await audit(tx, ctx, {
      action: 'billing.budget.set',
      subject: { kind: 'billing_profile', id: accountId },
      accountId,
      before,
      after,
    })
    if (before?.budgetMinor !== after.budgetMinor)
      await tx`update spend_state set told_percent = 0 where account_id = ${accountId} and period_start = (
        select period_start from subscription where account_id = ${accountId} and state <> 'canceled')`
    if (before?.capMinor !== after.capMinor || before?.capAction !== after.capAction)
      await beginAnew(tx, ctx, accountId, account, after)
    await settleSoon(tx, accountId)
    await announce(tx, `account:${accountId}`)
  })
}

type Tx = Parameters<typeof lockAccount>[0]

/** Another cap may be reached again. What the last one did stays only where the new one does the same or more. */
const beginAnew = async (tx: Tx, ctx: Context, accountId: bigint, account: string, rules: SpendRules) => {
  const cap = rules.capAction === 'notify' ? null : rules.capMinor
  const freed = await tx<{ periodStart: Date }[]>`
    with old as (select account_id, period_start, capped_at, lifted_at from spend_state
      where account_id = ${accountId} and period_start = (
        select period_start from subscription where account_id = ${accountId} and state <> 'canceled') for update)
    update spend_state s set cap_crossed_at = null, lifted_at = null,
      capped_at = case when old.lifted_at is null and s.spent_minor >= ${cap} then old.capped_at end
    from old where s.account_id = old.account_id and s.period_start = old.period_start
    returning case when old.capped_at is not null and old.lifted_at is null and s.capped_at is null
      then s.period_start end as period_start`
  for (const { periodStart } of freed)
    if (periodStart !== null)
      await lifted(tx, ctx, { accountId, account, periodStart, why: `The cap was changed by ${labelOf(ctx.actor)}.` })
}

/**
 * Lifts a cap by hand for the rest of the billing period: what it stopped starts again, and spending goes on without it.
 * @throws CONFLICT where none holds
 */
export const liftCap = async (ctx: Context, { id: accountId, name: account }: Account): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    await lockAccount(tx, accountId)
    const rows = await tx<{ periodStart: Date }[]>`update spend_state set lifted_at = ${ctx.now}
      where account_id = ${accountId} and capped_at is not null and lifted_at is null returning period_start`
    if (rows.length === 0) throw new DomainError('CONFLICT', 'no spend cap holds now; somebody may have lifted it')
    for (const { periodStart } of rows)
      await lifted(tx, ctx, { accountId, account, periodStart, why: `${labelOf(ctx.actor)} lifted it.` })
  })
}
