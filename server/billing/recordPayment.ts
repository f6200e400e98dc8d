import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { majorText } from '../money.ts'
import type { InvoiceRef } from './collector.ts'
import { grantIn } from './grantCredit.ts'
import { post } from './ledger.ts'
import { lockInvoice, openOf, type InvoiceMoney } from './openInvoice.ts'

export type PaymentMethod = 'transfer' | 'card' | 'other'
export type NewPayment = InvoiceRef & {
  amountMinor: bigint
  method: PaymentMethod
  /** States the fact, such as `stripe:pi_123`: a repeat is the same payment. */
  key: string
  reference: string
  receivedAt: Date
}
/** `recorded` is false where that key was recorded before. `overMinor` became prepaid credit. */
export type Paid = {
  recorded: boolean
  state: 'finalized' | 'paid' | 'uncollectible' | 'void'
  openMinor: bigint
  overMinor: bigint
}

/** The row of money that came or (negative) went; false where its key was there before. @throws CONFLICT for another amount */
export const insertPayment = async (
  tx: Tx,
  ctx: Context,
  payment: NewPayment & { kind: 'payment' | 'refund' | 'chargeback'; currency: string },
): Promise<boolean> => {
  const { accountId, invoiceId, kind, method, amountMinor, currency, key, reference, receivedAt } = payment
  const [row] =
    await tx`insert into payment (account_id, invoice_id, kind, method, amount_minor, currency, key, reference,
      received_at, recorded_by)
    values (${accountId}, ${invoiceId}, ${kind}, ${method}, ${amountMinor}, ${currency}, ${key}, ${reference},
      ${receivedAt}, ${labelOf(ctx.actor)})
    on conflict (account_id, key) do nothing returning id`
  if (row) return true
  const [before] = await tx<{ amountMinor: bigint; invoiceId: bigint | null }[]>`
    select amount_minor, invoice_id from payment where account_id = ${accountId} and key = ${key}`
  if (before?.amountMinor === amountMinor && before.invoiceId === invoiceId) return false
  throw new DomainError('CONFLICT', `another payment was recorded as ${key}; a payment keeps its amount and invoice`)
}

/** How the row of an invoice says it now: what is open decides between finalized and paid. */
export const settleState = async (
  tx: Tx,
  { accountId, invoiceId }: InvoiceRef,
  money: Pick<InvoiceMoney, 'paidMinor' | 'creditedMinor'>,
  state: InvoiceMoney['state'],
  paidAt: Date | null,
): Promise<void> => {
  await tx`update invoice set paid_minor = ${money.paidMinor}, credited_minor = ${money.creditedMinor}, state = ${state},
      paid_at = case when ${state} = 'paid' then coalesce(paid_at, ${paidAt}) end
    where account_id = ${accountId} and id = ${invoiceId}`
}

/**
 * Records money that came for an invoice. Paid in full it is `paid`, and what was held for it is lifted; more than is open
 * becomes prepaid credit. What comes for one that was written off is taken all the same.
 * @throws NOT_FOUND; BAD_REQUEST for an amount of nothing or less; CONFLICT where the invoice is a draft or void
 */
export const recordPayment = async (ctx: Context, payment: NewPayment): Promise<Paid> =>
  ctx.sql.begin((tx) => payIn(tx, ctx, payment))

/** The same in the caller's transaction. */
export const payIn = async (tx: Tx, ctx: Context, payment: NewPayment): Promise<Paid> => {
  const { accountId, invoiceId, amountMinor, key, receivedAt } = payment
  if (amountMinor <= 0n) throw new DomainError('BAD_REQUEST', 'an amount above nothing', { path: 'amountMinor' })
  const invoice = await lockInvoice(tx, payment)
  const { state, currency } = invoice
  if (state === 'draft') throw new DomainError('CONFLICT', 'a draft asks for nothing yet; finalize it first')
  if (state === 'void')
    throw new DomainError('CONFLICT', `invoice ${invoice.number} is void; record this money as prepaid credit`)
  const recorded = await insertPayment(tx, ctx, { ...payment, kind: 'payment', currency })
  const open = openOf(invoice)
  if (!recorded) return { recorded, state, openMinor: open, overMinor: 0n }
  const due = open > 0n ? open : 0n
  const applied = amountMinor < due ? amountMinor : due
  const overMinor = amountMinor - applied
  await post(tx, {
    accountId,
    at: ctx.now,
    kind: 'payment',
    key: `payment:${key}`,
    description: `Payment for ${invoice.number}`,
    entries: [
      { book: 'cash', currency, amountMinor: applied, invoiceId },
      { book: state === 'uncollectible' ? 'bad_debt' : 'receivable', currency, amountMinor: -applied, invoiceId },
    ],
  })
  if (overMinor > 0n)
    await grantIn(tx, ctx, {
      accountId,
      kind: 'prepaid',
      currency,
      amountMinor: overMinor,
      reason: `Paid beyond invoice ${invoice.number}`,
      key: `over:${key}`,
      against: 'cash',
    })
  const after = { paidMinor: invoice.paidMinor + applied, creditedMinor: invoice.creditedMinor }
  const openMinor = open - applied
  const next = openMinor <= 0n ? 'paid' : state
  await settleState(tx, payment, after, next, receivedAt)
  await audit(tx, ctx, {
    action: 'billing.payment.record',
    subject: { kind: 'invoice', id: invoiceId },
    accountId,
    before: { state, openMinor: open },
    after: { state: next, openMinor, key, amount: `${majorText(amountMinor, currency)} ${currency}` },
  })
  if (next === 'paid' && state !== 'paid') await afterPaid(tx, payment)
  return { recorded, state: next, openMinor, overMinor }
}

/** What follows once nothing is open: holds are lifted, and whoever listens is told. */
export const afterPaid = async (tx: Tx, { accountId, invoiceId }: InvoiceRef): Promise<void> => {
  await addJob(tx, 'billing.settled', { accountId: String(accountId), invoiceId: String(invoiceId) })
}
