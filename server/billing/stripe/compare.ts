import type Stripe from 'stripe'
import { audit } from '../../audit.ts'
import type { Context } from '../../context.ts'
import { log } from '../../log.ts'
import { majorText } from '../../money.ts'
import { DAY_MS } from '../../time.ts'
import { versionRow } from '../planVersion.ts'
import { isFree } from '../quantities.ts'
import type { Subscription } from '../subscriptionSql.ts'
import { fromStripe, secondsOf } from './amount.ts'
import { installationOf, needStripe, stripeOf } from './client.ts'
import { foundDrift, goneDrift, type DriftKind } from './drift.ts'
import { itemsOf } from './items.ts'

/** Invoices that are compared; older ones were, and stay. */
const DAYS = 62
/** What is younger is still on its way. */
const SETTLING_MS = 15 * 60_000

type Found = { accountId: bigint | null; kind: DriftKind; objectId: string; ours: string | null; theirs: string | null }
export type Compared = { subscriptions: number; invoices: number; drifts: number }

/**
 * Job `billing.stripe_compare`: subscriptions, invoices and payments of Stripe beside ours, both ways. What differs is kept
 * and told; what no longer does is resolved.
 */
export const compare = async (ctx: Context): Promise<Compared> => {
  if (!stripeOf(ctx.env)) return { subscriptions: 0, invoices: 0, drifts: 0 }
  const subscriptions = await compareSubscriptions(ctx)
  const invoices = await compareInvoices(ctx)
  const found = [...subscriptions.found, ...invoices.found]
  for (const drift of found) await foundDrift(ctx, drift)
  await resolveOthers(ctx, found)
  const result = { subscriptions: subscriptions.count, invoices: invoices.count, drifts: found.length }
  await audit(ctx.sql, ctx, { action: 'billing.stripe.compare', subject: { kind: 'stripe', id: 'all' }, after: result })
  log.info(result, 'compared with Stripe')
  return result
}

const COMPARED: DriftKind[] = [
  'invoice_state',
  'payment',
  'invoice_missing_here',
  'invoice_missing_there',
  'subscription_missing_here',
  'subscription_missing_there',
  'subscription',
]

const resolveOthers = async (ctx: Context, found: readonly Found[]): Promise<void> => {
  const still = new Set(found.map(({ kind, objectId }) => `${kind} ${objectId}`))
  const open = await ctx.sql<{ accountId: bigint | null; kind: string; objectId: string }[]>`
    select account_id, kind, object_id from stripe_drift where resolved_at is null and kind = any(${COMPARED}::text[])`
  for (const drift of open) if (!still.has(`${drift.kind} ${drift.objectId}`)) await goneDrift(ctx, drift)
}

type Mine = Subscription & { stripeSubscriptionId: string | null }

const compareSubscriptions = async (ctx: Context): Promise<{ count: number; found: Found[] }> => {
  const stripe = needStripe(ctx.env)
  const theirs = new Map<string, Stripe.Subscription>()
  for await (const one of stripe.subscriptions.list({ limit: 100 })) theirs.set(one.id, one)
  const young = new Date(ctx.now.getTime() - SETTLING_MS)
  const ours = await ctx.sql<
    Mine[]
  >`select s.* from subscription s join billing_profile p on p.account_id = s.account_id
    where p.driver = 'stripe' and s.state <> 'canceled'
      and not exists (select from subscription_term t where t.account_id = s.account_id and t.subscription_id = s.id
        and t.from_at > ${young})`
  const known = await ctx.sql<{ id: string }[]>`select stripe_subscription_id as id from subscription
    where stripe_subscription_id is not null and state <> 'canceled'`
  const live = new Set(known.map(({ id }) => id))
  const found: Found[] = []
  for (const mine of ours) {
    const difference = await subscriptionDifference(ctx, mine, theirs)
    if (difference) found.push({ accountId: mine.accountId, ...difference })
  }
  for (const one of theirs.values()) {
    if (live.has(one.id) || one.metadata['wharf_installation'] !== installationOf(ctx.env)) continue
    if (one.created * 1000 > young.getTime() || one.status === 'incomplete_expired') continue
    const accountId = BigInt(one.metadata['wharf_account_id'] ?? '0') || null
    found.push({ accountId, kind: 'subscription_missing_here', objectId: one.id, ours: null, theirs: one.status })
  }
  return { count: theirs.size, found }
}

const subscriptionDifference = async (
  ctx: Context,
  mine: Mine,
  theirs: ReadonlyMap<string, Stripe.Subscription>,
): Promise<Omit<Found, 'accountId'> | undefined> => {
  const version = await versionRow(ctx.sql, mine.planVersionId)
  if (isFree(version) || mine.state === 'trialing') return undefined
  const objectId = mine.stripeSubscriptionId ?? `account ${mine.accountId}`
  const there = mine.stripeSubscriptionId ? theirs.get(mine.stripeSubscriptionId) : undefined
  if (!there) return { kind: 'subscription_missing_there', objectId, ours: mine.state, theirs: null }
  const text = (items: readonly { lookup: string | null; quantity: number }[]) =>
    items
      .map(({ lookup, quantity }) => `${quantity} × ${lookup ?? '?'}`)
      .toSorted()
      .join(', ')
  const wanted = itemsOf(version, mine.quantities, mine.state === 'paused').filter((item) => item.quantity > 0)
  const has = there.items.data
    .map((item) => ({ lookup: item.price.lookup_key, quantity: item.quantity ?? 1 }))
    .filter((item) => item.quantity > 0)
  const ends = mine.cancelAtPeriodEnd && mine.periodEnd >= mine.paidUntil
  const say = (items: string, end: boolean) => `${items}${end ? ', ends with its period' : ''}`
  const [ours, their] = [say(text(wanted), ends), say(text(has), there.cancel_at_period_end)]
  return ours === their ? undefined : { kind: 'subscription', objectId, ours, theirs: their }
}

type MyInvoice = {
  accountId: bigint
  id: bigint
  number: string | null
  state: string
  currency: string
  totalMinor: bigint
  prepaidMinor: bigint
  cardMinor: bigint
  stripeInvoiceId: string
  finalizedAt: Date | null
}

const compareInvoices = async (ctx: Context): Promise<{ count: number; found: Found[] }> => {
  const stripe = needStripe(ctx.env)
  const since = new Date(ctx.now.getTime() - DAYS * DAY_MS)
  const young = new Date(ctx.now.getTime() - SETTLING_MS)
  const theirs = new Map<string, Stripe.Invoice>()
  for await (const one of stripe.invoices.list({ created: { gte: secondsOf(since) }, limit: 100 }))
    theirs.set(one.id, one)
  const ours = await ctx.sql<MyInvoice[]>`
    select i.account_id, i.id, i.number, i.state, i.currency, i.total_minor, i.prepaid_minor, i.stripe_invoice_id,
      i.finalized_at, coalesce((select sum(p.amount_minor) from payment p where p.account_id = i.account_id
        and p.invoice_id = i.id and p.kind = 'payment' and p.key like 'stripe:inpay%'), 0)::bigint as card_minor
    from invoice i where i.stripe_invoice_id is not null and i.created_at >= ${since}`
  const mineBy = new Map(ours.map((mine) => [mine.stripeInvoiceId, mine]))
  const found: Found[] = []
  for (const mine of ours) {
    if (mine.state === 'draft' || (mine.finalizedAt && mine.finalizedAt > young)) continue
    const there = theirs.get(mine.stripeInvoiceId) ?? (await older(stripe, mine.stripeInvoiceId))
    found.push(...invoiceDifferences(mine, there))
  }
  for (const there of theirs.values()) {
    if (mineBy.has(there.id) || there.status === 'void' || there.created * 1000 > young.getTime()) continue
    const missing = await missingHere(ctx, there)
    if (missing) found.push(missing)
  }
  return { count: theirs.size, found }
}

const older = async (stripe: Stripe, id: string): Promise<Stripe.Invoice | undefined> => {
  try {
    return await stripe.invoices.retrieve(id)
  } catch {
    return undefined
  }
}

const STATES: Record<string, string> = {
  draft: 'draft',
  open: 'finalized',
  paid: 'paid',
  void: 'void',
  uncollectible: 'uncollectible',
}

/** Where an invoice of ours and Stripe's say different things. Pure. */
export const invoiceDifferences = (
  mine: Omit<MyInvoice, 'finalizedAt' | 'id'>,
  there: Pick<Stripe.Invoice, 'status' | 'total' | 'amount_paid' | 'amount_paid_off_stripe'> | undefined,
): Found[] => {
  const base = { accountId: mine.accountId, objectId: mine.stripeInvoiceId }
  const say = (amount: bigint) => `${majorText(amount, mine.currency)} ${mine.currency}`
  if (!there) return [{ ...base, kind: 'invoice_missing_there', ours: mine.number, theirs: null }]
  const found: Found[] = []
  const total = fromStripe(there.total, mine.currency)
  const state = STATES[String(there.status)] ?? String(there.status)
  if (total !== mine.totalMinor || state !== mine.state)
    found.push({
      ...base,
      kind: 'invoice_state',
      ours: `${mine.state}, ${say(mine.totalMinor)}`,
      theirs: `${state}, ${say(total)}`,
    })
  const owed = mine.totalMinor - mine.prepaidMinor
  const came = fromStripe(there.amount_paid - (there.amount_paid_off_stripe ?? 0), mine.currency)
  // A charge may also settle what was carried on the balance.
  const charged = came < owed ? came : owed
  if (charged !== mine.cardMinor && mine.state !== 'void')
    found.push({ ...base, kind: 'payment', ours: `${say(mine.cardMinor)} by card`, theirs: `${say(charged)} charged` })
  return found
}

/** An invoice of one of our customers that we know nothing of. Renewals of nothing have none here. */
const missingHere = async (ctx: Context, there: Stripe.Invoice): Promise<Found | undefined> => {
  const customer = typeof there.customer === 'string' ? there.customer : there.customer?.id
  const [row] = await ctx.sql<{ accountId: bigint }[]>`select account_id from billing_profile
    where stripe_customer_id = ${customer ?? ''}`
  if (!row || (there.total === 0 && there.status !== 'draft')) return undefined
  // Taken back whole: it was billed again.
  if (there.status === 'paid' && there.post_payment_credit_notes_amount === there.total) return undefined
  // A renewal waits for the hosts' reports, a day at most.
  if (there.status === 'draft' && ctx.now.getTime() - there.created * 1000 < 2 * DAY_MS) return undefined
  const currency = there.currency.toUpperCase()
  const theirs = `${String(there.status)}, ${majorText(fromStripe(there.total, currency), currency)} ${currency}`
  return { accountId: row.accountId, kind: 'invoice_missing_here', objectId: there.id, ours: null, theirs }
}
