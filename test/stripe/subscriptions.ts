import type Stripe from 'stripe'
import type { Params } from './form.ts'
import { addLine, sumUp } from './invoiceLines.ts'
import { closeInvoice, collect } from './collecting.ts'
import { finalize, newInvoice, takePending } from './invoices.ts'
import { flagOf, listOf, metadataOf, numberOf, partOf, textOf } from './read.ts'
import { Refusal, refuse } from './world.ts'
import type { World } from './world.ts'

const HOUR = 3_600
/** A first invoice that is not paid within this ends the subscription. */
const INCOMPLETE_FOR = 23 * HOUR

/** The next instant of a subscription's billing day, after an instant: a month without that day has it on its last. */
const nextCycle = (subscription: Stripe.Subscription, price: Stripe.Price, after: number): number => {
  const anchor = new Date(subscription.billing_cycle_anchor * 1000)
  const day = subscription.billing_cycle_anchor_config?.day_of_month ?? anchor.getUTCDate()
  const months = price.recurring?.interval === 'year' ? 12 : 1
  for (let n = 0; ; n++) {
    const at = new Date(anchor)
    at.setUTCDate(1)
    at.setUTCMonth(anchor.getUTCMonth() + n * months)
    const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate()
    at.setUTCDate(Math.min(day, last))
    const seconds = at.getTime() / 1000
    if (seconds > after) return seconds
  }
}

/** The first instant of an anchor given by day and time, after now. */
const firstAnchor = (config: Params, now: number): number => {
  const from = new Date(now * 1000)
  for (let n = 0; ; n++) {
    const month = Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + n, 1)
    const last = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + n + 1, 0)).getUTCDate()
    const at = new Date(month)
    at.setUTCDate(Math.min(numberOf(config['day_of_month']) ?? 1, last))
    at.setUTCHours(numberOf(config['hour']) ?? from.getUTCHours(), numberOf(config['minute']) ?? from.getUTCMinutes())
    at.setUTCSeconds(numberOf(config['second']) ?? from.getUTCSeconds())
    if (at.getTime() / 1000 > now) return at.getTime() / 1000
  }
}

/** When a subscription that begins now would renew by itself. */
const naturalEnd = (price: Stripe.Price, now: number): number => {
  const at = new Date(now * 1000)
  const day = at.getUTCDate()
  at.setUTCDate(1)
  at.setUTCMonth(at.getUTCMonth() + (price.recurring?.interval === 'year' ? 12 : 1))
  at.setUTCDate(Math.min(day, new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate()))
  return at.getTime() / 1000
}

const planOf = (price: Stripe.Price): Stripe.Plan => ({
  id: price.id,
  object: 'plan',
  active: price.active,
  amount: price.unit_amount,
  amount_decimal: price.unit_amount_decimal,
  billing_scheme: price.billing_scheme,
  created: price.created,
  currency: price.currency,
  interval: price.recurring?.interval ?? 'month',
  interval_count: price.recurring?.interval_count ?? 1,
  livemode: false,
  metadata: price.metadata,
  meter: null,
  nickname: price.nickname,
  product: price.product,
  tiers_mode: null,
  transform_usage: null,
  trial_period_days: null,
  usage_type: 'licensed',
})

const newItem = (world: World, subscription: Stripe.Subscription, given: Params): Stripe.SubscriptionItem => {
  const price = world.get('price', given['price'], 'items[0][price]')
  if (!price.recurring) throw refuse(`The price specified is set to \`type=one_time\``, { param: 'items[0][price]' })
  if (price.currency !== subscription.currency) throw refuse('The prices of a subscription share one currency.')
  return {
    id: `si_${world.id('subscription').slice(4)}`,
    object: 'subscription_item',
    billing_thresholds: null,
    created: world.now(),
    current_period_end: 0,
    current_period_start: world.now(),
    current_trial: null,
    discounts: [],
    metadata: metadataOf(given['metadata']),
    plan: planOf(price),
    price,
    quantity: numberOf(given['quantity']) ?? 1,
    subscription: subscription.id,
    tax_rates: [],
  }
}

const mustShareInterval = (items: Stripe.SubscriptionItem[]) => {
  const intervals = new Set(items.map((i) => i.price.recurring?.interval))
  if (intervals.size > 1) throw refuse('The stand-in bills the items of a subscription by one interval.')
  const prices = items.map((i) => i.price.id)
  if (new Set(prices).size < prices.length) throw refuse('Cannot add multiple subscription items with the same plan')
  if (items.length > 20) throw refuse('A subscription has at most 20 items')
}

export const createSubscription = (world: World, params: Params): Stripe.Subscription => {
  const customer = world.get('customer', params['customer'], 'customer')
  const given = listOf(params['items'])
  if (given.length === 0) throw refuse('Missing required param: items.', { code: 'parameter_missing', param: 'items' })
  const first = world.get('price', given[0]?.['price'], 'items[0][price]')
  const now = world.now()
  const config =
    params['billing_cycle_anchor_config'] === undefined ? null : partOf(params['billing_cycle_anchor_config'])
  const later = config ? firstAnchor(config, now) : numberOf(params['billing_cycle_anchor'])
  if (config && params['billing_cycle_anchor'] !== undefined) {
    throw refuse('You may only specify one of these parameters: billing_cycle_anchor, billing_cycle_anchor_config.')
  }
  if (later !== undefined && params['proration_behavior'] !== 'none') {
    throw refuse('The stand-in prorates nothing: proration_behavior must be none', { param: 'proration_behavior' })
  }
  if (later !== undefined && later <= now)
    throw refuse('billing_cycle_anchor must be in the future', { param: 'billing_cycle_anchor' })
  if (!config && later !== undefined && later > naturalEnd(first, now)) {
    throw refuse('billing_cycle_anchor cannot be later than next natural billing date', {
      param: 'billing_cycle_anchor',
    })
  }
  const id = world.id('subscription')
  const subscription: Stripe.Subscription = {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: {
      disabled_reason: null,
      enabled: flagOf(partOf(params['automatic_tax'])['enabled']) ?? false,
      liability: null,
    },
    billing_cycle_anchor: later ?? now,
    billing_cycle_anchor_config: config && {
      day_of_month: numberOf(config['day_of_month']) ?? 1,
      hour: numberOf(config['hour']) ?? null,
      minute: numberOf(config['minute']) ?? null,
      month: null,
      second: numberOf(config['second']) ?? null,
    },
    billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: flagOf(params['cancel_at_period_end']) ?? false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: 'charge_automatically',
    created: now,
    currency: textOf(params['currency']) ?? first.currency,
    customer: customer.id,
    customer_account: null,
    days_until_due: null,
    default_payment_method: textOf(params['default_payment_method']) ?? null,
    default_source: null,
    default_tax_rates: [],
    description: textOf(params['description']) ?? null,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: { object: 'list', data: [], has_more: false, url: `/v1/subscription_items?subscription=${id}` },
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: metadataOf(params['metadata']),
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: now,
    status: 'active',
    test_clock: null,
    transfer_data: null,
    trial_end: null,
    trial_settings: null,
    trial_start: null,
  }
  subscription.items.data = given.map((item) => newItem(world, subscription, item))
  mustShareInterval(subscription.items.data)
  const until = later ?? nextCycle(subscription, first, now)
  for (const item of subscription.items.data) item.current_period_end = until
  customer.currency ??= subscription.currency
  world.add('subscription', subscription)
  world.plan(id, until)
  world.emit('customer.subscription.created', subscription)
  if (later === undefined) billFirst(world, subscription, textOf(params['payment_behavior']) ?? 'allow_incomplete')
  return subscription
}

/** What a subscription's items come to for their periods, in advance. */
const itemLines = (world: World, invoice: Stripe.Invoice, subscription: Stripe.Subscription) => {
  for (const item of subscription.items.data) {
    const product = world.get('product', item.price.product)
    addLine(world, invoice, {
      amount: Math.round(Number(item.price.unit_amount_decimal) * (item.quantity ?? 1)),
      description: `${item.quantity ?? 1} × ${product.name}`,
      period: { start: item.current_period_start, end: item.current_period_end },
      metadata: { ...subscription.metadata, ...item.metadata },
      quantity: item.quantity ?? 1,
      price: item.price,
      from: { subscription: subscription.id, item: item.id },
    })
  }
}

const billFirst = (world: World, subscription: Stripe.Subscription, behaviour: string) => {
  const now = world.now()
  const invoice = newInvoice(world, {
    customer: String(subscription.customer),
    currency: subscription.currency,
    subscription,
    reason: 'subscription_create',
    autoAdvance: false,
    period: { start: now, end: now },
    automaticTax: subscription.automatic_tax.enabled,
  })
  itemLines(world, invoice, subscription)
  takePending(world, invoice)
  sumUp(world, invoice)
  subscription.latest_invoice = invoice.id
  world.emit('invoice.created', invoice)
  finalize(world, invoice, false)
  if (invoice.amount_due === 0) return
  subscription.status = 'incomplete'
  world.plan(subscription.id, now + INCOMPLETE_FOR)
  if (behaviour === 'default_incomplete') return
  const paid = collect(world, invoice)
  if (paid.ok) return activate(world, subscription)
  if (behaviour !== 'error_if_incomplete') return
  world.remove('subscription', subscription.id)
  closeInvoice(world, invoice.id, 'void')
  throw new Refusal(402, { type: 'card_error', code: paid.code, message: paid.message })
}

const activate = (world: World, subscription: Stripe.Subscription) => {
  subscription.status = 'active'
  const until = subscription.items.data[0]?.current_period_end ?? null
  world.plan(subscription.id, until)
}

export const updateSubscription = (world: World, id: string, params: Params): Stripe.Subscription => {
  const subscription = world.get('subscription', id)
  if (['canceled', 'incomplete_expired'].includes(subscription.status)) {
    throw refuse(`A canceled subscription can only update its cancellation_details and metadata.`)
  }
  const items = listOf(params['items'])
  if (items.length > 0 && params['proration_behavior'] !== 'none') {
    throw refuse('The stand-in prorates nothing: proration_behavior must be none', { param: 'proration_behavior' })
  }
  if (items.length > 0) changeItems(world, subscription, items)
  subscription.cancel_at_period_end = flagOf(params['cancel_at_period_end']) ?? subscription.cancel_at_period_end
  const until = subscription.items.data[0]?.current_period_end ?? null
  if (params['cancel_at_period_end'] !== undefined) {
    subscription.cancel_at = subscription.cancel_at_period_end ? until : null
    subscription.canceled_at = subscription.cancel_at_period_end ? world.now() : null
  }
  if (params['metadata'] !== undefined) subscription.metadata = metadataOf(params['metadata'], subscription.metadata)
  if (params['description'] !== undefined) subscription.description = textOf(params['description']) || null
  const method = textOf(params['default_payment_method'])
  if (method !== undefined) subscription.default_payment_method = method || null
  if (params['automatic_tax'] !== undefined) {
    subscription.automatic_tax.enabled = flagOf(partOf(params['automatic_tax'])['enabled']) ?? false
  }
  if (params['pause_collection'] !== undefined) {
    const pause = params['pause_collection']
    subscription.pause_collection =
      pause === ''
        ? null
        : {
            behavior: textOf(partOf(pause)['behavior']) as Stripe.Subscription.PauseCollection.Behavior,
            resumes_at: numberOf(partOf(pause)['resumes_at']) ?? null,
          }
  }
  world.emit('customer.subscription.updated', subscription)
  return subscription
}

const changeItems = (world: World, subscription: Stripe.Subscription, items: Params[]) => {
  const kept = new Map(subscription.items.data.map((item) => [item.id, { ...item }]))
  const [old] = subscription.items.data
  for (const given of items) {
    const id = textOf(given['id'])
    const item = id === undefined ? undefined : kept.get(id)
    if (id !== undefined && !item) throw refuse(`No such subscription item: '${id}'`, { code: 'resource_missing' })
    if (item && flagOf(given['deleted'])) kept.delete(item.id)
    else if (item) {
      const price = textOf(given['price'])
      if (price) item.price = world.get('price', price, 'items[0][price]')
      item.plan = planOf(item.price)
      item.quantity = numberOf(given['quantity']) ?? item.quantity ?? 1
      item.metadata = metadataOf(given['metadata'], item.metadata)
    } else {
      const added = newItem(world, subscription, given)
      added.current_period_start = old?.current_period_start ?? world.now()
      added.current_period_end = old?.current_period_end ?? world.now()
      kept.set(added.id, added)
    }
  }
  if (kept.size === 0) throw refuse('A subscription must have at least one active plan.')
  mustShareInterval([...kept.values()])
  subscription.items.data = [...kept.values()]
}

export const cancelSubscription = (world: World, id: string, params: Params): Stripe.Subscription => {
  const subscription = world.get('subscription', id)
  if (subscription.status === 'canceled') throw refuse(`No such subscription: '${id}'`, { code: 'resource_missing' })
  if (flagOf(params['invoice_now']) || flagOf(params['prorate'])) {
    throw refuse('The stand-in bills nothing at the end: leave out invoice_now and prorate')
  }
  endSubscription(world, subscription, 'canceled')
  return subscription
}

const endSubscription = (world: World, subscription: Stripe.Subscription, as: 'canceled' | 'incomplete_expired') => {
  subscription.status = as
  subscription.ended_at = world.now()
  subscription.canceled_at ??= world.now()
  world.plan(subscription.id, null)
  const event = as === 'canceled' ? 'customer.subscription.deleted' : 'customer.subscription.updated'
  world.emit(event, subscription)
}

/** What the clock does to a subscription: ends it, or renews it with a draft that it finalizes an hour later. */
export const subscriptionDue = (world: World, subscription: Stripe.Subscription) => {
  if (subscription.status === 'incomplete') {
    const first = world.find('invoice', subscription.latest_invoice)
    if (first?.status === 'open') closeInvoice(world, first.id, 'void')
    return endSubscription(world, subscription, 'incomplete_expired')
  }
  const end = subscription.items.data[0]?.current_period_end ?? world.now()
  if (world.now() < end) return world.plan(subscription.id, end)
  if (subscription.cancel_at_period_end) return endSubscription(world, subscription, 'canceled')
  const before = { start: subscription.items.data[0]?.current_period_start ?? end, end }
  for (const item of subscription.items.data) {
    item.current_period_start = item.current_period_end
    item.current_period_end = nextCycle(subscription, item.price, item.current_period_end)
  }
  world.plan(subscription.id, subscription.items.data[0]?.current_period_end ?? null)
  world.emit('customer.subscription.updated', subscription)
  renew(world, subscription, before)
}

const renew = (world: World, subscription: Stripe.Subscription, before: { start: number; end: number }) => {
  const invoice = newInvoice(world, {
    customer: String(subscription.customer),
    currency: subscription.currency,
    subscription,
    reason: 'subscription_cycle',
    autoAdvance: subscription.pause_collection?.behavior !== 'keep_as_draft',
    period: before,
    automaticTax: subscription.automatic_tax.enabled,
  })
  itemLines(world, invoice, subscription)
  takePending(world, invoice)
  sumUp(world, invoice)
  subscription.latest_invoice = invoice.id
  world.emit('invoice.created', invoice)
  if (subscription.pause_collection?.behavior === 'void') {
    finalize(world, invoice, false)
    if (invoice.status === 'open') closeInvoice(world, invoice.id, 'void')
  }
}
