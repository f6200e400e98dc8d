import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { HOUR_MS, type Window } from '../time.ts'
import { followPlan } from './followPlan.ts'
import { hoursOf, periodAt } from './period.ts'
import { planVersionOf } from './planVersion.ts'
import type { Stretch } from './rated.ts'
import type { Quantities, Subscription } from './subscriptionSql.ts'

/** Instants at which terms change are whole seconds: what is shown before a change is what is charged for it. */
export const wholeSecond = (at: Date): Date => new Date(Math.floor(at.getTime() / 1_000) * 1_000)

type Term = { planVersionId: bigint; quantities: Quantities; state: Stretch['state'] }

/**
 * Ends the open term at `at` and begins the next, so that terms chain without a gap. The caller holds the subscription's
 * row locked (or has just made it). Of two changes in one second the first held for no time.
 * @throws CONFLICT where terms after `at` are there already
 */
export const appendTerm = async (
  tx: Sql,
  of: Pick<Subscription, 'accountId' | 'id'>,
  term: Term,
  at: Date,
): Promise<bigint> => {
  await endTerm(tx, of, at)
  const [row] = await tx<{ id: bigint }[]>`insert into subscription_term (account_id, subscription_id, plan_version_id,
      quantities, state, from_at)
    values (${of.accountId}, ${of.id}, ${term.planVersionId}, ${JSON.stringify(term.quantities)}::text::jsonb,
      ${term.state}, ${at}) returning id`
  return row!.id
}

/** Ends the open term; who collects the account's money is told. @throws CONFLICT where it begins after `at` */
export const endTerm = async (tx: Sql, of: Pick<Subscription, 'accountId' | 'id'>, at: Date): Promise<void> => {
  const [open] = await tx<{ fromAt: Date }[]>`update subscription_term set until_at = ${at}
    where account_id = ${of.accountId} and subscription_id = ${of.id} and until_at is null returning from_at`
  if (open && open.fromAt > at) throw new DomainError('CONFLICT', 'the plan was changed since; look at it again')
  await followPlan(tx, of.accountId)
}

/**
 * How long the month is that a period is part of, where it ended before that was over. `anchors` are instants that months
 * may have been counted from, oldest first: the one that a month begins with the period by says when that month ends.
 */
export const cutOf = (period: Window, anchors: readonly Date[]): Pick<Stretch, 'monthMs'> => {
  const start = period.start.getTime()
  const ends = [...anchors, period.start]
    .map((anchor) => periodAt(anchor, period.start))
    .filter((month) => month.start.getTime() === start)
    .map((month) => month.end.getTime())
  if (ends.includes(period.end.getTime())) return {}
  const end = ends.find((one) => one > period.end.getTime())
  return end === undefined ? {} : { monthMs: end - start }
}

/** The instants that a subscription's months may have been counted from until `start`: those at which its terms changed. */
const anchorsOf = async (sql: Sql, of: Pick<Subscription, 'accountId' | 'id'>, start: Date): Promise<Date[]> => {
  const rows = await sql<{ fromAt: Date }[]>`select from_at from subscription_term
    where account_id = ${of.accountId} and subscription_id = ${of.id} and from_at <= ${start} order by id`
  return rows.map((row) => row.fromAt)
}

type Row = Term & { fromAt: Date; untilAt: Date | null; isFirst: boolean; billedUntil: Date | null }

/**
 * A subscription's terms in a period, cut to it, oldest first, each with the whole hours that are billed by it. The hour
 * in which a subscription starts is billed with it, unless one before it ended within that hour. A period that ended
 * early is part of the month counted from its start.
 */
export const stretchesOf = async (
  sql: Sql,
  of: Pick<Subscription, 'accountId' | 'id'>,
  period: Window,
): Promise<Stretch[]> => {
  const rows = await sql<Row[]>`
    select t.plan_version_id, t.quantities, t.state, t.from_at, t.until_at,
      not exists (select from subscription_term b where b.account_id = t.account_id
        and b.subscription_id = t.subscription_id and b.id < t.id and b.until_at > b.from_at) as is_first,
      (select max(b.until_at) from subscription_term b where b.account_id = t.account_id
        and b.subscription_id < t.subscription_id and b.until_at > b.from_at) as billed_until
    from subscription_term t
    where t.account_id = ${of.accountId} and t.subscription_id = ${of.id}
      and t.from_at < ${period.end} and (t.until_at is null or t.until_at > ${period.start})
      and t.until_at is distinct from t.from_at
    order by t.id`
  const cut = cutOf(period, await anchorsOf(sql, of, period.start))
  const stretches: Stretch[] = []
  for (const row of rows) stretches.push({ ...(await stretchOf(sql, row, period)), ...cut })
  return stretches
}

const stretchOf = async (sql: Sql, row: Row, period: Window): Promise<Stretch> => {
  const start = row.fromAt > period.start ? row.fromAt : period.start
  const end = row.untilAt && row.untilAt < period.end ? row.untilAt : period.end
  const { fromHour, untilHour } = hoursOf(
    { start, end },
    { starts: row.isFirst && start.getTime() === row.fromAt.getTime(), ends: false },
  )
  const billed = row.billedUntil ? Math.ceil(row.billedUntil.getTime() / HOUR_MS) : fromHour
  return {
    start,
    end,
    version: await planVersionOf(sql, row.planVersionId),
    quantities: row.quantities,
    state: row.state,
    fromHour: Math.max(fromHour, billed),
    untilHour: Math.max(untilHour, billed),
  }
}
