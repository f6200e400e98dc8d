import { randomBytes } from 'node:crypto'
import type Stripe from 'stripe'

/** What is kept of each kind of object, by its name on the wire. */
export type Kinds = {
  charge: Stripe.Charge
  'checkout.session': Stripe.Checkout.Session
  credit_note: Stripe.CreditNote
  customer: Stripe.Customer
  customer_balance_transaction: Stripe.CustomerBalanceTransaction
  dispute: Stripe.Dispute
  event: Stripe.Event
  invoice: Stripe.Invoice
  invoice_payment: Stripe.InvoicePayment
  invoiceitem: Stripe.InvoiceItem
  line_item: Stripe.InvoiceLineItem
  payment_intent: Stripe.PaymentIntent
  payment_method: Stripe.PaymentMethod
  price: Stripe.Price
  product: Stripe.Product
  refund: Stripe.Refund
  setup_intent: Stripe.SetupIntent
  subscription: Stripe.Subscription
  tax_id: Stripe.TaxId
  tax_rate: Stripe.TaxRate
  webhook_endpoint: Stripe.WebhookEndpoint
}
export type Kind = keyof Kinds

const PREFIX: Record<Kind, string> = {
  charge: 'ch',
  'checkout.session': 'cs_test',
  credit_note: 'cn',
  customer: 'cus',
  customer_balance_transaction: 'cbtxn',
  dispute: 'du',
  event: 'evt',
  invoice: 'in',
  invoice_payment: 'inpay',
  invoiceitem: 'ii',
  line_item: 'il',
  payment_intent: 'pi',
  payment_method: 'pm',
  price: 'price',
  product: 'prod',
  refund: 're',
  setup_intent: 'seti',
  subscription: 'sub',
  tax_id: 'txi',
  tax_rate: 'txr',
  webhook_endpoint: 'we',
}

/** How a stand-in card behaves: which one is chosen on the stand-in's Checkout page. */
export const CARDS = {
  works: { last4: '4242', brand: 'visa', says: 'works' },
  fails: { last4: '0341', brand: 'visa', says: 'is declined at every charge' },
  fails_then_works: { last4: '9995', brand: 'mastercard', says: 'is declined once, then works' },
  needs_action: { last4: '3184', brand: 'visa', says: 'asks its holder to confirm each charge' },
} as const
export type Card = keyof typeof CARDS

/** A webhook on its way. Times are in seconds since 1970, as everywhere in the stand-in. */
export type Delivery = { event: string; endpoint: string; attempts: number; dueAt: number; delivered: boolean }

/** What an idempotency key was first used for, and what was answered. */
export type Replay = { request: string; status: number; body: string; at: number }

/** Everything the stand-in remembers; plain data, so that it can be kept in a file. */
export type State = {
  objects: { [K in Kind]?: Record<string, Kinds[K]> }
  /** Lines of invoices, in order. */
  lines: Record<string, string[]>
  /** What happens by itself next to an object, and when: a subscription renews, an invoice is finalized or charged. */
  agenda: Record<string, number>
  cards: Record<string, { card: Card; failures: number }>
  /** What Checkout sessions make their subscriptions with. */
  wishes: Record<string, object>
  deliveries: Delivery[]
  replays: Record<string, Replay>
  tax: { active: boolean; headOffice: string; percents: Record<string, number> }
  /** Seconds the clock is ahead of the machine's; or where it stands still. */
  clock: { offset: number; standing: number | null }
}

/** The account at the stand-in: its objects and its clock. */
export type World = {
  state: State
  /** Where its pages are. */
  url: string
  now(): number
  id(kind: Kind): string
  /** Keeps an object; its `created` is its order in lists. */
  add<K extends Kind>(kind: K, object: Kinds[K]): Kinds[K]
  remove(kind: Kind, id: string): void
  find<K extends Kind>(kind: K, id: unknown): Kinds[K] | undefined
  /** @throws Refusal resource_missing */
  get<K extends Kind>(kind: K, id: unknown, parameter?: string): Kinds[K]
  all<K extends Kind>(kind: K): Kinds[K][]
  /** Plans what happens by itself to an object, or takes it off. */
  plan(id: string, at: number | null): void
  /** Keeps an event and queues it to the endpoints that want it. */
  emit(type: string, object: object, previous?: Record<string, unknown>): void
}

/** An answer of Stripe's error shape. */
export class Refusal extends Error {
  readonly status: number
  readonly body: { type: string; message: string; code?: string; param?: string; [more: string]: unknown }
  constructor(status: number, body: Refusal['body']) {
    super(body.message)
    this.status = status
    this.body = body
  }
}
export const refuse = (message: string, more: { code?: string; param?: string } = {}): Refusal =>
  new Refusal(400, { type: 'invalid_request_error', message, ...more })

export const emptyState = (): State => ({
  objects: {},
  lines: {},
  agenda: {},
  cards: {},
  wishes: {},
  deliveries: [],
  replays: {},
  tax: {
    active: false,
    headOffice: 'NL',
    percents: { NL: 21, DE: 19, FR: 20, BE: 21, AT: 20, IE: 23, ES: 21, IT: 22 },
  },
  clock: { offset: 0, standing: null },
})

export const API_VERSION = '2026-10-28.endive'

export const makeWorld = (state: State, url: string): World => {
  const shelf = <K extends Kind>(kind: K): Record<string, Kinds[K]> =>
    // The mapped type holds one shelf a kind, which the compiler cannot follow through the assignment.
    (state.objects[kind] ??= {} as never) as Record<string, Kinds[K]>
  const world: World = {
    state,
    url,
    now: () => state.clock.standing ?? Math.floor(Date.now() / 1000) + state.clock.offset,
    id: (kind) => `${PREFIX[kind]}_standin${randomBytes(9).toString('base64url').replaceAll(/[-_]/g, 'x')}`,
    add: (kind, object) => {
      shelf(kind)[object.id] = object
      return object
    },
    remove: (kind, id) => {
      delete shelf(kind)[id]
      world.plan(id, null)
    },
    find: (kind, id) => (typeof id === 'string' ? shelf(kind)[id] : undefined),
    get: <K extends Kind>(kind: K, id: unknown, parameter = 'id') => {
      const object = world.find(kind, id)
      if (object) return object
      const message = `No such ${kind.replace('_', ' ')}: '${String(id)}'`
      throw new Refusal(404, { type: 'invalid_request_error', code: 'resource_missing', message, param: parameter })
    },
    all: (kind) => Object.values(shelf(kind)),
    plan: (id, at) => {
      if (at === null) delete state.agenda[id]
      else state.agenda[id] = at
    },
    emit: (type, object, previous) => {
      const wanted = world
        .all('webhook_endpoint')
        .filter((e) => e.status === 'enabled' && e.enabled_events.some((name) => name === '*' || name === type))
      const event = {
        id: world.id('event'),
        object: 'event',
        api_version: API_VERSION,
        created: world.now(),
        data: { object: structuredClone(object), ...(previous ? { previous_attributes: previous } : {}) },
        livemode: false,
        pending_webhooks: wanted.length,
        request: null,
        type,
      } as unknown as Stripe.Event
      world.add('event', event)
      for (const endpoint of wanted) {
        state.deliveries.push({
          event: event.id,
          endpoint: endpoint.id,
          attempts: 0,
          dueAt: world.now(),
          delivered: false,
        })
      }
    },
  }
  return world
}
