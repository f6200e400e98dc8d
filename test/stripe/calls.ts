import type Stripe from 'stripe'
import { createPrice, createProduct, updatePrice, updateProduct } from './catalog.ts'
import { closeInvoice, payInvoice } from './collecting.ts'
import { createPortal, createSession } from './checkout.ts'
import { createCreditNote } from './creditNotes.ts'
import { attachCard, createBalanceTransaction, createCustomer, createTaxId, updateCustomer } from './customers.ts'
import type { Params } from './form.ts'
import { linesOf } from './invoiceLines.ts'
import { changeLines, createInvoice, createInvoiceItem, deleteInvoice, finalize, updateInvoice } from './invoices.ts'
import { list } from './lists.ts'
import { subscriptionOf } from './paid.ts'
import { createRefund } from './payments.ts'
import { flagOf, listOf, metadataOf, partOf, textOf } from './read.ts'
import { cancelSubscription, createSubscription, updateSubscription } from './subscriptions.ts'
import { refuse } from './world.ts'
import type { Kind, World } from './world.ts'

export type Call = (world: World, ids: string[], params: Params) => object

const retrieve =
  (kind: Kind): Call =>
  (world, [id]) =>
    world.get(kind, id)

const createEndpoint: Call = (world, _, params) => {
  const endpoint: Stripe.WebhookEndpoint = {
    id: world.id('webhook_endpoint'),
    object: 'webhook_endpoint',
    api_version: null,
    application: null,
    created: world.now(),
    description: textOf(params['description']) ?? null,
    enabled_events: (Array.isArray(params['enabled_events']) ? params['enabled_events'] : []).map(String),
    livemode: false,
    metadata: metadataOf(params['metadata']),
    secret: `whsec_${world.id('webhook_endpoint').slice(3)}`,
    status: 'enabled',
    url: textOf(params['url']) ?? '',
  }
  return world.add('webhook_endpoint', endpoint)
}

const taxSettings: Call = (world) => ({
  object: 'tax.settings',
  defaults: { provider: 'stripe', tax_behavior: 'exclusive', tax_code: null },
  head_office: { address: { country: world.state.tax.headOffice } },
  livemode: false,
  status: world.state.tax.active ? 'active' : 'pending',
  status_details: world.state.tax.active ? { active: {} } : { pending: { missing_fields: ['head_office'] } },
})

const updateMethod: Call = (world, [id], params) => {
  const method = world.get('payment_method', id)
  method.metadata = metadataOf(params['metadata'], method.metadata ?? {})
  return method
}

/** Every call that the stand-in answers, by method and path. */
export const CALLS: Record<string, Call> = {
  'GET /v1/events': (world, _, params) => list(world, 'event', params, { type: (e) => e.type, types: (e) => e.type }),
  'GET /v1/events/{id}': retrieve('event'),
  'POST /v1/customers': (world, _, params) => createCustomer(world, params),
  'GET /v1/customers': (world, _, params) => list(world, 'customer', params, { email: (c) => c.email }),
  'GET /v1/customers/{id}': retrieve('customer'),
  'POST /v1/customers/{id}': (world, [id = ''], params) => updateCustomer(world, id, params),
  'POST /v1/customers/{id}/balance_transactions': (world, [id = ''], params) =>
    createBalanceTransaction(world, id, params),
  'POST /v1/customers/{id}/tax_ids': (world, [id = ''], params) => createTaxId(world, id, params),
  'GET /v1/customers/{id}/tax_ids': (world, [id = ''], params) =>
    list(world, 'tax_id', { ...params, customer: id }, { customer: (one) => one.customer }),
  'DELETE /v1/customers/{id}/tax_ids/{id}': (world, [, id = '']) => {
    world.get('tax_id', id)
    world.remove('tax_id', id)
    return { id, object: 'tax_id', deleted: true }
  },
  'GET /v1/customers/{id}/payment_methods': (world, [id = ''], params) =>
    list(world, 'payment_method', { ...params, customer: id }, { customer: (m) => m.customer, type: (m) => m.type }),
  'GET /v1/payment_methods': (world, _, params) =>
    list(world, 'payment_method', params, { customer: (m) => m.customer, type: (m) => m.type }),
  'GET /v1/payment_methods/{id}': retrieve('payment_method'),
  'POST /v1/payment_methods/{id}': updateMethod,
  // Stripe's own test cards by name: one works, one is taken and declined at each charge.
  'POST /v1/payment_methods/{id}/attach': (world, [id = ''], params) => {
    const card = ({ pm_card_visa: 'works', pm_card_chargeCustomerFail: 'fails' } as const)[id]
    if (!card) throw refuse(`No such PaymentMethod: '${id}'`, { code: 'resource_missing' })
    return attachCard(world, world.get('customer', params['customer'], 'customer').id, card)
  },
  'GET /v1/setup_intents/{id}': retrieve('setup_intent'),
  'GET /v1/payment_intents/{id}': retrieve('payment_intent'),
  'POST /v1/products': (world, _, params) => createProduct(world, params),
  'GET /v1/products': (world, _, params) => list(world, 'product', params, { active: (p) => p.active }),
  'GET /v1/products/{id}': retrieve('product'),
  'POST /v1/products/{id}': (world, [id = ''], params) => updateProduct(world, id, params),
  'POST /v1/prices': (world, _, params) => createPrice(world, params),
  'GET /v1/prices': (world, _, params) =>
    list(world, 'price', params, {
      lookup_keys: (p) => p.lookup_key,
      product: (p) => p.product,
      active: (p) => p.active,
    }),
  'GET /v1/prices/{id}': retrieve('price'),
  'POST /v1/prices/{id}': (world, [id = ''], params) => updatePrice(world, id, params),
  'POST /v1/checkout/sessions': (world, _, params) => createSession(world, params),
  'GET /v1/checkout/sessions/{id}': retrieve('checkout.session'),
  'GET /v1/checkout/sessions': (world, _, params) =>
    list(world, 'checkout.session', params, { customer: (s) => s.customer, status: (s) => s.status }),
  'POST /v1/billing_portal/sessions': (world, _, params) => createPortal(world, params),
  'POST /v1/subscriptions': (world, _, params) => createSubscription(world, params),
  'GET /v1/subscriptions': (world, _, params) => {
    const { status, ...rest } = params
    const ended = (s: string) => s === 'canceled' || s === 'incomplete_expired'
    const shown = (s: string) =>
      status === 'all' || (status === 'ended' ? ended(s) : status === undefined ? s !== 'canceled' : s === status)
    return list(world, 'subscription', rest, { customer: (s) => s.customer }, (s) => shown(s.status))
  },
  'GET /v1/subscriptions/{id}': retrieve('subscription'),
  'POST /v1/subscriptions/{id}': (world, [id = ''], params) => updateSubscription(world, id, params),
  'DELETE /v1/subscriptions/{id}': (world, [id = ''], params) => cancelSubscription(world, id, params),
  'POST /v1/invoiceitems': (world, _, params) => createInvoiceItem(world, params),
  'POST /v1/invoices': (world, _, params) => createInvoice(world, params),
  'GET /v1/invoices': (world, _, params) =>
    list(world, 'invoice', params, {
      customer: (i) => i.customer,
      status: (i) => i.status,
      subscription: (i) => subscriptionOf(world, i)?.id,
    }),
  'GET /v1/invoices/{id}': retrieve('invoice'),
  'POST /v1/invoices/{id}': (world, [id = ''], params) => updateInvoice(world, id, params),
  'DELETE /v1/invoices/{id}': (world, [id = '']) => deleteInvoice(world, id),
  'GET /v1/invoices/{id}/lines': (world, [id = ''], params) => {
    world.get('invoice', id)
    return list(world, 'line_item', params, {}, () => true, linesOf(world, id))
  },
  'POST /v1/invoices/{id}/add_lines': (world, [id = ''], params) => changeLines(world, id, params, 'add'),
  'POST /v1/invoices/{id}/remove_lines': (world, [id = ''], params) => changeLines(world, id, params, 'remove'),
  'POST /v1/invoices/{id}/finalize': (world, [id = ''], params) => {
    const invoice = world.get('invoice', id)
    return finalize(world, invoice, flagOf(params['auto_advance']) ?? invoice.auto_advance ?? false)
  },
  'POST /v1/invoices/{id}/pay': (world, [id = ''], params) => payInvoice(world, id, params),
  'POST /v1/invoices/{id}/void': (world, [id = '']) => closeInvoice(world, id, 'void'),
  'POST /v1/invoices/{id}/mark_uncollectible': (world, [id = '']) => closeInvoice(world, id, 'uncollectible'),
  'GET /v1/invoice_payments': (world, _, params) => {
    const { payment, ...rest } = params
    const intent = partOf(payment)['payment_intent']
    return list(world, 'invoice_payment', rest, { invoice: (p) => p.invoice, status: (p) => p.status }, (p) =>
      intent === undefined ? true : p.payment.payment_intent === intent,
    )
  },
  'POST /v1/credit_notes': (world, _, params) => createCreditNote(world, params),
  'GET /v1/credit_notes': (world, _, params) => list(world, 'credit_note', params, { invoice: (n) => n.invoice }),
  'GET /v1/credit_notes/{id}': retrieve('credit_note'),
  'POST /v1/refunds': (world, _, params) => createRefund(world, params),
  'GET /v1/refunds': (world, _, params) =>
    list(world, 'refund', params, { charge: (r) => r.charge, payment_intent: (r) => r.payment_intent }),
  'GET /v1/refunds/{id}': retrieve('refund'),
  'GET /v1/charges': (world, _, params) =>
    list(world, 'charge', params, { customer: (c) => c.customer, payment_intent: (c) => c.payment_intent }),
  'GET /v1/charges/{id}': retrieve('charge'),
  'GET /v1/disputes': (world, _, params) =>
    list(world, 'dispute', params, { charge: (d) => d.charge, payment_intent: (d) => d.payment_intent }),
  'GET /v1/disputes/{id}': retrieve('dispute'),
  'GET /v1/tax_rates/{id}': retrieve('tax_rate'),
  'GET /v1/tax/settings': taxSettings,
  'POST /v1/webhook_endpoints': createEndpoint,
  'GET /v1/webhook_endpoints': (world, _, params) => list(world, 'webhook_endpoint', params, {}),
  'DELETE /v1/webhook_endpoints/{id}': (world, [id = '']) => {
    world.get('webhook_endpoint', id)
    world.remove('webhook_endpoint', id)
    return { id, object: 'webhook_endpoint', deleted: true }
  },
}

/** The call that a request means, and the ids in its path. @throws Refusal where Stripe has it but the stand-in has not */
export const callOf = (method: string, path: string): { name: string; ids: string[]; call: Call } => {
  const parts = path.split('/')
  for (const [name, call] of Object.entries(CALLS)) {
    const [verb, pattern = ''] = name.split(' ')
    const wanted = pattern.split('/')
    if (verb !== method || wanted.length !== parts.length) continue
    if (!wanted.every((part, i) => part === '{id}' || part === parts[i])) continue
    const ids = parts.filter((_, i) => wanted[i] === '{id}').map(decodeURIComponent)
    return { name, ids, call }
  }
  throw refuse(`Unrecognized request URL (${method}: ${path}), or one that the stand-in does not have.`)
}

export const expandOf = (params: Params): string[] => (listOf(params['expand']) as unknown as string[]).map(String)
