import type Stripe from 'stripe'
import { moveBalance } from './customers.ts'
import type { Params } from './form.ts'
import { createRefund, paymentsOf } from './payments.ts'
import { listOf, metadataOf, numberOf, textOf } from './read.ts'
import { refuse } from './world.ts'
import type { World } from './world.ts'

/** Gives back on a finalized invoice: off what is open, as balance, refunded, or outside of Stripe. */
export const createCreditNote = (world: World, params: Params): Stripe.CreditNote => {
  const invoice = world.get('invoice', params['invoice'], 'invoice')
  if (invoice.status !== 'open' && invoice.status !== 'paid') {
    throw refuse(`Credit notes can only be created for open or paid invoices (${String(invoice.status)})`)
  }
  const lines = listOf(params['lines'])
  const fromLines = lines.reduce(
    (sum, line) =>
      sum + (numberOf(line['amount']) ?? (numberOf(line['unit_amount']) ?? 0) * (numberOf(line['quantity']) ?? 1)),
    0,
  )
  const amount = numberOf(params['amount']) ?? fromLines
  const before = invoice.pre_payment_credit_notes_amount + invoice.post_payment_credit_notes_amount
  if (amount <= 0 || before + amount > invoice.total) {
    throw refuse(`The sum of credit notes (${before + amount}) is more than the invoice (${invoice.total}).`, {
      param: 'amount',
    })
  }
  const paid = invoice.status === 'paid'
  const [credit, refunded, outside] = ['credit_amount', 'refund_amount', 'out_of_band_amount'].map(
    (n) => numberOf(params[n]) ?? 0,
  )
  const given = (credit ?? 0) + (refunded ?? 0) + (outside ?? 0)
  if (paid ? given !== amount : given !== 0) {
    throw refuse(
      paid
        ? 'The sum of credit amount, refund amount and out of band amount must be equal to the credit note amount.'
        : 'You cannot give credit or refund on an open invoice.',
    )
  }
  const customer = world.get('customer', invoice.customer)
  const id = world.id('credit_note')
  const refunds: Stripe.CreditNote.Refund[] = []
  if (refunded) {
    const payment = paymentsOf(world, invoice.id).find((p) => p.status === 'paid')
    const refund = createRefund(world, { payment_intent: String(payment?.payment.payment_intent), amount: refunded })
    refunds.push({ amount_refunded: refunded, payment_record_refund: null, refund: refund.id, type: 'refund' })
  }
  const moved = credit ? moveBalance(world, customer, -credit, { type: 'credit_note', creditNote: id }) : null
  const note: Stripe.CreditNote = {
    id,
    object: 'credit_note',
    amount,
    amount_shipping: 0,
    created: world.now(),
    currency: invoice.currency,
    customer: customer.id,
    customer_account: null,
    customer_balance_transaction: moved?.id ?? null,
    discount_amount: 0,
    discount_amounts: [],
    effective_at: world.now(),
    invoice: invoice.id,
    lines: { object: 'list', data: [], has_more: false, url: `/v1/credit_notes/${id}/lines` },
    livemode: false,
    memo: textOf(params['memo']) ?? null,
    metadata: metadataOf(params['metadata']),
    number: `${String(invoice.number)}-CN-${String(world.all('credit_note').length + 1).padStart(2, '0')}`,
    out_of_band_amount: outside || null,
    pdf: `${world.url}/pages/credit_notes/${id}`,
    post_payment_amount: paid ? amount : 0,
    pre_payment_amount: paid ? 0 : amount,
    pretax_credit_amounts: [],
    reason: (textOf(params['reason']) ?? null) as Stripe.CreditNote.Reason | null,
    refunds,
    shipping_cost: null,
    status: 'issued',
    subtotal: amount,
    subtotal_excluding_tax: amount,
    total: amount,
    total_excluding_tax: amount,
    total_taxes: [],
    type: paid ? 'post_payment' : 'pre_payment',
    voided_at: null,
  }
  if (paid) invoice.post_payment_credit_notes_amount += amount
  else {
    invoice.pre_payment_credit_notes_amount += amount
    invoice.amount_due -= amount
    invoice.amount_remaining -= amount
    const open = paymentsOf(world, invoice.id).find((p) => p.status === 'open')
    const intent = world.find('payment_intent', open?.payment.payment_intent)
    if (open) open.amount_requested = invoice.amount_due
    if (intent) intent.amount = invoice.amount_due
  }
  world.add('credit_note', note)
  world.emit('credit_note.created', note)
  return note
}
