import type Stripe from 'stripe'
import type { Params } from './form.ts'
import { metadataOf, numberOf, textOf } from './read.ts'
import { refuse } from './world.ts'
import type { World } from './world.ts'

const newIntent = (world: World, invoice: Stripe.Invoice): Stripe.PaymentIntent => {
  const id = world.id('payment_intent')
  return world.add('payment_intent', {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: invoice.amount_due,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic',
    client_secret: `${id}_secret_standin`,
    confirmation_method: 'automatic',
    created: world.now(),
    currency: invoice.currency,
    customer: invoice.customer,
    customer_account: null,
    description: invoice.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_group: null,
  })
}

/** The payment that a finalized invoice waits for. */
export const openPayment = (world: World, invoice: Stripe.Invoice) => {
  const intent = newIntent(world, invoice)
  world.add('invoice_payment', {
    id: world.id('invoice_payment'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created: world.now(),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: intent.id, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  })
}

export const paymentsOf = (world: World, invoiceId: string) =>
  world.all('invoice_payment').filter((p) => p.invoice === invoiceId)

/** Nothing more is expected through Stripe: voided, or paid elsewhere. */
export const closePayments = (world: World, invoice: Stripe.Invoice) => {
  for (const payment of paymentsOf(world, invoice.id).filter((p) => p.status === 'open')) {
    payment.status = 'canceled'
    payment.status_transitions.canceled_at = world.now()
    const intent = world.find('payment_intent', payment.payment.payment_intent)
    if (intent) intent.status = 'canceled'
  }
}

export type Attempt = { ok: true; charge: string } | { ok: false; code: string; message: string }

/** The card that is charged: the one named, the invoice's, the subscription's, the customer's. */
const methodOf = (world: World, invoice: Stripe.Invoice, named: string | undefined) => {
  const subscription = world.find('subscription', invoice.parent?.subscription_details?.subscription)
  const customer = world.get('customer', invoice.customer)
  const chosen = [
    named,
    invoice.default_payment_method,
    subscription?.default_payment_method,
    customer.invoice_settings.default_payment_method,
  ]
  return chosen.map((id) => world.find('payment_method', id)).find((m) => m?.customer === customer.id)
}

/** `present`: the holder is there and confirms what the card asks for. */
export const attempt = (
  world: World,
  invoice: Stripe.Invoice,
  { method: named, present = false }: { method?: string; present?: boolean },
): Attempt => {
  const payment = paymentsOf(world, invoice.id).find((p) => p.status === 'open')
  const intent = world.get('payment_intent', payment?.payment.payment_intent)
  const method = methodOf(world, invoice, named)
  if (!payment || !method) {
    const message = 'There is no `default_payment_method` set on this Customer or Invoice.'
    intent.last_payment_error = {
      code: 'invoice_payment_intent_requires_action',
      message,
      type: 'invalid_request_error',
    }
    return { ok: false, code: 'resource_missing', message }
  }
  const behaviour = world.state.cards[method.id] ?? { card: 'works', failures: 0 }
  intent.payment_method = method.id
  const fail = (code: string, message: string, status: Stripe.PaymentIntent.Status): Attempt => {
    behaviour.failures += 1
    intent.status = status
    intent.last_payment_error = { code, message, type: 'card_error' }
    world.emit('payment_intent.payment_failed', intent)
    return { ok: false, code, message }
  }
  const declines = behaviour.card === 'fails' || (behaviour.card === 'fails_then_works' && behaviour.failures < 1)
  if (declines) return fail('card_declined', 'Your card was declined.', 'requires_payment_method')
  if (behaviour.card === 'needs_action' && !present) {
    return fail(
      'authentication_required',
      'Your card was declined. This transaction requires authentication.',
      'requires_action',
    )
  }
  const charge = newCharge(world, intent, method)
  intent.status = 'succeeded'
  intent.amount_received = intent.amount
  intent.latest_charge = charge.id
  intent.last_payment_error = null
  payment.status = 'paid'
  payment.amount_paid = payment.amount_requested
  payment.status_transitions.paid_at = world.now()
  world.emit('payment_intent.succeeded', intent)
  world.emit('charge.succeeded', charge)
  return { ok: true, charge: charge.id }
}

const newCharge = (world: World, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod): Stripe.Charge =>
  world.add('charge', {
    id: world.id('charge'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: intent.amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: null,
    captured: true,
    created: world.now(),
    currency: intent.currency,
    customer: intent.customer,
    description: null,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: null,
    livemode: false,
    metadata: {},
    on_behalf_of: null,
    outcome: null,
    paid: true,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: null,
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'succeeded',
    transfer_data: null,
    transfer_group: null,
  })

export const createRefund = (world: World, params: Params): Stripe.Refund => {
  const intent = params['payment_intent']
    ? world.get('payment_intent', params['payment_intent'], 'payment_intent')
    : null
  const charge = world.get('charge', textOf(params['charge']) ?? intent?.latest_charge, 'charge')
  const left = charge.amount - charge.amount_refunded
  const amount = numberOf(params['amount']) ?? left
  if (left === 0) throw refuse(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' })
  if (charge.disputed) throw refuse(`Charge ${charge.id} has been charged back.`, { code: 'charge_disputed' })
  if (amount <= 0 || amount > left) {
    throw refuse(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, { param: 'amount' })
  }
  charge.amount_refunded += amount
  charge.refunded = charge.amount_refunded === charge.amount
  const refund: Stripe.Refund = {
    id: world.id('refund'),
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    metadata: metadataOf(params['metadata']),
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: (textOf(params['reason']) ?? null) as Stripe.Refund.Reason | null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  }
  world.add('refund', refund)
  world.emit('refund.created', refund)
  world.emit('charge.refunded', charge)
  return refund
}

/** A holder's bank takes a charge back. */
export const openDispute = (world: World, chargeId: string): Stripe.Dispute => {
  const charge = world.get('charge', chargeId)
  charge.disputed = true
  const dispute: Stripe.Dispute = {
    id: world.id('dispute'),
    object: 'dispute',
    amount: charge.amount,
    balance_transactions: [],
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: {} as Stripe.Dispute.Evidence,
    evidence_details: {
      due_by: world.now() + 7 * 86_400,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: null,
    } as unknown as Stripe.Dispute.EvidenceDetails,
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason: 'fraudulent',
    status: 'needs_response',
  }
  world.add('dispute', dispute)
  world.emit('charge.dispute.created', dispute)
  world.emit('charge.dispute.funds_withdrawn', dispute)
  return dispute
}

export const closeDispute = (world: World, id: string, won: boolean): Stripe.Dispute => {
  const dispute = world.get('dispute', id)
  dispute.status = won ? 'won' : 'lost'
  if (won) {
    world.get('charge', dispute.charge).disputed = false
    world.emit('charge.dispute.funds_reinstated', dispute)
  }
  world.emit('charge.dispute.closed', dispute)
  return dispute
}
