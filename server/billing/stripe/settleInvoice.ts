import type Stripe from 'stripe'
import { DomainError } from '../../errors.ts'
import type { Context } from '../../context.ts'
import { log } from '../../log.ts'
import { majorText } from '../../money.ts'
import { DAY_MS } from '../../time.ts'
import { planVersionOf } from '../planVersion.ts'
import { subscriptionOf } from '../subscriptionSql.ts'
import type { InvoiceRef } from '../collector.ts'
import { finalizeInvoice } from '../finalizeInvoice.ts'
import { fromStripe, instantOf, toStripe } from './amount.ts'
import { makeCall } from './calls.ts'
import { needStripe } from './client.ts'
import { ensureCustomer } from './customer.ts'
import { foundDrift, goneDrift } from './drift.ts'
import { isEarly, replaceEarly } from './replaceEarly.ts'
import { counterpartOf, renewalOf } from './counterpart.ts'
import { followInvoice } from './followInvoice.ts'
import { linesFor, missingOf, type OurLine } from './lines.ts'
import { invoiceRow, linesOf, linkInvoice, netOf, prepaidLeft, type InvoiceRow } from './sql.ts'
import { taxesOf, taxSum } from './tax.ts'

const MOST_AT_ONCE = 100
/** Stripe charges a finalized invoice within hours: only then it is past due. */
const CHARGE_WITHIN_MS = DAY_MS

/**
 * Brings a computed draft of ours to Stripe: finds or makes its invoice, adds our lines, compares what both come to before
 * tax, and has both finalized, ours with Stripe's number and tax. Different totals stop it: operators are told and nothing is
 * finalized. Each step is found done when it is made again.
 * @throws StripeError where Stripe is away; UNAVAILABLE where its renewal is not there yet
 */
export const settleInvoice = async (ctx: Context, ref: InvoiceRef): Promise<void> => {
  const ours = await invoiceRow(ctx.sql, ref)
  if (!ours || ours.state !== 'draft' || ours.asOf === null) return
  const stripe = needStripe(ctx.env)
  const customer = await ensureCustomer(ctx, ref.accountId)
  if ((await linesOf(ctx.sql, ref)).length === 0) return settleNothing(ctx, ours)
  const found = await counterpartOf(ctx, ours, customer)
  if (!(await linkInvoice(ctx.sql, ref, found.id)))
    throw new DomainError('CONFLICT', `Stripe's invoice ${found.id} is another of ours already`)
  let there = isEarly(ours, found) ? await replaceEarly(ctx, ours, customer, found) : found
  if (there.status === 'draft') there = await fill(ctx, ours, there)
  if (!(await isSame(ctx, ours, there))) return
  if (there.status === 'draft') there = await finalizeThere(ctx, ours, customer, there)
  await finalizeHere(ctx, ours, await stripe.invoices.retrieve(there.id))
  await followInvoice(ctx, there.id)
}

/** Nothing was used and nothing is due: Stripe's renewal of nothing goes its way, and our draft is dropped. */
const settleNothing = async (ctx: Context, ours: InvoiceRow): Promise<void> => {
  const { accountId, id } = ours
  const renewal = await renewalOf(ctx, ours)
  if (renewal && !(await isSame(ctx, ours, renewal))) return
  if (renewal?.status === 'draft')
    await makeCall(ctx, {
      accountId,
      kind: 'invoice.finalize',
      key: `invoice:${accountId}:${id}:finalize`,
      payload: { id: renewal.id, auto_advance: true },
    })
  try {
    const numbered = { number: '-', stripeInvoiceId: '-', taxes: [], taxMinor: 0n, totalMinor: 0n, dueAt: null }
    await finalizeInvoice(ctx, { accountId, invoiceId: id, numbered })
  } catch (error) {
    // It is gone, as it should be.
    if (!(error instanceof DomainError) || error.code !== 'NOT_FOUND') throw error
  }
}

/** Stops Stripe's own clock on a draft and adds those of our lines that are not on it yet. */
const fill = async (ctx: Context, ours: InvoiceRow, there: Stripe.Invoice): Promise<Stripe.Invoice> => {
  const stripe = needStripe(ctx.env)
  const { accountId, id } = ours
  await holdDraft(ctx, accountId, there)
  const lines = await linesOf(ctx.sql, { accountId, invoiceId: id })
  const wanted = linesFor({ ...ours, lines }, await madeThere(ctx, ours, there))
  const missing = missingOf(wanted, await allLines(stripe, there.id))
  for (let from = 0; from < missing.length; from += MOST_AT_ONCE) {
    const part = missing.slice(from, from + MOST_AT_ONCE)
    await makeCall(ctx, {
      accountId,
      kind: 'invoice.add_lines',
      key: `invoice:${accountId}:${id}:lines:${part[0]!.metadata['wharf_line']}:${part.length}`,
      payload: {
        id: there.id,
        lines: part,
        invoice_metadata: { wharf_invoice: String(id), wharf_account_id: String(accountId) },
      },
    })
  }
  return stripe.invoices.retrieve(there.id)
}

/** A draft that Stripe would finalize by itself waits for us. */
export const holdDraft = async (ctx: Context, accountId: bigint, there: Stripe.Invoice): Promise<void> => {
  if (there.status !== 'draft' || there.auto_advance === false) return
  await makeCall(ctx, {
    accountId,
    kind: 'invoice.update',
    key: `invoice:${there.id}:hold`,
    payload: { id: there.id, auto_advance: false },
  })
}

/** On a renewal Stripe bills a monthly plan's advance prices by itself. */
const madeThere = async (ctx: Context, ours: InvoiceRow, there: Stripe.Invoice) => {
  const isRenewal = there.billing_reason === 'subscription_cycle' || there.billing_reason === 'subscription_create'
  if (!isRenewal || ours.subscriptionId === null) return () => false
  const { planVersionId } = await subscriptionOf(ctx.sql, ours.accountId, ours.subscriptionId)
  const { interval } = await planVersionOf(ctx.sql, planVersionId)
  return (line: OurLine) => interval === 'month' && line.kind === 'flat'
}

const allLines = async (stripe: Stripe, invoiceId: string): Promise<Stripe.InvoiceLineItem[]> => {
  const lines: Stripe.InvoiceLineItem[] = []
  for await (const line of stripe.invoices.listLineItems(invoiceId, { limit: 100 })) lines.push(line)
  return lines
}

/** Whether both say the same before tax; if not, operators are told once. */
const isSame = async (ctx: Context, ours: InvoiceRow, there: Stripe.Invoice): Promise<boolean> => {
  const theirs = fromStripe(there.total_excluding_tax ?? there.subtotal, ours.currency)
  const net = netOf(ours)
  const drift = { accountId: ours.accountId, kind: 'invoice_total', objectId: there.id }
  if (theirs === net && there.currency.toUpperCase() === ours.currency) {
    await goneDrift(ctx, drift)
    return true
  }
  const say = (amount: bigint) => `${majorText(amount, ours.currency)} ${ours.currency}`
  log.error(
    { invoice: there.id, ours: String(net), theirs: String(theirs) },
    'an invoice at Stripe says something else',
  )
  await foundDrift(ctx, { ...drift, ours: say(net), theirs: say(theirs) })
  return false
}

/** What prepaid credit covers goes to the customer's balance first, from which Stripe takes it. */
const finalizeThere = async (
  ctx: Context,
  ours: InvoiceRow,
  customer: string,
  there: Stripe.Invoice,
): Promise<Stripe.Invoice> => {
  const stripe = needStripe(ctx.env)
  const { accountId, id, currency } = ours
  const left = await prepaidLeft(ctx.sql, accountId, currency)
  const total = fromStripe(there.total, currency)
  const credit = left < total ? left : total
  if (credit > 0n) {
    const key = `invoice:${accountId}:${id}:prepaid`
    await makeCall(ctx, {
      accountId,
      kind: 'customer.balance',
      key,
      payload: {
        id: customer,
        amount: toStripe(-credit, currency),
        currency: currency.toLowerCase(),
        description: 'Prepaid credit',
        metadata: { wharf_key: key },
      },
    })
  }
  // With `auto_advance` false Stripe would neither charge nor try again.
  await makeCall(ctx, {
    accountId,
    kind: 'invoice.finalize',
    key: `invoice:${accountId}:${id}:finalize`,
    payload: { id: there.id, auto_advance: true },
  })
  return stripe.invoices.retrieve(there.id)
}

const finalizeHere = async (ctx: Context, ours: InvoiceRow, there: Stripe.Invoice): Promise<void> => {
  if (!there.number) throw new DomainError('UNAVAILABLE', `Stripe has not numbered ${there.id} yet`)
  const { currency } = ours
  const taxes = await taxesOf(needStripe(ctx.env), there)
  const prepaid = await creditGiven(ctx, ours)
  const totalMinor = fromStripe(there.total, currency)
  await finalizeInvoice(ctx, {
    accountId: ours.accountId,
    invoiceId: ours.id,
    numbered: {
      number: there.number,
      stripeInvoiceId: there.id,
      taxes,
      taxMinor: taxSum(taxes),
      totalMinor,
      ...(prepaid > 0n ? { prepaidMinor: prepaid } : {}),
      dueAt: there.due_date ? instantOf(there.due_date) : new Date(ctx.now.getTime() + CHARGE_WITHIN_MS),
    },
  })
}

/** How much prepaid credit was put on the balance for an invoice: by the call that did it. */
const creditGiven = async (ctx: Context, { accountId, id, currency }: InvoiceRow): Promise<bigint> => {
  const [row] = await ctx.sql<{ amount: string }[]>`select payload ->> 'amount' as amount from stripe_call
    where key = ${`invoice:${accountId}:${id}:prepaid`} and state = 'done'`
  return row ? -fromStripe(Number(row.amount), currency) : 0n
}
