import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { majorText } from '../money.ts'
import type { InvoiceRef } from './collector.ts'
import { RELEASED, roundOf, stepName, type Taken } from './dunning.ts'
import { post, type Book } from './ledger.ts'
import { lockInvoice, openOf } from './openInvoice.ts'
import { afterPaid } from './recordPayment.ts'

/**
 * Takes an unpaid invoice back: its bookings are reversed, credit it used and adjustments it took are free again. It keeps its
 * number, and the usage it billed counts as billed. A draft is taken back too. Voided before, nothing happens.
 * @throws CONFLICT once something was paid or credited on it: make a credit note
 */
export const voidInvoice = async (ctx: Context, input: InvoiceRef & { reason: string }): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const { accountId, invoiceId, reason } = input
    const invoice = await lockInvoice(tx, input)
    if (invoice.state === 'void') return
    if (invoice.paidMinor !== 0n || invoice.creditedMinor !== 0n || invoice.state === 'uncollectible')
      throw new DomainError(
        'CONFLICT',
        `${invoice.number} was paid, credited or written off; make a credit note instead`,
      )
    await takeBackCarry(tx, accountId, invoice.key)
    await tx`update adjustment set state = 'approved', invoice_id = null
      where account_id = ${accountId} and invoice_id = ${invoiceId} and state = 'applied'`
    if (invoice.state !== 'draft') await reverse(tx, ctx, input, invoice.number)
    await tx`update invoice set state = 'void', closed_at = ${ctx.now} where account_id = ${accountId} and id = ${invoiceId}`
    await audit(tx, ctx, {
      action: 'billing.invoice.void',
      subject: { kind: 'invoice', id: invoiceId },
      accountId,
      before: { state: invoice.state, number: invoice.number },
      after: { state: 'void', reason },
    })
    await closed(tx, input, 'void')
  })
}

const reverse = async (tx: Tx, ctx: Context, { accountId, invoiceId }: InvoiceRef, number: string | null) => {
  const entries = await tx<{ book: Book; currency: string; amountMinor: bigint }[]>`
    select e.book, e.currency, -e.amount_minor as amount_minor from ledger_transaction t
    join ledger_entry e on e.account_id = t.account_id and e.transaction_id = t.id
    where t.account_id = ${accountId} and t.key = ${`invoice:${invoiceId}`} order by e.position`
  await post(tx, {
    accountId,
    at: ctx.now,
    kind: 'void',
    key: `void:${invoiceId}`,
    description: `Invoice ${number} taken back`,
    entries: entries.map((entry) => ({ ...entry, invoiceId })),
  })
  // What comes back to a grant whose time is over expires once more.
  const grants = entries.flatMap(({ book }) => /^(?:prepaid|promotional):(\d+)$/.exec(book)?.[1] ?? [])
  if (grants.length > 0)
    await tx`update credit_grant set expired_at = null where account_id = ${accountId} and id = any(${grants}::bigint[])`
}

// Credit that this invoice passed on would be there twice.
const takeBackCarry = async (tx: Tx, accountId: bigint, key: string) => {
  const [carried] = await tx<{ state: string }[]>`select state from adjustment
    where account_id = ${accountId} and key = ${`carry:${key}`} for update`
  if (!carried) return
  if (carried.state === 'applied')
    throw new DomainError(
      'CONFLICT',
      'a later invoice took the credit that this one carried on; make a credit note instead',
    )
  await tx`update adjustment set state = 'rejected', decision = 'The invoice that carried it on was taken back'
    where account_id = ${accountId} and key = ${`carry:${key}`}`
}

/**
 * Writes off what is open of an invoice. Money that comes later is still taken. The account stays past due and suspended for
 * it until it is paid, unless `liftHold` says otherwise, now or when it is said again later.
 * @throws CONFLICT where nothing is open or it is not finalized
 */
export const markUncollectible = async (
  ctx: Context,
  input: InvoiceRef & { reason: string; liftHold?: boolean },
): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const { accountId, invoiceId, reason, liftHold = false } = input
    const invoice = await lockInvoice(tx, input)
    const open = openOf(invoice)
    if (invoice.state === 'uncollectible') return liftHold ? release(tx, ctx, input) : undefined
    if (invoice.state !== 'finalized' || open <= 0n)
      throw new DomainError('CONFLICT', `nothing of this invoice is open to write off; it is ${invoice.state}`)
    const { currency } = invoice
    await post(tx, {
      accountId,
      at: ctx.now,
      kind: 'write_off',
      key: `write_off:${invoiceId}`,
      description: `Invoice ${invoice.number} written off`,
      entries: [
        { book: 'bad_debt', currency, amountMinor: open, invoiceId },
        { book: 'receivable', currency, amountMinor: -open, invoiceId },
      ],
    })
    await tx`update invoice set state = 'uncollectible', closed_at = ${ctx.now}
      where account_id = ${accountId} and id = ${invoiceId}`
    await audit(tx, ctx, {
      action: 'billing.invoice.write_off',
      subject: { kind: 'invoice', id: invoiceId },
      accountId,
      before: { state: 'finalized' },
      after: { state: 'uncollectible', open: `${majorText(open, currency)} ${currency}`, reason, liftHold },
    })
    await closed(tx, input, 'uncollectible')
    if (liftHold) await release(tx, ctx, input)
  })
}

/** Nothing stands for a written-off invoice any more, once a round of collection; the job lifts what collection had placed. */
const release = async (tx: Tx, ctx: Context, input: InvoiceRef & { reason: string }): Promise<void> => {
  const { accountId, invoiceId, reason } = input
  const taken = await tx<Taken[]>`select step, at from dunning_step
    where account_id = ${accountId} and invoice_id = ${invoiceId}`
  const [row] = await tx`insert into dunning_step (account_id, invoice_id, step, at, detail)
    values (${accountId}, ${invoiceId}, ${stepName(RELEASED, roundOf(taken))}, ${ctx.now},
      ${JSON.stringify({ reason })}::text::jsonb)
    on conflict do nothing returning step`
  if (!row) return
  await audit(tx, ctx, {
    action: 'billing.invoice.release',
    subject: { kind: 'invoice', id: invoiceId },
    accountId,
    after: { reason },
  })
  await afterPaid(tx, input)
}

const closed = async (tx: Tx, ref: InvoiceRef, event: 'void' | 'uncollectible') => {
  await addJob(tx, 'billing.collect', {
    accountId: String(ref.accountId),
    invoiceId: String(ref.invoiceId),
    event,
  })
  if (event === 'void') await afterPaid(tx, ref)
}
