import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { notify } from '../notices/notify.ts'
import { DAY_MS } from '../time.ts'
import { holdEvidence } from '../usage/evidenceHolds.ts'
import { invoiceOf } from './evidenceSql.ts'
import { tellBilling } from './tellBilling.ts'

/** Which reports a dispute keeps from being dropped. */
export const disputeHoldKey = (accountId: bigint, disputeId: bigint) => `dispute:${accountId}:${disputeId}`
/** A dispute as people name it. */
export const disputeName = (id: bigint | string) => `Q-${id}`

/** Reports of a window's first edge may have come this long before or after it. */
const AROUND_MS = 5 * DAY_MS

/**
 * Asks about a line of a finalized invoice, or without a position about the whole. What proves it is kept until it is answered.
 * @throws NOT_FOUND; CONFLICT where that line is being asked about already; UNPROCESSABLE on a void invoice
 */
export const openDispute = async (
  ctx: Context,
  account: { id: bigint; name: string },
  input: { number: string; position: number | null; question: string },
): Promise<{ id: bigint }> =>
  ctx.sql.begin(async (tx) => {
    const invoice = await invoiceOf(tx, account.id, { number: input.number })
    if (!invoice || invoice.state === 'draft')
      throw new DomainError('NOT_FOUND', `no invoice ${input.number} in ${account.name}`)
    if (invoice.state === 'void')
      throw new DomainError('UNPROCESSABLE', `invoice ${input.number} is void; it asks for nothing`)
    // Whoever asks of one invoice at once queues here, so that a line is asked about once.
    await tx`select 1 from invoice where account_id = ${account.id} and id = ${invoice.id} for no key update`
    if (input.position !== null) {
      const [line] = await tx`select 1 from invoice_line
        where account_id = ${account.id} and invoice_id = ${invoice.id} and position = ${input.position}`
      if (!line) throw new DomainError('NOT_FOUND', `invoice ${input.number} has no line ${input.position}`)
    }
    const [same] = await tx<{ id: bigint }[]>`select id from billing_dispute where account_id = ${account.id}
      and invoice_id = ${invoice.id} and position is not distinct from ${input.position} and state = 'open'`
    if (same) throw new DomainError('CONFLICT', `this is being looked into already, as ${disputeName(same.id)}`)
    const [row] = await tx<
      { id: bigint }[]
    >`insert into billing_dispute (account_id, invoice_id, position, question, state,
        opened_by, opened_at)
      values (${account.id}, ${invoice.id}, ${input.position}, ${input.question}, 'open', ${labelOf(ctx.actor)}, ${ctx.now})
      returning id`
    const { id } = row!
    await holdEvidence(
      tx,
      {
        key: disputeHoldKey(account.id, id),
        fromAt: new Date(invoice.periodStart.getTime() - AROUND_MS),
        untilAt: invoice.asOf ? new Date(invoice.asOf.getTime() + AROUND_MS) : null,
        reason: `${disputeName(id)} about invoice ${input.number} of ${account.name}`,
      },
      ctx.now,
    )
    const what =
      input.position === null ? `Invoice ${input.number}` : `Line ${input.position} of invoice ${input.number}`
    await notify(tx, ctx, {
      audience: 'operators',
      severity: 'warning',
      kind: 'billing.dispute',
      title: `${account.name} questions ${what.replace('Line', 'line').replace('Invoice', 'invoice')}`,
      body: input.question,
      href: `/ops/billing/disputes/${account.name}/${id}`,
      key: `dispute:${account.id}:${id}`,
    })
    await tellBilling(tx, ctx, {
      account: account.name,
      accountId: account.id,
      severity: 'info',
      kind: 'billing.dispute',
      title: `${what} is being looked into`,
      body: `Your question is ${disputeName(id)}. The reports behind it are kept until it is answered.`,
      href: `/${account.name}/invoices/${encodeURIComponent(input.number)}`,
      key: `dispute:${account.id}:${id}:opened`,
    })
    await audit(tx, ctx, {
      action: 'billing.dispute.open',
      subject: { kind: 'dispute', id },
      accountId: account.id,
      after: { number: input.number, position: input.position, question: input.question },
    })
    return { id }
  })
