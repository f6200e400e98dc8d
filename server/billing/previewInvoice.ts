import type { Sql } from '#db/client.ts'
import type { Window } from '../time.ts'
import { composeInvoice, type Composed } from './composeInvoice.ts'
import { readDrafts, type DraftRow } from './draftSql.ts'
import type { InvoiceRef } from './collector.ts'
import { gatherInputs } from './gatherInputs.ts'
import { paidAt } from './paid.ts'
import { periodAt } from './period.ts'
import { periodKey } from './periodKey.ts'
import { planVersionOf } from './planVersion.ts'
import { advanceLines } from './prorate.ts'
import { isFree } from './quantities.ts'
import { liveSubscription, type Subscription } from './subscriptionSql.ts'

/** An invoice by what is known now. Usage is what was used so far; `carryMinor` would go on to the one after. */
export type Preview = Composed & { period: Window; currency: string; asOf: Date }

/** What an account's next invoice would say if its period ended now; undefined where none will be made. */
export const previewInvoice = async (sql: Sql, accountId: bigint, now: Date): Promise<Preview | undefined> => {
  const live = await liveSubscription(sql, accountId)
  if (!live) return undefined
  const draft = await asDraft(sql, live, now)
  if (!draft) return undefined
  const [inputs] = await gatherInputs(sql, [draft], now, { lock: false })
  const next = preview(draft, { ...inputs!, given: await advanceOf(sql, live) }, now)
  const charges = next.lines.length > 0 || !isFree(await planVersionOf(sql, live.planVersionId))
  return charges ? next : undefined
}

/** What a draft would say if it were finalized now. */
export const previewDraft = async (sql: Sql, ref: InvoiceRef, now: Date): Promise<Preview | undefined> => {
  const [draft] = await readDrafts(sql, [ref])
  if (!draft) return undefined
  const [inputs] = await gatherInputs(sql, [draft], now, { lock: false })
  return preview(draft, inputs!, now)
}

const preview = (draft: DraftRow, inputs: Parameters<typeof composeInvoice>[0], asOf: Date): Preview => ({
  ...composeInvoice(inputs),
  period: { start: draft.periodStart, end: draft.periodEnd },
  currency: draft.currency,
  asOf,
})

/** The next interval's advance prices, where one begins with the period's end. */
const advanceOf = async (sql: Sql, live: Subscription) => {
  const isPaying = live.state === 'active' || live.state === 'past_due' || live.state === 'trialing'
  if (!isPaying || live.cancelAtPeriodEnd || live.periodEnd < live.paidUntil) return []
  const version = await planVersionOf(sql, live.planVersionId)
  const anchor = live.state === 'trialing' ? live.periodEnd : live.anchorAt
  return advanceLines(version, live.quantities, paidAt(version, anchor, periodAt(anchor, live.periodEnd).start))
}

/** The draft that closing the running period would make. */
const asDraft = async (sql: Sql, live: Subscription, now: Date): Promise<DraftRow | undefined> => {
  const [row] = await sql<DraftRow[]>`
    select p.account_id, 0::bigint as id, p.driver, p.currency, p.entity_id, p.net_days, e.invoice_prefix,
      case when c.id is not null and (c.currency is null or c.currency = p.currency) then json_build_object(
        'code', c.code, 'percent', c.percent, 'amountMinor', c.amount_minor::text, 'duration', c.duration) end as coupon,
      json_build_object('entity', e.key, 'name', e.name, 'address', e.address, 'country', e.country, 'taxId', e.tax_id,
        'email', e.email) as seller,
      json_build_object('name', p.name, 'address', p.address, 'country', p.country, 'taxId', p.tax_id,
        'reference', p.reference) as buyer
    from billing_profile p join legal_entity e on e.id = p.entity_id left join coupon c on c.id = ${live.couponId}
    where p.account_id = ${live.accountId}`
  return (
    row && {
      ...row,
      key: periodKey(live.id, live.periodStart),
      subscriptionId: live.id,
      periodStart: live.periodStart,
      periodEnd: live.periodEnd,
      createdAt: now,
      asOf: null,
      couponUntil: live.couponUntil,
    }
  )
}
