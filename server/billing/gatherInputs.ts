import type { Sql } from '#db/client.ts'
import type { CreditLeft, InvoiceInputs } from './invoiceInputs.ts'
import {
  creditsLeft,
  givenLines,
  pendingAdjustments,
  reservedPromotional,
  taxTables,
  type DraftRow,
} from './draftSql.ts'
import { lateWindows } from './lateUsage.ts'
import { stretchesOf } from './subscriptionTerms.ts'
import type { Stretch } from './rated.ts'
import { usageSums } from './usageSums.ts'

/** Whether an invoice bills a period's usage, and what came late: those of a closed period or of a subscription's end. */
export const billsUsage = (draft: Pick<DraftRow, 'key' | 'subscriptionId'>): boolean =>
  draft.subscriptionId !== null && /^(?:period|final):/.test(draft.key)

/** Whether it bills what came late: as those do, and the one made of nothing else once an account has no plan. */
const billsLate = (draft: Pick<DraftRow, 'key' | 'subscriptionId'>): boolean =>
  billsUsage(draft) || draft.key.startsWith('late:')

/** A subscription's stretches in each draft's period, with the sums of their hours. */
const usageOf = async (sql: Sql, drafts: readonly DraftRow[]): Promise<Map<bigint, InvoiceInputs['usage']>> => {
  const rated = drafts.filter(billsUsage)
  const stretches = await Promise.all(
    rated.map(({ accountId, subscriptionId, periodStart: start, periodEnd: end }) =>
      stretchesOf(sql, { accountId, id: subscriptionId! }, { start, end }),
    ),
  )
  const windows = rated.flatMap(({ accountId }, i) =>
    stretches[i]!.filter(countsHours).map((s) => ({ accountId, ...s })),
  )
  const sums = await usageSums(sql, windows)
  const usage = new Map<bigint, InvoiceInputs['usage']>()
  let next = 0
  for (const [i, draft] of rated.entries()) {
    const hours = stretches[i]!.filter(countsHours).flatMap(() => sums[next++]!)
    usage.set(draft.id, { stretches: stretches[i]!, hours })
  }
  return usage
}

const countsHours = (stretch: Stretch) => stretch.untilHour > stretch.fromHour

const couponOf = (draft: DraftRow): InvoiceInputs['coupon'] => {
  const { coupon, couponUntil } = draft
  const at = billsUsage(draft) ? draft.periodEnd : draft.createdAt
  if (!coupon || (couponUntil && couponUntil <= at)) return null
  if (coupon.percent !== null) return { code: coupon.code, percent: coupon.percent, amountMinor: null }
  return { code: coupon.code, percent: null, amountMinor: BigInt(coupon.amountMinor ?? '0') }
}

/** Credit in its order, without what other drafts will use of it. */
const unreserved = (credits: readonly CreditLeft[], reserved: bigint): CreditLeft[] => {
  let rest = reserved
  return credits.flatMap((credit) => {
    const taken = credit.kind !== 'promotional' || rest <= 0n ? 0n : rest < credit.leftMinor ? rest : credit.leftMinor
    rest -= taken
    const { id, kind, expiresAt } = credit
    const leftMinor = credit.leftMinor - taken
    return leftMinor > 0n ? [{ id, kind, leftMinor, expiresAt }] : []
  })
}

/**
 * Reads everything that drafts are computed from, as it is at `asOf`; at most one draft an account. `lock` keeps others from
 * taking the same adjustments until the transaction ends.
 */
export const gatherInputs = async (
  sql: Sql,
  drafts: readonly DraftRow[],
  asOf: Date,
  { lock }: { lock: boolean },
): Promise<InvoiceInputs[]> => {
  const accounts = drafts.map((draft) => draft.accountId)
  const [usage, given, adjustments, credits, reserved, tables, late] = await Promise.all([
    usageOf(sql, drafts),
    givenLines(sql, drafts),
    pendingAdjustments(sql, drafts, lock),
    creditsLeft(sql, accounts, asOf),
    reservedPromotional(sql, drafts),
    taxTables(
      sql,
      drafts.map((draft) => draft.entityId),
    ),
    lateWindows(
      sql,
      drafts.filter(billsLate).map((draft) => draft.accountId),
      asOf,
    ),
  ])
  return drafts.map((draft) => {
    const { accountId, currency, seller, buyer } = draft
    const country = buyer.country ?? seller.country
    const left = (credits.get(accountId) ?? []).filter((credit) => credit.currency === currency)
    return {
      key: draft.key,
      currency,
      period: { start: draft.periodStart, end: draft.periodEnd },
      asOf,
      given: given.get(accountId) ?? [],
      usage: usage.get(draft.id) ?? null,
      late: (late.get(accountId) ?? []).filter((window) => window.stretch.version.currency === currency),
      adjustments: adjustments.get(accountId) ?? [],
      coupon: couponOf(draft),
      credits: unreserved(left, reserved.get(accountId) ?? 0n),
      seller,
      buyer,
      rates: (tables.get(draft.entityId) ?? []).filter((rate) => rate.country === country),
      stripe: null,
    }
  })
}
