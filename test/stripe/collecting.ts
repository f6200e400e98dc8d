import type Stripe from 'stripe'
import { moveBalance } from './customers.ts'
import type { Params } from './form.ts'
import { finalize } from './invoices.ts'
import { markPaid, subscriptionOf } from './paid.ts'
import { attempt, closePayments } from './payments.ts'
import { flagOf, textOf } from './read.ts'
import { Refusal, refuse } from './world.ts'
import type { World } from './world.ts'

const HOUR = 3_600
/** Stripe waits so long for an endpoint that does not acknowledge `invoice.created`. */
const LONGEST_WAIT = 72 * HOUR

/** Days after a failed charge at which it is tried again; then the subscription stays past due. */
const RETRY_DAYS = [3, 5, 7]

/** Tries to charge an open invoice; what comes of it is told by events. */
export const collect = (
  world: World,
  invoice: Stripe.Invoice,
  options: { method?: string; present?: boolean } = {},
) => {
  const result = attempt(world, invoice, options)
  invoice.attempted = true
  invoice.attempt_count += 1
  if (result.ok) {
    invoice.amount_paid = invoice.amount_due
    invoice.amount_remaining = 0
    markPaid(world, invoice)
    return result
  }
  const days = RETRY_DAYS[invoice.attempt_count - 1]
  invoice.next_payment_attempt =
    invoice.auto_advance && days !== undefined && result.code !== 'authentication_required'
      ? world.now() + days * 24 * HOUR
      : null
  world.plan(invoice.id, invoice.next_payment_attempt)
  const subscription = subscriptionOf(world, invoice)
  if (subscription?.status === 'active' && invoice.billing_reason !== 'subscription_create') {
    subscription.status = 'past_due'
    world.emit('customer.subscription.updated', subscription, { status: 'active' })
  }
  world.emit('invoice.payment_failed', invoice)
  if (result.code === 'authentication_required') world.emit('invoice.payment_action_required', invoice)
  return result
}

export const payInvoice = (world: World, id: string, params: Params): Stripe.Invoice => {
  const invoice = world.get('invoice', id)
  if (invoice.status === 'paid') throw refuse('Invoice is already paid', { code: 'invoice_already_paid' })
  if (invoice.status === 'draft') finalize(world, invoice, false)
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible') {
    throw refuse(`This invoice can no longer be paid (${String(invoice.status)})`)
  }
  if (flagOf(params['paid_out_of_band'])) {
    closePayments(world, invoice)
    invoice.amount_paid = invoice.amount_due
    invoice.amount_paid_off_stripe = invoice.amount_due
    invoice.amount_remaining = 0
    markPaid(world, invoice)
    return invoice
  }
  const method = textOf(params['payment_method'])
  const result = collect(world, invoice, method ? { method } : {})
  if (result.ok) return invoice
  throw new Refusal(402, { type: 'card_error', code: result.code, message: result.message })
}

export const closeInvoice = (world: World, id: string, as: 'void' | 'uncollectible'): Stripe.Invoice => {
  const invoice = world.get('invoice', id)
  const allowed = as === 'void' ? ['open', 'uncollectible'] : ['open']
  if (!allowed.includes(String(invoice.status))) {
    throw refuse(`You can only pass in open invoices. This invoice isn't open (${String(invoice.status)}).`)
  }
  invoice.status = as
  const now = world.now()
  if (as === 'void') {
    invoice.status_transitions.voided_at = now
    invoice.amount_remaining = 0
    closePayments(world, invoice)
    const given = (invoice.starting_balance ?? 0) - (invoice.ending_balance ?? 0)
    if (given < 0)
      moveBalance(world, world.get('customer', invoice.customer), given, { type: 'unapplied_from_invoice' })
  } else invoice.status_transitions.marked_uncollectible_at = now
  invoice.next_payment_attempt = null
  invoice.auto_advance = false
  world.plan(id, null)
  world.emit(as === 'void' ? 'invoice.voided' : 'invoice.marked_uncollectible', invoice)
  return invoice
}

/** What the clock does to an invoice: finalizes a draft, charges an open one again. */
export const invoiceDue = (world: World, invoice: Stripe.Invoice) => {
  if (invoice.status === 'open') {
    collect(world, invoice)
    return
  }
  if (invoice.status !== 'draft' || !invoice.auto_advance) return world.plan(invoice.id, null)
  const created = world.all('event').find((e) => e.type === 'invoice.created' && idIn(e) === invoice.id)
  if (created && created.pending_webhooks > 0 && world.now() < invoice.created + LONGEST_WAIT) {
    invoice.automatically_finalizes_at = world.now() + HOUR
    return world.plan(invoice.id, invoice.automatically_finalizes_at)
  }
  try {
    finalize(world, invoice, true)
  } catch {
    // What is wrong was told by invoice.finalization_failed.
    world.plan(invoice.id, null)
  }
}

export const idIn = (event: Stripe.Event): string | undefined => (event.data.object as { id?: string }).id
