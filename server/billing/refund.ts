import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { majorText } from '../money.ts'
import { REOPENED } from './dunning.ts'
import { post } from './ledger.ts'
import { lockInvoice, openOf } from './openInvoice.ts'
import { insertPayment, settleState, type NewPayment } from './recordPayment.ts'
import type { Tx } from '#db/client.ts'

/** Money that went back. `amountMinor` is above zero. */
export type MoneyBack = NewPayment
/** `recorded` is false where that key was recorded before. */
export type Returned = { recorded: boolean; openMinor: bigint }

/**
 * Records that money went back to a customer for a credit note that is settled as a refund.
 * @throws UNPROCESSABLE beyond what credit notes say is to go back: make the credit note first; CONFLICT where it was not paid
 */
export const refund = async (ctx: Context, back: MoneyBack): Promise<Returned> =>
  ctx.sql.begin(async (tx) => {
    const invoice = await lockInvoice(tx, back)
    const known = await isKnown(tx, back)
    const owed = -openOf(invoice)
    if (!known && back.amountMinor > owed) {
      const message =
        owed > 0n
          ? `${majorText(owed, invoice.currency)} ${invoice.currency} is to go back for ${invoice.number}; a credit note makes it more`
          : `nothing is to go back for ${invoice.number}; make a credit note that is settled as a refund first`
      throw new DomainError('UNPROCESSABLE', message, { path: 'amountMinor' })
    }
    return goBack(tx, ctx, back, 'refund')
  })

/**
 * Records that a bank took a payment back. The invoice is open again and due at once; won later, it is paid again by
 * `recordPayment` with a key of its own. @throws CONFLICT beyond what was paid
 */
export const chargeback = async (ctx: Context, back: MoneyBack): Promise<Returned> =>
  ctx.sql.begin(async (tx) => {
    await lockInvoice(tx, back)
    return goBack(tx, ctx, back, 'chargeback')
  })

/** It is due at once, and collection begins anew. */
const reopen = async (tx: Tx, ctx: Context, { accountId, invoiceId }: MoneyBack) => {
  await tx`update invoice set due_at = ${ctx.now} where account_id = ${accountId} and id = ${invoiceId}`
  await tx`insert into dunning_step (account_id, invoice_id, step, at)
    select ${accountId}, ${invoiceId}, ${REOPENED} || ':' || count(*) + 1, ${ctx.now}
    from dunning_step where account_id = ${accountId} and invoice_id = ${invoiceId} and step like ${`${REOPENED}:%`}`
}

const isKnown = async (tx: Tx, { accountId, key }: MoneyBack) => {
  const [row] = await tx`select 1 from payment where account_id = ${accountId} and key = ${key}`
  return row !== undefined
}

const goBack = async (tx: Tx, ctx: Context, back: MoneyBack, kind: 'refund' | 'chargeback'): Promise<Returned> => {
  const { accountId, invoiceId, amountMinor, key } = back
  if (amountMinor <= 0n) throw new DomainError('BAD_REQUEST', 'an amount above nothing', { path: 'amountMinor' })
  const invoice = await lockInvoice(tx, back)
  const { currency, state } = invoice
  const recorded = await insertPayment(tx, ctx, { ...back, kind, amountMinor: -amountMinor, currency })
  if (!recorded) return { recorded, openMinor: openOf(invoice) }
  if (amountMinor > invoice.paidMinor)
    throw new DomainError('CONFLICT', `${invoice.number} was paid with less than that; look at its payments`)
  await post(tx, {
    accountId,
    at: ctx.now,
    kind,
    key: `${kind}:${key}`,
    description: `${kind === 'refund' ? 'Refund' : 'Chargeback'} of ${invoice.number}`,
    entries: [
      { book: 'cash', currency, amountMinor: -amountMinor, invoiceId },
      { book: 'receivable', currency, amountMinor, invoiceId },
    ],
  })
  const after = { paidMinor: invoice.paidMinor - amountMinor, creditedMinor: invoice.creditedMinor }
  const openMinor = openOf({ ...invoice, ...after })
  const next = openMinor > 0n && state === 'paid' ? 'finalized' : state
  await settleState(tx, back, after, next, null)
  if (next !== state) await reopen(tx, ctx, back)
  await audit(tx, ctx, {
    action: `billing.payment.${kind}`,
    subject: { kind: 'invoice', id: invoiceId },
    accountId,
    before: { state, openMinor: openOf(invoice) },
    after: { state: next, openMinor, key, amount: `${majorText(amountMinor, currency)} ${currency}` },
  })
  return { recorded, openMinor }
}
