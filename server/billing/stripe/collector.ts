import type { Context } from '../../context.ts'
import type { Collector, InvoiceRef } from '../collector.ts'
import { refund } from '../refund.ts'
import { toStripe } from './amount.ts'
import { makeCall } from './calls.ts'
import { needStripe } from './client.ts'
import { ensureCustomer } from './customer.ts'
import { followInvoice } from './followInvoice.ts'
import { settleInvoice } from './settleInvoice.ts'
import { invoiceRow } from './sql.ts'

/** Collection by Stripe: it numbers, taxes, charges and tries again; lines, evidence and suspension are ours. */
export const stripeCollector: Collector = {
  ensureCustomer: async (ctx, accountId) => void (await ensureCustomer(ctx, accountId)),
  afterDraft: settleInvoice,
  afterFinalize: async (ctx, ref) => {
    const ours = await invoiceRow(ctx.sql, ref)
    if (ours?.stripeInvoiceId) await followInvoice(ctx, ours.stripeInvoiceId)
  },
  afterClose: async (ctx, { as, ...ref }) => closeThere(ctx, ref, as),
  afterCreditNote: async (ctx, { creditNoteId, ...ref }) => noteThere(ctx, ref, creditNoteId),
}

/** Ends Stripe's invoice as ours ended. */
const closeThere = async (ctx: Context, ref: InvoiceRef, as: 'void' | 'uncollectible'): Promise<void> => {
  const ours = await invoiceRow(ctx.sql, ref)
  if (!ours?.stripeInvoiceId) return
  const there = await needStripe(ctx.env).invoices.retrieve(ours.stripeInvoiceId)
  const closable = as === 'void' ? ['open', 'uncollectible'] : ['open']
  const call = { accountId: ref.accountId, payload: { id: there.id } }
  if (closable.includes(String(there.status)))
    await makeCall(ctx, { ...call, kind: `invoice.${as}`, key: `invoice:${ref.accountId}:${ours.id}:${as}` })
  else if (there.status === 'draft' && !there.parent)
    await makeCall(ctx, { ...call, kind: 'invoice.delete', key: `invoice:${ref.accountId}:${ours.id}:delete` })
}

type Note = { key: string; reason: string; totalMinor: bigint; settledAs: 'open_balance' | 'credit' | 'refund' }

/** Makes the credit note at Stripe too; a refund goes back to the card. Credit stays with us: it is put on later balances. */
const noteThere = async (ctx: Context, ref: InvoiceRef, creditNoteId: bigint): Promise<void> => {
  const ours = await invoiceRow(ctx.sql, ref)
  const [note] = await ctx.sql<Note[]>`select key, reason, total_minor, settled_as from credit_note
    where account_id = ${ref.accountId} and id = ${creditNoteId}`
  if (!note || !ours?.stripeInvoiceId) return
  const stripe = needStripe(ctx.env)
  const amount = toStripe(note.totalMinor, ours.currency)
  const there = await stripe.invoices.retrieve(ours.stripeInvoiceId)
  const key = `credit_note:${ref.accountId}:${creditNoteId}`
  // Taken off what was open, it may be paid at Stripe by now; then it is settled outside of it.
  const settled =
    note.settledAs === 'refund'
      ? { refund_amount: amount }
      : there.status === 'paid'
        ? { out_of_band_amount: amount }
        : {}
  const made = await makeCall(ctx, {
    accountId: ref.accountId,
    kind: 'credit_note.create',
    key,
    payload: { invoice: there.id, amount, memo: note.reason.slice(0, 500), ...settled, metadata: { wharf_key: key } },
  })
  await ctx.sql`update credit_note set stripe_credit_note_id = ${made.id!}
    where account_id = ${ref.accountId} and id = ${creditNoteId} and stripe_credit_note_id is null`
  if (note.settledAs !== 'refund') return
  await refund(ctx, {
    ...ref,
    amountMinor: note.totalMinor,
    method: 'card',
    key: `stripe:${made.id!}`,
    reference: made.id!,
    receivedAt: ctx.now,
  })
}
