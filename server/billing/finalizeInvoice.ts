import type { Tx } from '#db/client.ts'
import { auditAll } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJobs } from '../jobs.ts'
import { DAY_MS } from '../time.ts'
import type { InvoiceRef } from './collector.ts'
import { composeInvoice } from './composeInvoice.ts'
import { creditsLeft, lockDrafts, type DraftRow } from './draftSql.ts'
import { keepBilled, keepCarried, useCoupons, writeFinal, type Final } from './finalizeSql.ts'
import { gatherInputs } from './gatherInputs.ts'
import { contentDigest, invoiceDigest } from './invoiceDigest.ts'
import { unpackInputs, type InvoiceInputs, type StripeDecided } from './invoiceInputs.ts'
import { dropDrafts, storeComputed, type Computed } from './invoiceSql.ts'
import { postAll, type Entry, type Posting } from './ledger.ts'
import { numberText, takeNumbers } from './nextNumber.ts'

/** What Stripe decided when it finalized its invoice: number, tax and due date are its own. */
export type NumberedByStripe = {
  number: string
  stripeInvoiceId: string
  /** As `TaxLine` of tax.ts. */
  taxes: StripeDecided['taxes']
  taxMinor: bigint
  totalMinor: bigint
  /** What Stripe took from the balance that it holds for our prepaid credit. */
  prepaidMinor?: bigint
  /** Null where it is charged at once. */
  dueAt: Date | null
}

/**
 * How finalizing ended: `finalized` by this call, `before` by another, or `dropped` because it came to no lines; then it has
 * no number.
 */
export type Finalized = { outcome: 'finalized' | 'before' | 'dropped'; number: string; totalMinor: bigint }

/**
 * Finalizes a draft: computes it a last time (with Stripe's number: as stored, since Stripe has its lines), takes the next
 * number, stores inputs and digest, books the ledger, in one transaction. Of two that do so at once, one wins.
 * @throws NOT_FOUND; CONFLICT where it is void; UNPROCESSABLE where Stripe's total is not ours
 */
export const finalizeInvoice = async (
  ctx: Context,
  input: InvoiceRef & { numbered?: NumberedByStripe },
): Promise<Finalized> =>
  ctx.sql.begin(async (tx) => {
    const ref = { accountId: input.accountId, invoiceId: input.invoiceId }
    const drafts = await lockDrafts(tx, [ref], true)
    const done = await finalizeLocked(tx, ctx, drafts, input.numbered)
    const [row] = await tx<{ state: string; number: string | null; totalMinor: bigint }[]>`
      select state, number, total_minor from invoice where account_id = ${ref.accountId} and id = ${ref.invoiceId}`
    if (!row && drafts.length > 0) return { outcome: 'dropped', number: '', totalMinor: 0n }
    if (!row) throw new DomainError('NOT_FOUND', `no invoice ${ref.invoiceId}`)
    if (row.number === null)
      throw new DomainError('CONFLICT', `this invoice is ${row.state} and cannot be finalized; make another`)
    return { outcome: done.length > 0 ? 'finalized' : 'before', number: row.number, totalMinor: row.totalMinor }
  })

/**
 * As `finalizeInvoice`, many of the manual driver's in the caller's transaction, at most one an account. Leaves out those
 * that somebody else holds, and returns those finalized by this call.
 */
export const finalizeAll = async (tx: Tx, ctx: Context, invoices: readonly InvoiceRef[]): Promise<InvoiceRef[]> => {
  const first = new Map<bigint, InvoiceRef>()
  for (const ref of invoices) if (!first.has(ref.accountId)) first.set(ref.accountId, ref)
  const drafts = await lockDrafts(tx, [...first.values()], false)
  const finals = await finalizeLocked(
    tx,
    ctx,
    drafts.filter((draft) => draft.driver === 'manual'),
  )
  return finals.map(({ draft }) => ({ accountId: draft.accountId, invoiceId: draft.id }))
}

/** The same for drafts that this transaction holds. */
export const finalizeLocked = async (
  tx: Tx,
  ctx: Context,
  drafts: readonly DraftRow[],
  numbered?: NumberedByStripe,
): Promise<Final[]> => {
  if (drafts.length === 0) return []
  const inputs = numbered
    ? [await asStripeHasIt(tx, ctx, drafts[0]!, numbered)]
    : await gatherInputs(tx, drafts, ctx.now, { lock: true })
  const all = drafts.map((draft, i): Computed => {
    const from = inputs[i]!
    return { draft, inputs: from, composed: composeInvoice(from) }
  })
  const computed = all.filter(({ composed }) => composed.lines.length > 0)
  const contents = computed.map(({ inputs: from, composed }) => contentDigest(from, composed))
  await Promise.all([
    keepBilled(tx, all),
    dropDrafts(
      tx,
      all.filter(({ composed }) => composed.lines.length === 0),
    ),
    storeComputed(tx, computed),
    keepCarried(tx, computed, ctx.now, labelOf(ctx.actor)),
    useCoupons(tx, computed, ctx.now),
  ])
  if (computed.length === 0) return []
  const numbers = numbered
    ? [numbered.number]
    : await numbersFor(
        tx,
        computed.map(({ draft }) => draft),
        ctx.now,
      )
  const finals = computed.map((one, i): Final => {
    const { draft, composed } = one
    const number = numbers[i]!
    return {
      ...one,
      number,
      digest: invoiceDigest(contents[i]!, number),
      state: composed.totals.dueMinor === 0n ? 'paid' : 'finalized',
      dueAt: numbered ? (numbered.dueAt ?? ctx.now) : new Date(ctx.now.getTime() + draft.netDays * DAY_MS),
      stripeInvoiceId: numbered?.stripeInvoiceId ?? null,
    }
  })
  if (numbered && finals[0]!.composed.totals.totalMinor !== numbered.totalMinor)
    throw new DomainError(
      'UNPROCESSABLE',
      `Stripe's total is ${numbered.totalMinor}, ours ${finals[0]!.composed.totals.totalMinor}; compare the two drafts`,
    )
  await Promise.all([
    postAll(
      tx,
      finals.map((final) => posting(final, ctx.now)),
    ),
    finalized(tx, finals, ctx.now),
    auditAll(
      tx,
      ctx,
      finals.map(({ draft, number, digest, composed }) => ({
        action: 'billing.invoice.finalize',
        subject: { kind: 'invoice', id: draft.id },
        accountId: draft.accountId,
        after: { number, totalMinor: composed.totals.totalMinor, currency: draft.currency, digest },
      })),
    ),
    addJobs(tx, finals.flatMap(consequences)),
  ])
  return finals
}

const finalized = async (tx: Tx, finals: readonly Final[], at: Date) => {
  const changed = await writeFinal(tx, finals, at)
  // They are locked: anything else would leave a gap in the numbers.
  if (changed !== finals.length) throw new Error(`finalized ${changed} of ${finals.length} locked drafts`)
}

/** The stored inputs with Stripe's tax: its invoice was made of them, so nothing is read anew. */
const asStripeHasIt = async (
  tx: Tx,
  ctx: Context,
  draft: DraftRow,
  numbered: NumberedByStripe,
): Promise<InvoiceInputs> => {
  const [row] = await tx<{ body: Buffer }[]>`select body from invoice_input
    where account_id = ${draft.accountId} and invoice_id = ${draft.id}`
  if (!row) throw new DomainError('CONFLICT', 'this draft was not computed yet; compute it before Stripe numbers it')
  const inputs = unpackInputs(row.body)
  const { taxes, taxMinor, prepaidMinor = 0n } = numbered
  const left = (await creditsLeft(tx, [draft.accountId], ctx.now)).get(draft.accountId) ?? []
  const credits = left
    .filter((credit) => credit.currency === draft.currency)
    .map(({ currency: _currency, ...credit }) => credit)
  return { ...inputs, credits, stripe: { taxes, taxMinor, prepaidMinor } }
}

/** A number each, in the drafts' order, gapless a legal entity and year; entities always in the same order. */
const numbersFor = async (tx: Tx, drafts: readonly DraftRow[], now: Date): Promise<string[]> => {
  const numbers: string[] = []
  const entities = [...new Set(drafts.map((draft) => draft.entityId))].toSorted((a, b) => (a < b ? -1 : 1))
  for (const entityId of entities) {
    const places = drafts.flatMap((draft, i) => (draft.entityId === entityId ? [i] : []))
    const year = now.getUTCFullYear()
    let next = await takeNumbers(tx, { entityId, series: 'invoice', year, count: places.length })
    for (const i of places) numbers[i] = numberText(drafts[i]!.invoicePrefix, 'invoice', year, next++)
  }
  return numbers
}

/** What finalizing books: what is due, credit used up, against revenue before promotions and tax. */
const posting = ({ draft, composed: { totals, used }, number }: Final, at: Date): Posting => {
  const entry = (book: Entry['book'], amountMinor: bigint): Entry => ({
    book,
    currency: draft.currency,
    amountMinor,
    invoiceId: draft.id,
  })
  return {
    accountId: draft.accountId,
    at,
    kind: 'invoice',
    key: `invoice:${draft.id}`,
    description: `Invoice ${number}`,
    entries: [
      entry('receivable', totals.totalMinor - totals.prepaidMinor),
      ...used.map(({ kind, grantId, amountMinor }) => entry(`${kind}:${BigInt(grantId)}`, amountMinor)),
      entry('revenue', -(totals.totalMinor - totals.taxMinor + totals.promotionalMinor)),
      entry('tax', -totals.taxMinor),
    ],
  }
}

const consequences = ({ draft, inputs }: Final) => {
  const payload = { accountId: String(draft.accountId), invoiceId: String(draft.id) }
  const pins = inputs.usage !== null && (inputs.usage.hours.length > 0 || inputs.late.length > 0)
  return [
    { name: 'billing.collect' as const, payload: { ...payload, event: 'finalized' as const } },
    ...(pins ? [{ name: 'billing.pin_evidence' as const, payload }] : []),
  ]
}
