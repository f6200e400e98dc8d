import type { Sql, Tx } from '#db/client.ts'
import { Counter } from 'prom-client'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import type { JobPayload } from '../jobs.ts'
import { announce } from '../live.ts'
import { registry } from '../metrics.ts'
import { majorText } from '../money.ts'
import { sendEvent } from '../notices/sendEvent.ts'
import { MINUTE_MS } from '../time.ts'
import { actOnCap, lockAccount, undoCap } from './capAct.ts'
import { judgeSpend, type SpendRules, type SpendState } from './spendJudge.ts'
import { spendSoFar, type Spend } from './spendOf.ts'
import { budgetWords, capNearWords, capWords, liftWords, moneyText } from './spendWords.ts'
import { tellBilling } from './tellBilling.ts'

/** Without news of usage a spend is computed anew this often. */
const COMPUTES_AGAIN_MS = 10 * MINUTE_MS

const capsTotal = new Counter({
  name: 'wharf_billing_caps_total',
  help: 'Spend caps that were reached, by what was done.',
  labelNames: ['action'],
  registers: [registry],
})

/** Accounts with a budget or cap: the named ones, or those that nothing was computed of lately, and those capped. */
const watched = async (sql: Sql, now: Date, accountIds: readonly string[] | undefined): Promise<bigint[]> => {
  const rows = await sql<{ accountId: bigint }[]>`
    select p.account_id from billing_profile p
    where (p.budget_minor is not null or p.cap_minor is not null)
      and ${
        accountIds
          ? sql`p.account_id = any(${[...accountIds]}::bigint[])`
          : sql`not exists (select from spend_state s where s.account_id = p.account_id
              and s.computed_at > ${new Date(now.getTime() - COMPUTES_AGAIN_MS)})`
      }
    union select s.account_id from spend_state s where s.capped_at is not null and s.lifted_at is null
      and ${accountIds ? sql`s.account_id = any(${[...accountIds]}::bigint[])` : sql`true`}
    order by account_id`
  return rows.map((row) => row.accountId)
}

/**
 * Job `billing.watch_spend`: computes what accounts with a budget or cap have spent, tells of budgets, and acts at caps.
 * Added with the accounts whose hours were rolled; the clock sees to the others, to ended periods and to new containers.
 */
export const watchSpend = async (ctx: Context, payload: JobPayload<'billing.watch_spend'>): Promise<void> => {
  const failed: unknown[] = []
  for (const accountId of await watched(ctx.sql, ctx.now, payload.accountIds)) {
    try {
      await settleSpend(ctx, accountId)
    } catch (error) {
      failed.push(error)
    }
  }
  if (failed.length > 0) throw new AggregateError(failed, `the spend of ${failed.length} accounts was not settled`)
}

type Rules = SpendRules & { account: string }

/** Computes what an account has spent in the running period, and does what follows. Harmless to repeat. */
export const settleSpend = async (ctx: Context, accountId: bigint): Promise<void> => {
  const spend = await spendSoFar(ctx.sql, accountId, ctx.now)
  // A period that is over acts no more, also while it still waits to be closed.
  const running = spend && spend.window.end > ctx.now ? spend : undefined
  await ctx.sql.begin(async (tx) => {
    await lockAccount(tx, accountId)
    const [rules] = await tx<Rules[]>`
      select a.name as account, p.budget_minor, p.cap_minor, coalesce(p.cap_action, 'notify') as cap_action
      from account a left join billing_profile p on p.account_id = a.id where a.id = ${accountId}`
    if (!rules) return
    await endRounds(tx, ctx, accountId, rules.account, running?.window.start ?? null)
    if (running) await settleIn(tx, ctx, accountId, running, rules)
  })
}

/** Caps of periods that are over hold no longer. */
const endRounds = async (tx: Tx, ctx: Context, accountId: bigint, account: string, current: Date | null) => {
  const over = await tx<{ periodStart: Date }[]>`update spend_state set lifted_at = ${ctx.now}
    where account_id = ${accountId} and capped_at is not null and lifted_at is null
      and period_start is distinct from ${current}::timestamptz returning period_start`
  for (const { periodStart } of over)
    await lifted(tx, ctx, { accountId, account, periodStart, why: 'The billing period ended.' })
}

/** Undoes what a cap did, tells and records it. The row says already that it is lifted. */
export const lifted = async (
  tx: Tx,
  ctx: Context,
  of: { accountId: bigint; account: string; periodStart: Date; why: string },
): Promise<void> => {
  const { accountId, account, periodStart, why } = of
  const released = await undoCap(tx, ctx, accountId)
  const subject = { kind: 'spend_cap', id: periodStart.toISOString() }
  await audit(tx, ctx, { action: 'billing.cap.lift', subject, accountId, after: { why, containers: released } })
  await tellBilling(tx, ctx, {
    account,
    accountId,
    severity: 'warning',
    kind: 'cap.lifted',
    ...liftWords(why),
    href: `/${account}/spend`,
    key: `cap:${accountId}:${periodStart.toISOString()}:lifted:${ctx.now.toISOString()}`,
  })
  await announce(tx, `account:${accountId}`)
}

/** Keeps the greatest time of computing: of two that computed at once the older result gives way. */
const keepState = async (tx: Tx, ctx: Context, accountId: bigint, spend: Spend): Promise<SpendState | undefined> => {
  const [row] = await tx<SpendState[]>`
    insert into spend_state (account_id, period_start, spent_minor, computed_at)
    values (${accountId}, ${spend.window.start}, ${spend.live.usage}, ${ctx.now})
    on conflict (account_id, period_start) do update set spent_minor = excluded.spent_minor,
      computed_at = excluded.computed_at where spend_state.computed_at <= excluded.computed_at
    returning told_percent, cap_crossed_at, capped_at, lifted_at`
  return row
}

const settleIn = async (tx: Tx, ctx: Context, accountId: bigint, spend: Spend, rules: Rules): Promise<void> => {
  const state = await keepState(tx, ctx, accountId, spend)
  if (!state) return
  const { account, budgetMinor, capMinor, capAction } = rules
  const { window, currency } = spend
  const spent = spend.live.usage
  const verdict = judgeSpend(spent, rules, state)
  const amounts = { spent, currency, periodEnd: window.end }
  const row = tx`account_id = ${accountId} and period_start = ${window.start}`
  const period = `${accountId}:${window.start.toISOString()}`
  const told = { account, accountId, href: `/${account}/spend` }
  if (verdict.tell !== null && budgetMinor !== null) {
    await tx`update spend_state set told_percent = ${verdict.tell} where ${row}`
    await tellBilling(tx, ctx, {
      ...told,
      severity: verdict.tell === 50 ? 'info' : 'warning',
      kind: 'budget.reached',
      ...budgetWords(verdict.tell, budgetMinor, amounts),
      key: `budget:${period}:${budgetMinor}:${verdict.tell}`,
    })
    await tellThreshold(tx, ctx, told, spend, {
      threshold: 'budget',
      percent: verdict.tell,
      limitMinor: budgetMinor,
      key: `budget:${period}:${budgetMinor}:${verdict.tell}`,
    })
  }
  if (verdict.warn && capMinor !== null) {
    await tellBilling(tx, ctx, {
      ...told,
      severity: 'warning',
      kind: 'cap.near',
      ...capNearWords(capMinor, capAction, amounts),
      key: `cap:${period}:${capMinor}:${capAction}:near`,
    })
    await tellThreshold(tx, ctx, told, spend, {
      threshold: 'cap_near',
      percent: Number((spent * 100n) / (capMinor || 1n)),
      limitMinor: capMinor,
      key: `cap:${period}:${capMinor}:${capAction}:near`,
    })
  }
  if (verdict.cross && capMinor !== null) await cross(tx, ctx, accountId, { ...rules, capMinor }, spend)
  if (verdict.hold && capMinor !== null && capAction !== 'notify') {
    await tx`update spend_state set capped_at = coalesce(capped_at, ${ctx.now}) where ${row}`
    const cappedAt = state.cappedAt ?? ctx.now
    if (capAction === 'throttle') await undoCap(tx, ctx, accountId, ['stop'])
    await actOnCap(tx, ctx, accountId, { action: capAction, cappedAt, cap: moneyText(capMinor, currency) })
  }
  if (verdict.lift) {
    await tx`update spend_state set lifted_at = ${ctx.now} where ${row}`
    const why = capMinor !== null && spent >= capMinor ? 'The cap only tells now.' : 'Spending is below the cap.'
    await lifted(tx, ctx, { accountId, account, periodStart: window.start, why })
  }
}

/** The same for webhooks: which limit, how much of it, in which period. */
const tellThreshold = async (
  tx: Tx,
  ctx: Context,
  { account, accountId }: { account: string; accountId: bigint },
  { window, currency, live }: Spend,
  of: { threshold: 'budget' | 'cap_near' | 'cap'; percent: number; limitMinor: bigint; key: string },
): Promise<void> => {
  const { threshold, percent, limitMinor, key } = of
  await sendEvent(tx, ctx, {
    accountId,
    type: 'usage.threshold',
    key,
    data: {
      account,
      threshold,
      percent,
      limit: majorText(limitMinor, currency),
      spent: majorText(live.usage, currency),
      currency,
      periodStart: window.start,
      periodEnd: window.end,
    },
  })
}

/** The cap is reached: recorded, told, and counted once; what is done about containers follows. */
const cross = async (
  tx: Tx,
  ctx: Context,
  accountId: bigint,
  { account, capMinor, capAction }: Rules & { capMinor: bigint },
  spend: Spend,
) => {
  const { window, currency } = spend
  const spent = spend.live.usage
  const key = `cap:${accountId}:${window.start.toISOString()}:${capMinor}:${capAction}:reached:${ctx.now.toISOString()}`
  await tx`update spend_state set cap_crossed_at = ${ctx.now}
    where account_id = ${accountId} and period_start = ${window.start}`
  await audit(tx, ctx, {
    action: 'billing.cap.cross',
    subject: { kind: 'spend_cap', id: window.start.toISOString() },
    accountId,
    after: { spent, cap: capMinor, currency, action: capAction },
  })
  await tellBilling(tx, ctx, {
    account,
    accountId,
    severity: 'critical',
    kind: 'cap.reached',
    ...capWords(capMinor, capAction, { spent, currency, periodEnd: window.end }),
    href: `/${account}/spend`,
    key,
  })
  await tellThreshold(tx, ctx, { account, accountId }, spend, {
    threshold: 'cap',
    percent: 100,
    limitMinor: capMinor,
    key,
  })
  await announce(tx, `account:${accountId}`)
  capsTotal.inc({ action: capAction })
}

/** Job `billing.follow_cap`: undoes what caps did where none holds now, once no hold is in the way. */
export const followCap = async (ctx: Context, { accountId: text }: JobPayload<'billing.follow_cap'>): Promise<void> => {
  const accountId = BigInt(text)
  await ctx.sql.begin(async (tx) => {
    await lockAccount(tx, accountId)
    const [capped] = await tx`select 1 from spend_state
      where account_id = ${accountId} and capped_at is not null and lifted_at is null limit 1`
    if (!capped) await undoCap(tx, ctx, accountId)
  })
}
