import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { exact, majorText, roundHalfEven, sumOf } from '../money.ts'
import type { InvoiceRef } from './collector.ts'
import { grantIn } from './grantCredit.ts'
import { asJson } from './invoiceSql.ts'
import { post } from './ledger.ts'
import { numberText, takeNumbers } from './nextNumber.ts'
import { lockInvoice, openOf, type InvoiceMoney } from './openInvoice.ts'
import { afterPaid, settleState } from './recordPayment.ts'
import type { Tx } from '#db/client.ts'

/** What is given back of a line (or of the whole, without a position), as the invoice's lines are said: before added tax. */
export type CreditLine = { position: number | null; description: string; amountMinor: bigint }
/** Where the money goes: off what is open, back as prepaid credit, or refunded. */
export type SettledAs = 'open_balance' | 'credit' | 'refund'
export type NewCreditNote = InvoiceRef & {
  /** States the fact: a repeat is the same note. */
  key: string
  reason: string
  lines: readonly CreditLine[]
  settledAs: SettledAs
  /** Where Stripe numbered it. */
  stripe?: { number: string; creditNoteId: string }
}
export type CreditNoted = { id: bigint; number: string; totalMinor: bigint; isNew: boolean }

/**
 * What a note of that much comes to, given what earlier ones took: tax in proportion, the last cent of it with the last of the
 * amount. Pure. `netMinor + taxMinor = totalMinor`.
 */
export const noteSums = (
  invoice: { baseMinor: bigint; taxMinor: bigint; totalMinor: bigint },
  before: { amountMinor: bigint; taxMinor: bigint },
  amountMinor: bigint,
): { netMinor: bigint; taxMinor: bigint; totalMinor: bigint } => {
  const isInclusive = invoice.totalMinor === invoice.baseMinor && invoice.taxMinor !== 0n
  const taken = before.amountMinor + amountMinor
  const taxOfAll = invoice.baseMinor === 0n ? 0n : roundHalfEven(exact(invoice.taxMinor * taken, invoice.baseMinor))
  const taxMinor = taxOfAll - before.taxMinor
  const totalMinor = isInclusive ? amountMinor : amountMinor + taxMinor
  return { netMinor: totalMinor - taxMinor, taxMinor, totalMinor }
}

/**
 * Gives money back on a finalized invoice, which itself never changes.
 * @throws BAD_REQUEST for nothing; CONFLICT on a draft, void or written-off invoice; UNPROCESSABLE beyond what it charged, or
 * where it cannot be settled that way
 */
export const creditNote = async (ctx: Context, note: NewCreditNote): Promise<CreditNoted> =>
  ctx.sql.begin((tx) => creditNoteIn(tx, ctx, note))

/** The same in the caller's transaction. */
export const creditNoteIn = async (tx: Tx, ctx: Context, note: NewCreditNote): Promise<CreditNoted> => {
  const { accountId, invoiceId, key, lines, reason, settledAs, stripe } = note
  const invoice = await lockInvoice(tx, note)
  const [same] = await tx<Omit<CreditNoted, 'isNew'>[]>`select id, number, total_minor from credit_note
    where account_id = ${accountId} and key = ${key}`
  if (same) return { ...same, isNew: false }
  if (invoice.state !== 'finalized' && invoice.state !== 'paid')
    throw new DomainError('CONFLICT', `a credit note needs a finalized or paid invoice; this one is ${invoice.state}`)
  if (lines.some((line) => line.amountMinor <= 0n) || lines.length === 0)
    throw new DomainError('BAD_REQUEST', 'amounts above nothing', { path: 'lines' })
  const sums = await within(tx, note, invoice)
  const open = openOf(invoice)
  if (settledAs === 'open_balance' && sums.totalMinor > open)
    throw new DomainError(
      'UNPROCESSABLE',
      `${majorText(open > 0n ? open : 0n, invoice.currency)} ${invoice.currency} is open; give the rest back as credit or refund`,
      { path: 'settledAs' },
    )
  // Prepaid credit that paid for it can come back as credit, not as money.
  const came = invoice.paidMinor + (settledAs === 'credit' ? invoice.prepaidMinor : 0n)
  if (settledAs !== 'open_balance' && sums.totalMinor > came)
    throw new DomainError(
      'UNPROCESSABLE',
      `${majorText(came, invoice.currency)} ${invoice.currency} came for ${invoice.number}; take the rest off what is open`,
      { path: 'settledAs' },
    )
  const number = stripe?.number ?? (await ownNumber(tx, invoice, ctx.now))
  const [row] = await tx<{ id: bigint }[]>`insert into credit_note (account_id, invoice_id, number, key, reason, lines,
      net_minor, tax_minor, total_minor, settled_as, created_by, created_at, stripe_credit_note_id)
    values (${accountId}, ${invoiceId}, ${number}, ${key}, ${reason}, ${asJson(lines)}::text::jsonb, ${sums.netMinor},
      ${sums.taxMinor}, ${sums.totalMinor}, ${settledAs}, ${labelOf(ctx.actor)}, ${ctx.now}, ${stripe?.creditNoteId ?? null})
    returning id`
  const id = row!.id
  await book(tx, ctx, { note, invoice, sums, id, number })
  await audit(tx, ctx, {
    action: 'billing.credit_note.make',
    subject: { kind: 'invoice', id: invoiceId },
    accountId,
    before: { openMinor: open },
    after: { number, reason, settledAs, total: `${majorText(sums.totalMinor, invoice.currency)} ${invoice.currency}` },
  })
  await addJob(tx, 'billing.collect', {
    accountId: String(accountId),
    invoiceId: String(invoiceId),
    event: 'credit_note',
    creditNoteId: String(id),
  })
  return { id, number, totalMinor: sums.totalMinor, isNew: true }
}

type Sums = ReturnType<typeof noteSums>

const within = async (tx: Tx, { accountId, invoiceId, lines }: NewCreditNote, invoice: InvoiceMoney): Promise<Sums> => {
  const [before] = await tx<{ totalMinor: bigint; taxMinor: bigint; netMinor: bigint }[]>`
    select coalesce(sum(total_minor), 0)::bigint as total_minor, coalesce(sum(tax_minor), 0)::bigint as tax_minor,
      coalesce(sum(net_minor), 0)::bigint as net_minor
    from credit_note where account_id = ${accountId} and invoice_id = ${invoiceId}`
  const { totalMinor, taxMinor, netMinor } = before!
  const baseMinor = invoice.subtotalMinor - invoice.discountMinor - invoice.promotionalMinor
  const isInclusive = invoice.totalMinor === baseMinor && invoice.taxMinor !== 0n
  const amountBefore = isInclusive ? totalMinor : netMinor
  const amount = sumOf(lines.map((line) => line.amountMinor))
  if (amountBefore + amount > baseMinor)
    throw new DomainError(
      'UNPROCESSABLE',
      `at most ${majorText(baseMinor - amountBefore, invoice.currency)} ${invoice.currency} of ${invoice.number} is left to give back`,
      { path: 'lines' },
    )
  return noteSums({ ...invoice, baseMinor }, { amountMinor: amountBefore, taxMinor }, amount)
}

const ownNumber = async (tx: Tx, invoice: InvoiceMoney, now: Date): Promise<string> => {
  const [entity] = await tx<
    { invoicePrefix: string }[]
  >`select invoice_prefix from legal_entity where id = ${invoice.entityId}`
  const year = now.getUTCFullYear()
  const n = await takeNumbers(tx, { entityId: invoice.entityId, series: 'credit_note', year, count: 1 })
  return numberText(entity!.invoicePrefix, 'credit_note', year, n)
}

const book = async (
  tx: Tx,
  ctx: Context,
  of: { note: NewCreditNote; invoice: InvoiceMoney; sums: Sums; id: bigint; number: string },
) => {
  const { note, invoice, sums, id, number } = of
  const { accountId, invoiceId } = note
  const { currency } = invoice
  await post(tx, {
    accountId,
    at: ctx.now,
    kind: 'credit_note',
    key: `credit_note:${id}`,
    description: `Credit note ${number}`,
    entries: [
      { book: 'revenue', currency, amountMinor: sums.netMinor, invoiceId },
      { book: 'tax', currency, amountMinor: sums.taxMinor, invoiceId },
      { book: 'receivable', currency, amountMinor: -sums.totalMinor, invoiceId },
    ],
  })
  const asCredit = note.settledAs === 'credit'
  if (asCredit)
    await grantIn(tx, ctx, {
      accountId,
      kind: 'prepaid',
      currency,
      amountMinor: sums.totalMinor,
      reason: `Credit note ${number}`,
      key: `credit_note:${id}`,
      against: 'receivable',
      invoiceId,
    })
  const after = {
    creditedMinor: invoice.creditedMinor + sums.totalMinor,
    paidMinor: invoice.paidMinor - (asCredit ? sums.totalMinor : 0n),
  }
  const isPaid = openOf({ ...invoice, ...after }) <= 0n
  await settleState(tx, note, after, isPaid ? 'paid' : invoice.state, ctx.now)
  if (isPaid && invoice.state !== 'paid') await afterPaid(tx, note)
}
