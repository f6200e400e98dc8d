import type { Sql, Tx } from '#db/client.ts'
import { holdsOn, placeHold } from '../accounts/hold.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { log } from '../log.ts'
import { majorText } from '../money.ts'
import { announceSubscription } from './announceSubscription.ts'
import type { Driver, InvoiceRef } from './collector.ts'
import { nextStep, suspensionAt, type DunningStep, type Taken } from './dunning.ts'
import { dunningWords } from './dunningWords.ts'
import { invoicePath } from './mailInvoice.ts'
import { lockInvoice, openOf } from './openInvoice.ts'
import { settle } from './settle.ts'
import { tellBilling } from './tellBilling.ts'

const MOST_AT_ONCE = 200

type Overdue = InvoiceRef & {
  account: string
  number: string
  driver: Driver
  dueAt: Date
  /** When the last question about it was answered. */
  resumedAt: Date | null
  taken: { step: string; at: string }[]
}

/**
 * Job `billing.dun`: takes the next step on every invoice that is past due, one a run and each once. Suspension is a hold of
 * its own; whoever pays gets it lifted at once. An invoice that is being asked about waits for the answer. Harmless to run twice at once.
 */
export const collectDue = async (ctx: Context): Promise<{ steps: number }> => {
  let steps = 0
  let after: Overdue | undefined
  for (;;) {
    const overdue = await overdueInvoices(ctx.sql, ctx.now, after)
    if (overdue.length === 0) return { steps }
    after = overdue.at(-1)
    for (const invoice of overdue) if (await stepOne(ctx, invoice)) steps++
  }
}

const overdueInvoices = async (sql: Sql, now: Date, after: Overdue | undefined): Promise<Overdue[]> =>
  await sql<Overdue[]>`
    select i.account_id, i.id as invoice_id, a.name as account, i.number, i.driver, i.due_at,
      (select max(q.closed_at) from billing_dispute q where q.account_id = i.account_id and q.invoice_id = i.id) as resumed_at,
      coalesce((select json_agg(json_build_object('step', d.step, 'at', d.at)) from dunning_step d
        where d.account_id = i.account_id and d.invoice_id = i.id), '[]') as taken
    from invoice i join account a on a.id = i.account_id
    where i.state = 'finalized' and i.due_at <= ${now}
      and not exists (select from billing_dispute q where q.account_id = i.account_id and q.invoice_id = i.id and q.state = 'open')
      and (${after === undefined} or (i.due_at, i.account_id, i.id) >
        (${after?.dueAt ?? null}::timestamptz, ${after?.accountId ?? null}::bigint, ${after?.invoiceId ?? null}::bigint))
    order by i.due_at, i.account_id, i.id limit ${MOST_AT_ONCE}`

const stepOne = async (ctx: Context, invoice: Overdue): Promise<boolean> => {
  const taken: Taken[] = invoice.taken.map(({ step, at }) => ({ step, at: new Date(at) }))
  const next = nextStep(invoice.dueAt, taken, invoice.resumedAt)
  if (!next || next.at > ctx.now) return false
  try {
    // The hold comes first: a step that is written is never without it.
    const holdId = next.step === 'suspended' ? await suspend(ctx, invoice) : null
    const suspendAt = suspensionAt(invoice.dueAt, taken, invoice.resumedAt)
    const done = await ctx.sql.begin((tx) => take(tx, ctx, invoice, next, suspendAt, holdId))
    // Paid while it was being suspended: whoever paid found no step to lift.
    if (holdId !== null) await settle(ctx, invoice)
    return done
  } catch (error) {
    log.error({ err: error, invoice: invoice.number }, 'a step of collection failed; it is tried again')
    return false
  }
}

/** The billing hold on the account, placed where there is none. */
const suspend = async (ctx: Context, { accountId, account, number }: Overdue): Promise<bigint> => {
  try {
    const reason = `Invoice ${number} is not paid. Pay it under Invoices, and everything starts again at once.`
    return (await placeHold(ctx, { id: accountId, name: account }, { kind: 'billing', reason })).id
  } catch (error) {
    const there = (await holdsOn(ctx.sql, accountId)).find((hold) => hold.kind === 'billing')
    if (!there || !(error instanceof DomainError) || error.code !== 'CONFLICT') throw error
    return there.id
  }
}

/** Whether somebody began to ask about it since it was read; whoever asks holds its row. */
const isAsked = async (tx: Tx, { accountId, invoiceId }: InvoiceRef): Promise<boolean> => {
  const [row] = await tx`select 1 from billing_dispute
    where account_id = ${accountId} and invoice_id = ${invoiceId} and state = 'open'`
  return row !== undefined
}

const take = async (
  tx: Tx,
  ctx: Context,
  overdue: Overdue,
  next: { step: DunningStep; name: string },
  suspendAt: Date,
  holdId: bigint | null,
): Promise<boolean> => {
  const { accountId, invoiceId, account, number, driver, dueAt } = overdue
  const invoice = await lockInvoice(tx, overdue)
  const open = openOf(invoice)
  if (holdId === null && (invoice.state !== 'finalized' || open <= 0n || (await isAsked(tx, overdue)))) return false
  const detail = { openMinor: String(open), ...(holdId === null ? {} : { holdId: String(holdId) }) }
  const [row] = await tx`insert into dunning_step (account_id, invoice_id, step, at, detail)
    values (${accountId}, ${invoiceId}, ${next.name}, ${ctx.now}, ${JSON.stringify(detail)}::text::jsonb)
    on conflict do nothing returning step`
  if (!row) return false
  const [late] = await tx`update subscription set state = 'past_due'
    where account_id = ${accountId} and state = 'active' returning id`
  if (late) await announceSubscription(tx, ctx, accountId, 'past_due')
  await audit(tx, ctx, {
    action: 'billing.dunning.step',
    subject: { kind: 'invoice', id: invoiceId },
    accountId,
    after: { step: next.name, number, ...detail },
  })
  const said = {
    number,
    open: `${majorText(open, invoice.currency)} ${invoice.currency}`,
    dueAt,
    byCard: driver === 'stripe',
  }
  // Of the hold itself its members are told by the hold.
  if (next.step !== 'suspended')
    await tellBilling(tx, ctx, {
      accountId,
      account,
      kind: `invoice.${next.step}`,
      ...dunningWords(next.step, said, suspendAt),
      href: invoicePath(account, number),
      key: `dunning:${accountId}:${invoiceId}:${next.name}`,
    })
  return true
}
