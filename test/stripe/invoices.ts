import type Stripe from 'stripe'
import { moveBalance } from './customers.ts'
import type { Params } from './form.ts'
import { addLine, addLines, mustBeDraft, removeLines, sumUp } from './invoiceLines.ts'
import { markPaid } from './paid.ts'
import { openPayment } from './payments.ts'
import { flagOf, listOf, metadataOf, numberOf, partOf, textOf } from './read.ts'
import { refuse } from './world.ts'
import type { World } from './world.ts'

const HOUR = 3_600
/** Amounts below this are carried over to the customer's balance (0.50 in most currencies). */
const LEAST_CHARGE = 50

/** Makes a draft. A subscription's own finalizes by itself an hour later. */
export const newInvoice = (
  world: World,
  of: {
    customer: string
    currency: string
    subscription: Stripe.Subscription | null
    reason: Stripe.Invoice.BillingReason
    autoAdvance: boolean
    period: { start: number; end: number }
    metadata?: Record<string, string>
    automaticTax: boolean
    description?: string | null
    method?: string | null
  },
): Stripe.Invoice => {
  const customer = world.get('customer', of.customer, 'customer')
  customer.currency ??= of.currency
  const id = world.id('invoice')
  const now = world.now()
  const invoice: Stripe.Invoice = {
    id,
    object: 'invoice',
    account_country: world.state.tax.headOffice,
    account_name: 'Stand-in for Stripe',
    account_tax_ids: null,
    amount_due: 0,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: 0,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: of.autoAdvance,
    automatic_tax: {
      disabled_reason: null,
      enabled: of.automaticTax,
      liability: of.automaticTax ? { type: 'self' } : null,
      provider: of.automaticTax ? 'stripe' : null,
      status: null,
    },
    automatically_finalizes_at: of.autoAdvance ? now + HOUR : null,
    billing_reason: of.reason,
    collection_method: 'charge_automatically',
    created: now,
    currency: of.currency,
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: null,
    customer_shipping: null,
    customer_tax_exempt: customer.tax_exempt ?? 'none',
    customer_tax_ids: [],
    default_payment_method: of.method ?? null,
    default_source: null,
    default_tax_rates: [],
    description: of.description ?? null,
    discounts: [],
    due_date: null,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    last_finalization_error: null,
    latest_revision: null,
    lines: { object: 'list', data: [], has_more: false, url: `/v1/invoices/${id}/lines` },
    livemode: false,
    metadata: of.metadata ?? {},
    next_payment_attempt: null,
    number: null,
    on_behalf_of: null,
    parent: of.subscription && {
      quote_details: null,
      subscription_details: { metadata: of.subscription.metadata, subscription: of.subscription.id },
      type: 'subscription_details',
    },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: of.period.end,
    period_start: of.period.start,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: customer.balance,
    statement_descriptor: null,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: 0,
    subtotal_excluding_tax: 0,
    test_clock: null,
    total: 0,
    total_discount_amounts: [],
    total_excluding_tax: 0,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: null,
  }
  world.add('invoice', invoice)
  world.plan(id, invoice.automatically_finalizes_at)
  return invoice
}

/** Items of a customer that wait for their next invoice. */
export const takePending = (world: World, invoice: Stripe.Invoice) => {
  const waiting = world.all('invoiceitem').filter((i) => i.customer === invoice.customer && i.invoice === null)
  for (const item of waiting.filter((i) => i.currency === invoice.currency)) {
    item.invoice = invoice.id
    addLine(world, invoice, {
      amount: item.amount,
      description: item.description,
      period: item.period,
      metadata: item.metadata ?? {},
      quantity: 1,
      from: { invoiceItem: item.id, subscription: null },
    })
  }
}

export const createInvoice = (world: World, params: Params): Stripe.Invoice => {
  const customer = world.get('customer', params['customer'], 'customer')
  const subscription = params['subscription'] ? world.get('subscription', params['subscription'], 'subscription') : null
  const currency = textOf(params['currency']) ?? subscription?.currency ?? customer.currency
  if (!currency) throw refuse('Missing required param: currency.', { code: 'parameter_missing', param: 'currency' })
  if (customer.currency && customer.currency !== currency) {
    throw refuse(`You cannot combine currencies on a single customer (${customer.currency}, ${currency}).`)
  }
  const now = world.now()
  const invoice = newInvoice(world, {
    customer: customer.id,
    currency,
    subscription,
    reason: subscription ? 'subscription_update' : 'manual',
    autoAdvance: flagOf(params['auto_advance']) ?? false,
    period: { start: now, end: now },
    metadata: metadataOf(params['metadata']),
    automaticTax: flagOf(partOf(params['automatic_tax'])['enabled']) ?? false,
    description: textOf(params['description']) ?? null,
    method: textOf(params['default_payment_method']) ?? null,
  })
  if (params['pending_invoice_items_behavior'] === 'include') takePending(world, invoice)
  sumUp(world, invoice)
  world.emit('invoice.created', invoice)
  return invoice
}

export const updateInvoice = (world: World, id: string, params: Params): Stripe.Invoice => {
  const invoice = world.get('invoice', id)
  const onlyMetadata = Object.keys(params).every((name) => name === 'metadata' || name === 'auto_advance')
  if (!onlyMetadata) mustBeDraft(invoice)
  if (params['metadata'] !== undefined) invoice.metadata = metadataOf(params['metadata'], invoice.metadata ?? {})
  if (params['description'] !== undefined) invoice.description = textOf(params['description']) ?? null
  const advance = flagOf(params['auto_advance'])
  if (advance !== undefined) {
    invoice.auto_advance = advance
    if (invoice.status === 'draft') {
      invoice.automatically_finalizes_at = advance ? world.now() + HOUR : null
      world.plan(id, invoice.automatically_finalizes_at)
    }
  }
  world.emit('invoice.updated', invoice)
  return invoice
}

export const changeLines = (world: World, id: string, params: Params, how: 'add' | 'remove'): Stripe.Invoice => {
  const invoice = world.get('invoice', id)
  mustBeDraft(invoice)
  const given = listOf(params['lines'])
  if (given.length > 250) throw refuse('Array lines exceeded maximum 250 allowed elements.', { param: 'lines' })
  if (how === 'add') addLines(world, invoice, given)
  else removeLines(world, invoice, given)
  invoice.metadata = metadataOf(params['invoice_metadata'], invoice.metadata ?? {})
  world.emit('invoice.updated', invoice)
  return invoice
}

export const deleteInvoice = (world: World, id: string) => {
  const invoice = world.get('invoice', id)
  mustBeDraft(invoice)
  if (invoice.parent) throw refuse('You can only delete one-off draft invoices.')
  world.remove('invoice', id)
  return { id, object: 'invoice', deleted: true }
}

/** A draft becomes an invoice: number, balance, what is due, and its payment. */
export const finalize = (world: World, invoice: Stripe.Invoice, autoAdvance: boolean): Stripe.Invoice => {
  mustBeDraft(invoice)
  const customer = world.get('customer', invoice.customer)
  if (invoice.automatic_tax.status === 'requires_location_inputs') {
    invoice.last_finalization_error = {
      code: 'customer_tax_location_invalid',
      message: "The customer's location isn't recognized.",
      type: 'invalid_request_error',
    }
    world.emit('invoice.finalization_failed', invoice)
    throw refuse("The customer's location isn't recognized.", { code: 'customer_tax_location_invalid' })
  }
  const now = world.now()
  invoice.number = `${customer.invoice_prefix}-${String(customer.next_invoice_sequence ?? 1).padStart(4, '0')}`
  customer.next_invoice_sequence = (customer.next_invoice_sequence ?? 1) + 1
  invoice.auto_advance = autoAdvance
  invoice.automatically_finalizes_at = null
  invoice.effective_at = now
  invoice.status_transitions.finalized_at = now
  invoice.hosted_invoice_url = `${world.url}/pages/invoices/${invoice.id}`
  invoice.invoice_pdf = `${world.url}/pages/invoices/${invoice.id}/pdf`
  applyBalance(world, invoice, customer)
  invoice.status = 'open'
  world.emit('invoice.finalized', invoice)
  if (invoice.amount_due === 0) {
    markPaid(world, invoice)
    return invoice
  }
  openPayment(world, invoice)
  if (autoAdvance) {
    invoice.next_payment_attempt = now
    world.plan(invoice.id, now)
  } else world.plan(invoice.id, null)
  return invoice
}

const applyBalance = (world: World, invoice: Stripe.Invoice, customer: Stripe.Customer) => {
  invoice.starting_balance = customer.balance
  const owed = invoice.total + customer.balance
  const [due, ending] = owed <= 0 ? [0, owed] : owed < LEAST_CHARGE ? [0, owed] : [owed, 0]
  if (ending !== customer.balance) {
    moveBalance(world, customer, ending - customer.balance, { type: 'applied_to_invoice', invoice: invoice.id })
  }
  invoice.ending_balance = customer.balance
  invoice.amount_due = due
  invoice.amount_remaining = due
}

export const createInvoiceItem = (world: World, params: Params): Stripe.InvoiceItem => {
  const customer = world.get('customer', params['customer'], 'customer')
  const now = world.now()
  const period = partOf(params['period'])
  const currency = textOf(params['currency']) ?? customer.currency
  if (!currency) throw refuse('Missing required param: currency.', { code: 'parameter_missing', param: 'currency' })
  const amount = numberOf(params['amount'])
  if (amount === undefined) throw refuse('Missing required param: amount.', { param: 'amount' })
  const item: Stripe.InvoiceItem = {
    id: world.id('invoiceitem'),
    object: 'invoiceitem',
    amount,
    currency,
    customer: customer.id,
    customer_account: null,
    date: now,
    description: textOf(params['description']) ?? null,
    discountable: false,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: metadataOf(params['metadata']),
    parent: null,
    period: { start: numberOf(period['start']) ?? now, end: numberOf(period['end']) ?? now },
    pricing: null,
    proration: false,
    quantity: 1,
    quantity_decimal: '1' as unknown as Stripe.Decimal,
    tax_rates: [],
    test_clock: null,
  }
  world.add('invoiceitem', item)
  const invoiceId = textOf(params['invoice'])
  if (invoiceId) {
    const invoice = world.get('invoice', invoiceId, 'invoice')
    mustBeDraft(invoice)
    item.invoice = invoice.id
    addLine(world, invoice, {
      amount,
      description: item.description,
      period: item.period,
      metadata: item.metadata ?? {},
      quantity: 1,
      from: { invoiceItem: item.id, subscription: null },
    })
    sumUp(world, invoice)
  }
  world.emit('invoiceitem.created', item)
  return item
}
