import type { Context } from '../../context.ts'
import { subscriptionOfStripe } from '../subscriptionSql.ts'
import { needStripe } from './client.ts'
import { accountOfCustomer } from './customer.ts'
import { foundDrift, goneDrift } from './drift.ts'
import { invoiceOfStripe } from './sql.ts'

/** A subscription changed at Stripe. Ours decides what it is; ended there while it lives here, operators are told. */
export const noteSubscription = async (ctx: Context, stripeSubscriptionId: string): Promise<void> => {
  const there = await needStripe(ctx.env).subscriptions.retrieve(stripeSubscriptionId)
  const ours = await subscriptionOfStripe(ctx.sql, stripeSubscriptionId)
  if (!ours) return
  const drift = { accountId: ours.accountId, kind: 'subscription', objectId: stripeSubscriptionId }
  const endedThere = there.status === 'canceled' || there.status === 'incomplete_expired'
  if (endedThere && ours.state !== 'canceled')
    await foundDrift(ctx, { ...drift, ours: ours.state, theirs: there.status })
  else await goneDrift(ctx, drift)
}

/** A credit note that somebody made in Stripe's own pages: ours does not know it. */
export const noteCreditNote = async (ctx: Context, creditNoteId: string): Promise<void> => {
  const there = await needStripe(ctx.env).creditNotes.retrieve(creditNoteId)
  const invoice = typeof there.invoice === 'string' ? there.invoice : there.invoice.id
  if (there.metadata?.['wharf_key'] || !(await invoiceOfStripe(ctx.sql, invoice))) return
  const customer = typeof there.customer === 'string' ? there.customer : there.customer.id
  const accountId = await accountOfCustomer(ctx.sql, customer)
  if (accountId === undefined) return
  await foundDrift(ctx, {
    accountId,
    kind: 'credit_note_missing_here',
    objectId: creditNoteId,
    ours: null,
    theirs: `${there.number}: ${there.total} ${there.currency}`,
  })
}
