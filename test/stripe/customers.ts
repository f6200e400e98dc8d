import type Stripe from 'stripe'
import type { Given, Params } from './form.ts'
import { metadataOf, numberOf, partOf, textOf } from './read.ts'
import { CARDS, refuse } from './world.ts'
import type { Card, World } from './world.ts'

const addressOf = (given: Given | undefined, before: Stripe.Address | null | undefined): Stripe.Address | null => {
  if (given === undefined) return before ?? null
  if (given === '') return null
  const part = partOf(given)
  const line = (name: keyof Stripe.Address) => textOf(part[name]) ?? null
  return {
    city: line('city'),
    country: line('country'),
    line1: line('line1'),
    line2: line('line2'),
    postal_code: line('postal_code'),
    state: line('state'),
  }
}

export const createCustomer = (world: World, params: Params): Stripe.Customer => {
  const id = world.id('customer')
  const customer: Stripe.Customer = {
    id,
    object: 'customer',
    address: addressOf(params['address'], null),
    balance: 0,
    created: world.now(),
    currency: null,
    default_source: null,
    delinquent: false,
    description: textOf(params['description']) ?? null,
    discount: null,
    email: textOf(params['email']) ?? null,
    invoice_prefix: id.slice(-8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: metadataOf(params['metadata']),
    name: textOf(params['name']) ?? null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: (textOf(params['tax_exempt']) || 'none') as Stripe.Customer.TaxExempt,
    test_clock: null,
  }
  world.add('customer', customer)
  world.emit('customer.created', customer)
  return customer
}

export const updateCustomer = (world: World, id: string, params: Params): Stripe.Customer => {
  const customer = world.get('customer', id)
  if (params['name'] !== undefined) customer.name = textOf(params['name']) || null
  if (params['email'] !== undefined) customer.email = textOf(params['email']) || null
  if (params['description'] !== undefined) customer.description = textOf(params['description']) || null
  if (params['tax_exempt'] !== undefined) {
    customer.tax_exempt = (textOf(params['tax_exempt']) || 'none') as Stripe.Customer.TaxExempt
  }
  customer.address = addressOf(params['address'], customer.address)
  customer.metadata = metadataOf(params['metadata'], customer.metadata)
  const method = textOf(partOf(params['invoice_settings'])['default_payment_method'])
  if (method !== undefined) {
    if (method !== '' && world.get('payment_method', method).customer !== id) {
      throw refuse('The customer does not have a payment method with that ID.', { code: 'resource_missing' })
    }
    customer.invoice_settings.default_payment_method = method || null
  }
  world.emit('customer.updated', customer)
  return customer
}

/** A card that the stand-in's Checkout or Portal took, attached to its customer. Checkout makes it nobody's default. */
export const attachCard = (world: World, customerId: string, card: Card): Stripe.PaymentMethod => {
  const customer = world.get('customer', customerId)
  const { brand, last4 } = CARDS[card]
  const year = new Date(world.now() * 1000).getUTCFullYear() + 3
  const method: Stripe.PaymentMethod = {
    id: world.id('payment_method'),
    object: 'payment_method',
    allow_redisplay: 'always',
    billing_details: {
      address: customer.address ?? null,
      email: customer.email,
      name: customer.name ?? null,
      phone: null,
      tax_id: null,
    },
    card: {
      brand,
      checks: null,
      country: 'NL',
      display_brand: brand,
      exp_month: 12,
      exp_year: year,
      // As Stripe's: the same number, the same fingerprint.
      fingerprint: `stand-in-${brand}-${last4}`,
      funding: 'credit',
      generated_from: null,
      last4,
      networks: null,
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: world.now(),
    customer: customerId,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  }
  world.add('payment_method', method)
  world.state.cards[method.id] = { card, failures: 0 }
  world.emit('payment_method.attached', method)
  return method
}

/** Moves a customer's balance: negative is credit. */
export const moveBalance = (
  world: World,
  customer: Stripe.Customer,
  amount: number,
  why: { type: Stripe.CustomerBalanceTransaction.Type; invoice?: string; creditNote?: string; description?: string },
): Stripe.CustomerBalanceTransaction => {
  customer.balance += amount
  return world.add('customer_balance_transaction', {
    id: world.id('customer_balance_transaction'),
    object: 'customer_balance_transaction',
    amount,
    checkout_session: null,
    created: world.now(),
    credit_note: why.creditNote ?? null,
    currency: customer.currency ?? 'eur',
    customer: customer.id,
    customer_account: null,
    description: why.description ?? null,
    ending_balance: customer.balance,
    invoice: why.invoice ?? null,
    livemode: false,
    metadata: {},
    type: why.type,
  })
}

export const createBalanceTransaction = (world: World, id: string, params: Params) => {
  const customer = world.get('customer', id)
  customer.currency ??= textOf(params['currency']) ?? null
  return moveBalance(world, customer, numberOf(params['amount']) ?? 0, {
    type: 'adjustment',
    description: textOf(params['description']) ?? '',
  })
}

export const createTaxId = (world: World, customerId: string, params: Params): Stripe.TaxId => {
  const customer = world.get('customer', customerId)
  const value = textOf(params['value']) ?? ''
  const type = (textOf(params['type']) ?? 'unknown') as Stripe.TaxId.Type
  if (type === 'eu_vat' && !/^[A-Z]{2}[A-Z0-9+*]{2,13}$/.test(value))
    throw refuse(`Invalid value for ${type}.`, { code: 'tax_id_invalid', param: 'value' })
  return world.add('tax_id', {
    id: world.id('tax_id'),
    object: 'tax_id',
    country: type === 'eu_vat' ? value.slice(0, 2) : null,
    created: world.now(),
    customer: customer.id,
    customer_account: null,
    livemode: false,
    owner: { customer: customer.id, customer_account: null, type: 'customer' },
    type,
    value,
    verification: { status: 'pending', verified_address: null, verified_name: null },
  })
}
