import type { Sql } from '#db/client.ts'
import { exact, minor, plus, roundHalfEven, times, type Exact, type Minor } from '../money.ts'
import type { Window } from '../time.ts'
import { advanceLines } from './prorate.ts'
import { rate } from './rate.ts'
import type { RatedLine, Stretch, UsageHour } from './rated.ts'
import type { Terms } from './terms.ts'
import { stretchesOf } from './subscriptionTerms.ts'
import { usageSums } from './usageSums.ts'

/** What a calendar month costs an account for one app, or for its plan as such, and what the plan promised. */
export type MonthCharge = { feeMinor: Minor; currency: string | null; promise: Terms['promise'] }

/** The app's part of a line: all of its own, and of a line of the whole account by how much it used. */
const partOf = (line: RatedLine, app: string, hours: readonly UsageHour[]): Exact => {
  const amount = exact(line.amount)
  if (line.app !== null) return line.app === app ? amount : exact(0)
  if (line.meter === null || line.quantity === null || line.quantity <= 0n) return exact(0)
  const used = hours.filter((hour) => hour.app === app).reduce((sum, hour) => sum + hour.used[line.meter!], 0n)
  return times(amount, exact(used, line.quantity))
}

/** A month's part of the advance prices of a stretch. */
const advanceOf = ({ version, quantities, state, start, end }: Stretch, month: Window): Exact => {
  if (state !== 'active') return exact(0)
  const whole = advanceLines(version, quantities, month).reduce((sum, line) => plus(sum, exact(line.amount)), exact(0))
  const ofMonth = exact(BigInt(end.getTime() - start.getTime()), BigInt(month.end.getTime() - month.start.getTime()))
  return times(times(whole, ofMonth), version.interval === 'year' ? exact(1, 12) : exact(1))
}

/**
 * What an account's plan charges for a calendar month by what is known now: an app's usage, or (`null`) the advance prices,
 * which are for no app: so that nothing is credited for both. Rated as if months were billing periods.
 */
export const monthCharge = async (
  sql: Sql,
  accountId: bigint,
  app: string | null,
  month: Window,
): Promise<MonthCharge> => {
  const rows = await sql<{ id: bigint }[]>`select distinct subscription_id as id from subscription_term
    where account_id = ${accountId} and from_at < ${month.end} and (until_at is null or until_at > ${month.start})
    order by 1`
  const stretches = (await Promise.all(rows.map(({ id }) => stretchesOf(sql, { accountId, id }, month)))).flat()
  const sums = await usageSums(
    sql,
    stretches.map(({ fromHour, untilHour }) => ({ accountId, fromHour, untilHour })),
  )
  let fee = exact(0)
  for (const [i, stretch] of stretches.entries()) {
    const hours = sums[i]!
    if (app === null) {
      fee = plus(fee, advanceOf(stretch, month))
      continue
    }
    for (const line of rate(stretch.version, { ...stretch, period: month, hours }, month.end))
      fee = plus(fee, partOf(line, app, hours))
  }
  const best = stretches.map(({ version }) => version.terms.promise).findLast((promise) => promise.length > 0)
  return {
    feeMinor: minor(roundHalfEven(fee)),
    currency: stretches.at(-1)?.version.currency ?? null,
    promise: best ?? [],
  }
}
