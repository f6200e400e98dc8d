import type Stripe from 'stripe'
import type { World } from './world.ts'

export const markPaid = (world: World, invoice: Stripe.Invoice) => {
  invoice.status = 'paid'
  invoice.status_transitions.paid_at = world.now()
  invoice.attempted = true
  invoice.next_payment_attempt = null
  world.plan(invoice.id, null)
  const subscription = subscriptionOf(world, invoice)
  if (subscription && ['past_due', 'incomplete', 'unpaid'].includes(subscription.status)) {
    const others = world.all('invoice').some((i) => i.status === 'open' && subscriptionOf(world, i) === subscription)
    if (!others) {
      const previous = { status: subscription.status }
      subscription.status = 'active'
      world.emit('customer.subscription.updated', subscription, previous)
    }
  }
  world.emit('invoice.paid', invoice)
  world.emit('invoice.payment_succeeded', invoice)
}

export const subscriptionOf = (world: World, invoice: Stripe.Invoice): Stripe.Subscription | undefined =>
  world.find('subscription', invoice.parent?.subscription_details?.subscription)
