import type { Sql } from '#db/client.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { sumOf, type Minor } from '../money.ts'
import { DAY_MS, type Window } from '../time.ts'
import { reckonChange, type Change } from './changePlan.ts'
import { couponByCode } from './applyCoupon.ts'
import { discountOf, type Off } from './discount.ts'
import { entitlementsOf } from './entitle.ts'
import { invoiceTotals, type Totals } from './invoiceTotals.ts'
import { paidAt } from './paid.ts'
import { versionRow, type VersionRow } from './planVersion.ts'
import { advanceLines } from './prorate.ts'
import { isFree, quantitiesFor } from './quantities.ts'
import type { RatedLine } from './rated.ts'
import { hadPlan, onSale } from './startSubscription.ts'
import { liveSubscription, type Quantities } from './subscriptionSql.ts'
import { wholeSecond } from './subscriptionTerms.ts'
import type { TaxParty, TaxRate } from './tax.ts'

export type PlanPreview = {
  to: VersionRow
  quantities: Quantities
  /** When it takes effect: to be sent back with the confirmation, so that it costs what was shown. */
  at: Date
  lines: RatedLine[]
  /** Before discount and tax; negative is a credit that the next invoice takes. */
  netMinor: Minor
  /** What an invoice of these lines says, before credit that is left; null where nothing is charged. */
  totals: Totals | null
  /** What advance prices are paid for afterwards, and when they are charged next. */
  paid: Window
  trialEnd: Date | null
  /** The running month of usage ends at the change and is billed by itself. */
  endsPeriod: boolean
  entitlements: Readonly<Record<string, number | null>>
}

/**
 * What choosing a plan or quantities would cost or give back now, to the second: the first interval from Free, a proration
 * from any other plan. @throws as `changePlan`
 */
export const previewPlan = async (
  ctx: Context,
  input: Change & { coupon?: string | undefined },
): Promise<PlanPreview> => {
  const { sql } = ctx
  const live = await liveSubscription(sql, input.accountId)
  const from = live && (await versionRow(sql, live.planVersionId))
  if (!live || !from) throw new DomainError('UNAVAILABLE', 'this account was made just now; try again in a moment')
  if (isFree(from)) return previewStart(ctx, input)
  const reckoned = await reckonChange(sql, live, input, wholeSecond(ctx.now))
  const { change, to, quantities, at, netMinor } = reckoned
  const holds = live.couponId !== null && (live.couponUntil === null || live.couponUntil > at)
  const [off] = holds ? await sql<Off[]>`select percent, amount_minor from coupon where id = ${live.couponId}` : []
  return {
    to,
    quantities,
    at,
    lines: change.lines,
    netMinor,
    totals: await totalsOf(sql, input.accountId, change.lines, off ?? null, ctx.now),
    paid: change.paid,
    trialEnd: change.state === 'trialing' ? live.trialEnd : null,
    endsPeriod: change.endsPeriod !== null,
    entitlements: entitlementsOf(to, quantities),
  }
}

const previewStart = async (
  ctx: Context,
  { accountId, planVersionId, quantities: asked, coupon }: Change & { coupon?: string | undefined },
): Promise<PlanPreview> => {
  const { sql } = ctx
  const to = await onSale(sql, planVersionId)
  const quantities = quantitiesFor(to, asked ?? {})
  const at = wholeSecond(ctx.now)
  const trialDays = (await hadPlan(sql, accountId)) ? 0 : to.trialDays
  const trialEnd = trialDays > 0 ? new Date(at.getTime() + trialDays * DAY_MS) : null
  const paid = trialEnd ? { start: at, end: trialEnd } : paidAt(to, at, at)
  const lines = trialEnd ? [] : advanceLines(to, quantities, paid)
  const off = coupon ? await couponByCode(sql, coupon, to.currency, ctx.now) : null
  return {
    to,
    quantities,
    at,
    lines,
    netMinor: sumOf(lines.map((line) => line.amount)),
    totals: await totalsOf(sql, accountId, lines, off, ctx.now),
    paid,
    trialEnd,
    endsPeriod: false,
    entitlements: entitlementsOf(to, quantities),
  }
}

const totalsOf = async (
  sql: Sql,
  accountId: bigint,
  lines: readonly RatedLine[],
  off: Off | null,
  now: Date,
): Promise<Totals | null> => {
  const amounts = lines.map((line) => line.amount)
  const sum = sumOf(amounts)
  if (sum <= 0n) return null
  const [parties] = await sql<{ entityId: bigint; seller: TaxParty; buyer: TaxParty }[]>`
    select e.id as entity_id, json_build_object('country', e.country, 'taxId', e.tax_id) as seller,
      json_build_object('country', p.country, 'taxId', p.tax_id) as buyer
    from account a left join billing_profile p on p.account_id = a.id
      join legal_entity e on e.id = p.entity_id or (p.entity_id is null and e.is_default)
    where a.id = ${accountId}`
  if (!parties) return null
  const rates = await sql<TaxRate[]>`select country, name, kind, percent, inclusive, valid_from, valid_until
    from tax_rate where entity_id = ${parties.entityId}`
  const { seller, buyer } = parties
  const shown = discountOf(sum, off) > 0n ? off : null
  return invoiceTotals({ amounts, off: shown, promotionalMinor: 0n, prepaidMinor: 0n, seller, buyer, rates, at: now })
}
