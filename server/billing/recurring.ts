import { exact, plus, roundHalfEven, ZERO, type Exact } from '../money.ts'
import { advanceLines } from './prorate.ts'
import type { Quantities } from './subscriptionSql.ts'
import type { PriceVersion } from './terms.ts'

/** Subscriptions alike: the same version, quantities and state. */
export type Alike = {
  version: PriceVersion
  planName: string
  quantities: Quantities
  state: 'trialing' | 'active' | 'past_due' | 'paused'
  count: number
}
/** What a plan brings in a month; `recurring` and `trialing` in minor units, the latter if all who try it stay. */
export type PlanRevenue = {
  plan: string
  planName: string
  currency: string
  paying: number
  trials: number
  paused: number
  recurring: bigint
  trialing: bigint
}

// Any month will do: what is paid in advance for a whole interval does not depend on which.
const WHOLE = { start: new Date('2026-01-01T00:00:00Z'), end: new Date('2026-02-01T00:00:00Z') }

/** What one subscription's advance prices come to in a month, exactly: a year's is a twelfth of it. Before coupons and tax. */
export const monthlyOf = (version: PriceVersion, quantities: Quantities): Exact => {
  const whole = advanceLines(version, quantities, WHOLE).reduce((sum, line) => sum + line.amount, 0n)
  return exact(whole, version.interval === 'year' ? 12 : 1)
}

/** Monthly recurring revenue a plan and currency: advance prices of live subscriptions, one rounding a row. */
export const recurringByPlan = (subscriptions: readonly Alike[]): PlanRevenue[] => {
  const rows = new Map<string, Omit<PlanRevenue, 'recurring' | 'trialing'> & { recurring: Exact; trialing: Exact }>()
  for (const { version, planName, quantities, state, count } of subscriptions) {
    const { plan, currency } = version
    const key = `${currency} ${plan}`
    const row = rows.get(key) ?? {
      ...{ plan, planName, currency, paying: 0, trials: 0, paused: 0 },
      ...{ recurring: ZERO, trialing: ZERO },
    }
    const each = monthlyOf(version, quantities)
    const all = exact(each.n * BigInt(count), each.d)
    if (state === 'trialing') {
      row.trials += count
      row.trialing = plus(row.trialing, all)
    } else if (state === 'paused') row.paused += count
    else {
      row.paying += count
      row.recurring = plus(row.recurring, all)
    }
    rows.set(key, row)
  }
  return [...rows.values()].map((row) => ({
    ...row,
    recurring: roundHalfEven(row.recurring),
    trialing: roundHalfEven(row.trialing),
  }))
}
