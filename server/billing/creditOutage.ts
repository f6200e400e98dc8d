import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { addJob, type JobPayload } from '../jobs.ts'
import { DAY_MS, type Window } from '../time.ts'
import { proposeIn } from './adjust.ts'
import { ensureProfile } from './ensureProfile.ts'
import { monthCharge } from './monthCharge.ts'
import { monthAt, outageCredit } from './outageCredit.ts'

/** An incident's interval as it stands now; one that has no length any more takes it back. */
type Interval = { incident: string; start: string; end: string }
type Evidence = {
  app: string | null
  month: string
  intervals: Interval[]
  downMinutes: number
  percent: number
  feeMinor: string
}

/** How long after a month's end its usage is in: what was credited by less of it is then corrected. */
const SETTLED_AFTER_MS = 2 * DAY_MS

/**
 * Job `billing.credit_outage`: an incident that is resolved, or whose times were corrected, made an app (or, without one, what
 * the account's plan has besides apps) unreachable. Each calendar month it touches is credited by the plan's promise; a window that two incidents
 * share counts once, and what was credited before for the month is taken off: corrections post differences.
 */
export const creditOutage = async (ctx: Context, payload: JobPayload<'billing.credit_outage'>): Promise<void> => {
  const { accountId, app, incident, start, end } = payload
  const interval = { start: new Date(start), end: new Date(end) }
  for (const month of await monthsOf(ctx, payload, interval)) {
    await ctx.sql.begin(async (tx) => {
      await creditMonth(tx, ctx, BigInt(accountId), app, month, incident && { incident, start, end })
      const settledAt = new Date(month.end.getTime() + SETTLED_AFTER_MS)
      if (settledAt <= ctx.now) return
      const again = { accountId, app, incident: '', start: month.start.toISOString(), end: month.end.toISOString() }
      const key = `outage:${accountId}:${app ?? ''}:${month.start.toISOString()}`
      await addJob(tx, 'billing.credit_outage', again, { key, runAt: settledAt })
    })
  }
}

/** The months of the interval, and those in which the incident was credited before. */
const monthsOf = async (
  ctx: Context,
  { accountId, app, incident }: JobPayload<'billing.credit_outage'>,
  interval: Window,
): Promise<Window[]> => {
  const starts = new Set<number>()
  for (let at = interval.start; at < interval.end; at = monthAt(at).end) starts.add(monthAt(at).start.getTime())
  if (incident !== '') {
    const rows = await ctx.sql<{ month: string }[]>`select distinct evidence ->> 'month' as month from adjustment
      where account_id = ${accountId} and kind = 'outage' and evidence ->> 'app' is not distinct from ${app}
        and evidence -> 'intervals' @> ${JSON.stringify([{ incident }])}::text::jsonb`
    for (const { month } of rows) starts.add(new Date(month).getTime())
  }
  return [...starts].toSorted((a, b) => a - b).map((at) => monthAt(new Date(at)))
}

const creditMonth = async (
  tx: Tx,
  ctx: Context,
  accountId: bigint,
  app: string | null,
  month: Window,
  news: Interval | '',
) => {
  // The profile's row puts two incidents that end at once in turn.
  await ensureProfile(tx, ctx, { accountId })
  const before = await tx<{ amountMinor: bigint; evidence: Evidence }[]>`select amount_minor, evidence from adjustment
    where account_id = ${accountId} and kind = 'outage' and state <> 'rejected'
      and evidence ->> 'month' = ${month.start.toISOString()} and evidence ->> 'app' is not distinct from ${app}
    order by id`
  const known = before.at(-1)?.evidence.intervals ?? []
  const intervals = news === '' ? known : [...known.filter((one) => one.incident !== news.incident), news]
  const { feeMinor, currency, promise } = await monthCharge(tx, accountId, app, month)
  if (currency === null) return
  const windows = intervals.map(({ start, end }) => ({ start: new Date(start), end: new Date(end) }))
  const credit = outageCredit(promise, windows, month, feeMinor)
  const credited = before.reduce((sum, one) => sum - one.amountMinor, 0n)
  const difference = credited - credit.amountMinor
  if (difference === 0n) return
  const evidence: Evidence = {
    app,
    month: month.start.toISOString(),
    intervals,
    downMinutes: credit.downMinutes,
    percent: credit.percent,
    feeMinor: String(feeMinor),
  }
  const what = app === null ? 'the plan' : app
  await proposeIn(tx, ctx, {
    accountId,
    kind: 'outage',
    key: `outage:${app ?? ''}:${month.start.toISOString()}:${before.length + 1}`,
    description: `${difference < 0n ? 'Outage credit' : 'Outage credit corrected'} for ${what}: ${credit.downMinutes} min down, ${credit.percent} %`,
    currency,
    amountMinor: difference,
    service: { start: month.start, end: month.end },
    evidence,
    approved: { by: 'policy', decision: "The plan's promise for downtime" },
  })
}
