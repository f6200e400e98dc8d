import type Stripe from 'stripe'
import { attachCard } from './customers.ts'
import type { Params } from './form.ts'
import { collect } from './collecting.ts'
import { listOf, metadataOf, numberOf, partOf, textOf } from './read.ts'
import { createSubscription } from './subscriptions.ts'
import { refuse } from './world.ts'
import type { Card, World } from './world.ts'

const OPEN_FOR = 24 * 3_600

export const createSession = (world: World, params: Params): Stripe.Checkout.Session => {
  const mode = textOf(params['mode'])
  if (mode !== 'setup' && mode !== 'subscription') throw refuse('The stand-in knows the modes setup and subscription.')
  const customer = world.get('customer', params['customer'], 'customer')
  if (!textOf(params['success_url'])) throw refuse('Missing required param: success_url.', { param: 'success_url' })
  if (mode === 'setup' && !params['currency'] && !params['payment_method_types']) {
    throw refuse('Missing required param: currency.', { code: 'parameter_missing', param: 'currency' })
  }
  const lines = listOf(params['line_items'])
  if (mode === 'subscription' && lines.length === 0) throw refuse('Missing required param: line_items.')
  const prices = lines.map((line) => ({
    price: world.get('price', line['price'], 'line_items[0][price]'),
    quantity: numberOf(line['quantity']) ?? 1,
  }))
  const total = prices.reduce((sum, { price, quantity }) => sum + (price.unit_amount ?? 0) * quantity, 0)
  const id = world.id('checkout.session')
  const session: Stripe.Checkout.Session = {
    id,
    object: 'checkout.session',
    adaptive_pricing: null,
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    amount_subtotal: mode === 'setup' ? null : total,
    amount_total: mode === 'setup' ? null : total,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: textOf(params['cancel_url']) ?? null,
    client_reference_id: textOf(params['client_reference_id']) ?? null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: world.now(),
    currency: textOf(params['currency']) ?? prices[0]?.price.currency ?? null,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: customer.id,
    customer_account: null,
    customer_creation: null,
    customer_details: null,
    customer_email: null,
    discounts: [],
    expires_at: world.now() + OPEN_FOR,
    integration_identifier: null,
    invoice: null,
    invoice_creation: null,
    livemode: false,
    locale: null,
    managed_payments: null,
    metadata: metadataOf(params['metadata']),
    mode,
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: 'always',
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    payment_status: mode === 'setup' ? 'no_payment_required' : 'unpaid',
    permissions: null,
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: mode === 'setup' ? newSetupIntent(world, customer.id).id : null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: null,
    subscription: null,
    success_url: textOf(params['success_url']) ?? null,
    total_details: null,
    ui_mode: 'hosted_page',
    url: `${world.url}/pages/checkout/${id}`,
    wallet_options: null,
  }
  world.add('checkout.session', session)
  world.state.wishes[id] = { ...partOf(params['subscription_data']), items: lines, customer: customer.id }
  world.plan(id, session.expires_at)
  return session
}

const newSetupIntent = (world: World, customer: string): Stripe.SetupIntent => {
  const id = world.id('setup_intent')
  return world.add('setup_intent', {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_standin`,
    created: world.now(),
    customer,
    description: null,
    excluded_payment_method_types: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: 'off_session',
  })
}

/** The customer chose a card on the stand-in's page. @throws Refusal where the first charge is declined; nothing is left of it */
export const completeSession = (world: World, id: string, card: Card): Stripe.Checkout.Session => {
  const before = structuredClone(world.state)
  try {
    return complete(world, id, card)
  } catch (error) {
    Object.assign(world.state, before)
    throw error
  }
}

const complete = (world: World, id: string, card: Card): Stripe.Checkout.Session => {
  const session = world.get('checkout.session', id)
  if (session.status !== 'open') throw refuse('This page is no longer open.')
  const method = attachCard(world, String(session.customer), card)
  if (session.mode === 'setup') {
    const intent = world.get('setup_intent', session.setup_intent)
    intent.payment_method = method.id
    intent.status = 'succeeded'
    world.emit('setup_intent.succeeded', intent)
  } else {
    const wish = (world.state.wishes[id] ?? {}) as Params
    const subscription = createSubscription(world, {
      ...wish,
      default_payment_method: method.id,
      payment_behavior: 'default_incomplete',
    })
    const invoice = world.find('invoice', subscription.latest_invoice)
    if (invoice?.status === 'open') {
      const paid = collect(world, invoice, { method: method.id, present: true })
      if (!paid.ok) throw refuse(paid.message, { code: paid.code })
      world.plan(subscription.id, subscription.items.data[0]?.current_period_end ?? null)
    }
    session.subscription = subscription.id
    session.invoice = invoice?.id ?? null
    session.payment_status = 'paid'
  }
  session.status = 'complete'
  world.plan(id, null)
  world.emit('checkout.session.completed', session)
  return session
}

export const sessionDue = (world: World, session: Stripe.Checkout.Session) => {
  world.plan(session.id, null)
  if (session.status !== 'open') return
  session.status = 'expired'
  session.url = null
  world.emit('checkout.session.expired', session)
}

export const createPortal = (world: World, params: Params): Stripe.BillingPortal.Session => {
  const customer = world.get('customer', params['customer'], 'customer')
  const back = textOf(params['return_url']) ?? null
  return {
    id: `bps_${world.id('customer').slice(4)}`,
    object: 'billing_portal.session',
    configuration: 'bpc_standin',
    created: world.now(),
    customer: customer.id,
    customer_account: null,
    flow: null,
    livemode: false,
    locale: null,
    on_behalf_of: null,
    return_url: back,
    url: `${world.url}/pages/portal/${customer.id}?back=${encodeURIComponent(back ?? '')}`,
  }
}

/** The customer gave another card in the Portal: it becomes the one that is charged. */
export const changeCard = (world: World, customerId: string, card: Card): Stripe.PaymentMethod => {
  const method = attachCard(world, customerId, card)
  const customer = world.get('customer', customerId)
  customer.invoice_settings.default_payment_method = method.id
  for (const subscription of world.all('subscription').filter((s) => s.customer === customerId)) {
    if (subscription.default_payment_method) subscription.default_payment_method = method.id
  }
  world.emit('customer.updated', customer)
  return method
}
