import type Stripe from 'stripe'
import type { Context } from '../../context.ts'
import { isMissing, wordsOf } from './errors.ts'
import { followCheckout } from './followCheckout.ts'
import { followCard, accountOfCustomer } from './customer.ts'
import { followDispute } from './followDispute.ts'
import { foundInvoice } from './foundInvoice.ts'
import { noteCreditNote, noteSubscription } from './noteTheirs.ts'

type Row = { id: string; type: string; objectId: string | null; body: Stripe.Event; processedAt: Date | null }

/**
 * Job `billing.stripe_event`: acts on a webhook. Only what it is about is taken from it; that is fetched as it is now, so
 * order and repeats do not matter.
 */
export const followEvent = async (ctx: Context, { eventId }: { eventId: string }): Promise<void> => {
  const [row] = await ctx.sql<
    Row[]
  >`select id, type, object_id, body, processed_at from stripe_event where id = ${eventId}`
  if (!row || row.processedAt) return
  try {
    await act(ctx, row)
    await ctx.sql`update stripe_event set processed_at = ${ctx.now}, last_error = null where id = ${eventId}`
  } catch (error) {
    // What is no longer there needs nothing done; what went wrong is tried again.
    const isGone = isMissing(error)
    await ctx.sql`update stripe_event set last_error = ${wordsOf(error)}, processed_at = ${isGone ? ctx.now : null}
      where id = ${eventId}`
    if (!isGone) throw error
  }
}

const act = async (ctx: Context, { type, objectId, body }: Row): Promise<void> => {
  if (!objectId) return
  if (type === 'checkout.session.completed') return followCheckout(ctx, objectId)
  if (type.startsWith('customer.subscription.')) return noteSubscription(ctx, objectId)
  if (type === 'invoice.deleted' || type === 'invoice.upcoming') return
  if (type.startsWith('invoice.')) return foundInvoice(ctx, objectId)
  if (type.startsWith('charge.dispute.')) return followDispute(ctx, objectId)
  if (type === 'credit_note.created') return noteCreditNote(ctx, objectId)
  const customer = type === 'customer.updated' ? objectId : customerOf(type, body)
  if (customer && (await accountOfCustomer(ctx.sql, customer)) !== undefined) await followCard(ctx, customer)
}

const customerOf = (type: string, body: Stripe.Event): string | null => {
  if (!type.startsWith('payment_method.')) return null
  const { customer } = body.data.object as { customer?: string | { id: string } | null }
  return typeof customer === 'string' ? customer : (customer?.id ?? null)
}

/** Has an event acted on again. False where there is none. */
export const replayEvent = async (ctx: Context, eventId: string): Promise<boolean> => {
  const [row] = await ctx.sql`update stripe_event set processed_at = null where id = ${eventId} returning 1`
  if (!row) return false
  await followEvent(ctx, { eventId })
  return true
}
