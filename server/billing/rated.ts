import type { Minor } from '../money.ts'
import type { Window } from '../time.ts'
import type { BillableMeter, PriceVersion, Used } from './terms.ts'

/** What an app used in an hour (since 1970), in base units: a row of `account_hour` in billing's meters. */
export type UsageHour = { app: string; hour: number; used: Used }

/** A stretch of time in which the same terms held: a row of `subscription_term`, cut to the period. */
export type Stretch = Window & {
  version: PriceVersion
  quantities: Readonly<Record<string, number>>
  state: 'trialing' | 'active' | 'paused'
  /** First and last whole hours that are billed by these terms: `[fromHour, untilHour)`. */
  fromHour: number
  untilHour: number
  /**
   * Where the period ended before its month was over: how long that month is. Included units, tiers and minimums hold in
   * proportion to it.
   */
  monthMs?: number
}

export type LineKind = 'flat' | 'usage' | 'minimum' | 'proration' | 'late' | 'adjustment' | 'manual'

/** A line before it has a position: what, how much, when, at which price. Amounts are before discount and tax. */
export type RatedLine = {
  kind: LineKind
  description: string
  planVersionId: string | null
  /** The price's key within its version. */
  price: string | null
  meter: BillableMeter | null
  app: string | null
  /** Base units; for licensed prices pieces. */
  quantity: bigint | null
  /** Per unit, in major units, as the terms say it. */
  unitAmount: string | null
  /** Minor units before the one rounding (`exactText` of money.ts). */
  exact: string
  amount: Minor
  service: Window
  /** Tier, allowance, seconds of proration: whatever is needed to compute `exact` again. */
  detail: Readonly<Record<string, unknown>>
}

/** Everything an invoice is computed from. Stored when it is finalized; replaying it gives the same lines. */
export type InvoiceInput = {
  currency: string
  period: Window
  asOf: Date
  stretches: readonly Stretch[]
  hours: readonly UsageHour[]
}
