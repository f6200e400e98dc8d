import type { Context } from '../../context.ts'
import { addJob } from '../../jobs.ts'
import { log } from '../../log.ts'
import { HOUR_MS } from '../../time.ts'
import { secondsOf } from './amount.ts'
import { makeCall } from './calls.ts'
import { needStripe, stripeOf } from './client.ts'
import { isPassing, wordsOf } from './errors.ts'
import { followInvoice } from './followInvoice.ts'
import { foundInvoice } from './foundInvoice.ts'
import { storeEvent } from './receiveEvent.ts'
import { settleInvoice } from './settleInvoice.ts'

/** Stripe lists what happened in the last 30 days; a webhook may be an hour behind the newest that came. */
const EVENTS_FOR_MS = 29 * 24 * HOUR_MS
const OVERLAP_MS = HOUR_MS
const MOST = 500

/**
 * Job `billing.stripe_poll`: does what webhooks should have caused and did not: events that never came, drafts that wait, open
 * invoices, plans that Stripe does not know, calls that nobody made. Without a key it does nothing.
 */
export const poll = async (ctx: Context): Promise<void> => {
  if (!stripeOf(ctx.env)) return
  await fetchEvents(ctx)
  await lookAtDrafts(ctx)
  await lookAtOurs(ctx)
  await queueSyncs(ctx)
  await queueCalls(ctx)
}

/** One that fails must not keep the others waiting; Stripe's being away ends the round. */
const alone = async (what: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work()
  } catch (error) {
    if (isPassing(error)) throw error
    log.warn({ what, reason: wordsOf(error) }, 'polling Stripe: this one failed')
  }
}

const fetchEvents = async (ctx: Context): Promise<void> => {
  const [newest] = await ctx.sql<{ at: number | null }[]>`
    select max((body ->> 'created')::bigint)::float8 as at from stripe_event`
  const oldest = ctx.now.getTime() - EVENTS_FOR_MS
  const from = newest?.at ? Math.max(newest.at * 1000 - OVERLAP_MS, oldest) : ctx.now.getTime() - 24 * HOUR_MS
  const missed = []
  const stripe = needStripe(ctx.env)
  for await (const event of stripe.events.list({ created: { gte: secondsOf(new Date(from)) }, limit: 100 }))
    missed.push(event)
  // Newest first as they come; the older are stored first.
  for (const event of missed.toReversed()) {
    if (await storeEvent(ctx.sql, event, ctx.now))
      log.info({ event: event.id, type: event.type }, 'a webhook was missed')
  }
}

const lookAtDrafts = async (ctx: Context): Promise<void> => {
  const stripe = needStripe(ctx.env)
  const since = secondsOf(new Date(ctx.now.getTime() - EVENTS_FOR_MS))
  for await (const there of stripe.invoices.list({ status: 'draft', created: { gte: since }, limit: 100 }))
    await alone(there.id, () => foundInvoice(ctx, there.id))
}

const lookAtOurs = async (ctx: Context): Promise<void> => {
  const rows = await ctx.sql<{ accountId: bigint; id: bigint; state: string; stripeInvoiceId: string | null }[]>`
    select account_id, id, state, stripe_invoice_id from invoice
    where driver = 'stripe' and ((state = 'draft' and as_of is not null and as_of < ${ctx.now}::timestamptz - interval '5 minutes')
      or (state = 'finalized' and stripe_invoice_id is not null)
      or (state = 'paid' and stripe_state = 'open'))
    order by account_id, id limit ${MOST}`
  for (const { accountId, id, state, stripeInvoiceId } of rows)
    await alone(`invoice ${id}`, async () => {
      if (state === 'draft') return settleInvoice(ctx, { accountId, invoiceId: id })
      if (state === 'paid') await paidElsewhere(ctx, accountId, id, stripeInvoiceId!)
      await followInvoice(ctx, stripeInvoiceId!)
    })
}

/** Paid here by a transfer, say: Stripe must not charge the card for it too. */
const paidElsewhere = async (ctx: Context, accountId: bigint, id: bigint, stripeInvoiceId: string): Promise<void> => {
  const there = await needStripe(ctx.env).invoices.retrieve(stripeInvoiceId)
  if (there.status !== 'open') return
  await makeCall(ctx, {
    accountId,
    kind: 'invoice.pay',
    key: `invoice:${accountId}:${id}:paid_elsewhere`,
    payload: { id: stripeInvoiceId, paid_out_of_band: true },
  })
}

/** Plans that Stripe does not have yet: those begun or counted anew just now wait until both clocks are past it. */
export const queueSyncs = async (ctx: Context): Promise<void> => {
  const rows = await ctx.sql<{ accountId: bigint }[]>`
    select s.account_id from subscription s join billing_profile p on p.account_id = s.account_id
      join plan_version v on v.id = s.plan_version_id
    where p.driver = 'stripe' and s.state not in ('canceled', 'trialing')
      and (s.stripe_subscription_id is null or s.anchor_at > ${ctx.now}::timestamptz - interval '20 minutes')
      and (v.terms -> 'prices' <> '[]'::jsonb or v.terms ->> 'minimum' is not null) limit ${MOST}`
  for (const { accountId } of rows)
    await addJob(ctx.sql, 'billing.stripe_sync', { accountId: String(accountId) }, { key: `stripe_sync:${accountId}` })
}

const queueCalls = async (ctx: Context): Promise<void> => {
  const old = new Date(ctx.now.getTime() - 10 * 60_000)
  const rows = await ctx.sql<{ id: bigint }[]>`select id from stripe_call
    where state = 'pending' and created_at < ${old} order by id limit ${MOST}`
  for (const { id } of rows)
    await addJob(ctx.sql, 'billing.stripe_call', { callId: String(id) }, { key: `stripe_call:${id}` })
  const events = await ctx.sql<{ id: string }[]>`select id from stripe_event
    where processed_at is null and received_at < ${old} order by received_at limit ${MOST}`
  for (const { id } of events)
    await addJob(ctx.sql, 'billing.stripe_event', { eventId: id }, { key: `stripe_event:${id}` })
}
