import type { Sql } from '#db/client.ts'
import { entitlementsOf as accountEntitlements, type EntitlementRow } from '../accounts/setEntitlements.ts'
import { billedIn } from './ensureProfile.ts'
import { entitlementsOf } from './entitle.ts'
import { hadPlan } from './startSubscription.ts'
import {
  liveSubscription,
  termsOfAccount,
  type Quantities,
  type Subscription,
  type TermRow,
} from './subscriptionSql.ts'
import { versionRow, versionsOnSale, type VersionRow } from './planVersion.ts'
import { isFree } from './quantities.ts'

export type CouponView = {
  code: string
  name: string
  percent: string | null
  amountMinor: bigint | null
  until: Date | null
}
export type SubscriptionView = {
  subscription: Omit<Subscription, 'accountId'>
  version: VersionRow
  isFree: boolean
  /** A newer version of the plan is on sale: new customers get other terms. */
  newest: string | null
  coupon: CouponView | null
  entitlements: EntitlementRow[]
  history: TermRow[]
}

const HISTORY = 50

/** An account's plan as its page shows it; undefined for an account just made that is not admitted yet. */
export const subscriptionView = async (sql: Sql, accountId: bigint): Promise<SubscriptionView | undefined> => {
  const live = await liveSubscription(sql, accountId)
  if (!live) return undefined
  const { accountId: _, ...subscription } = live
  const [version, entitlements, history, coupon] = await Promise.all([
    versionRow(sql, live.planVersionId),
    accountEntitlements(sql, accountId),
    termsOfAccount(sql, accountId, HISTORY),
    couponOf(sql, live),
  ])
  const onSale = await versionsOnSale(sql, version.currency)
  const newest = onSale.find((one) => one.plan === version.plan && one.interval === version.interval)
  return {
    subscription,
    version,
    isFree: isFree(version),
    newest: newest && newest.id !== version.id ? newest.id : null,
    coupon,
    entitlements,
    history,
  }
}

const couponOf = async (sql: Sql, { couponId, couponUntil }: Subscription): Promise<CouponView | null> => {
  if (couponId === null) return null
  const [row] = await sql<Omit<CouponView, 'until'>[]>`select code, name, percent, amount_minor from coupon
    where id = ${couponId}`
  return row ? { ...row, until: couponUntil } : null
}

export type Offer = VersionRow & {
  isFree: boolean
  /** Days free of charge that this account would get. */
  trial: number
  entitlements: Readonly<Record<string, number | null>>
}

/** The plans an account may choose from, in the currency it is billed in or, before its first invoice, the one asked for. */
export const offersFor = async (
  sql: Sql,
  accountId: bigint,
  asked: string | undefined,
): Promise<{ currency: string; currencies: string[]; offers: Offer[] }> => {
  const { currency: kept, isFixed } = await billedIn(sql, accountId)
  const currencies = isFixed ? [kept] : await currenciesOnSale(sql)
  const currency = asked && currencies.includes(asked) ? asked : kept
  const [rows, had] = await Promise.all([versionsOnSale(sql, currency), hadPlan(sql, accountId)])
  const offers = rows.map((row) => ({
    ...row,
    isFree: isFree(row),
    trial: had ? 0 : row.trialDays,
    entitlements: entitlementsOf(row, includedIn(row)),
  }))
  return { currency, currencies, offers }
}

const includedIn = (row: VersionRow): Quantities =>
  Object.fromEntries(row.terms.prices.flatMap((one) => (one.model === 'licensed' ? [[one.key, one.included]] : [])))

const currenciesOnSale = async (sql: Sql): Promise<string[]> => {
  const rows = await sql<{ currency: string }[]>`select distinct v.currency from plan_version v
    join plan p on p.id = v.plan_id where v.published_at is not null and p.archived_at is null and p.is_public
    order by v.currency`
  return rows.map((row) => row.currency)
}
