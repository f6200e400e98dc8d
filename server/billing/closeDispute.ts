import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import type { Tx } from '#db/client.ts'
import { resolveNotice } from '../notices/notify.ts'
import { releaseEvidence } from '../usage/evidenceHolds.ts'
import { proposeIn } from './adjust.ts'
import { differenceText } from './correctInputs.ts'
import { creditNoteIn, type SettledAs } from './creditNote.ts'
import { disputeHoldKey, disputeName } from './openDispute.ts'
import type { KeptReplay } from './replayDispute.ts'
import { tellBilling } from './tellBilling.ts'

/** How an upheld dispute is made good: a credit note on the invoice, or a line on the next one. */
export type Settlement = { by: 'credit_note'; settledAs: SettledAs } | { by: 'adjustment' }

type Row = {
  accountId: bigint
  account: string
  id: bigint
  invoiceId: bigint
  number: string
  currency: string
  state: string
  periodStart: Date
  periodEnd: Date
  replay: KeptReplay | null
}

const lockOpen = async (tx: Tx, accountId: bigint, id: bigint): Promise<Row> => {
  const [row] = await tx<
    Row[]
  >`select d.account_id, a.name as account, d.id, d.invoice_id, i.number, i.currency, d.state,
      i.period_start, i.period_end, d.replay
    from billing_dispute d join invoice i on i.account_id = d.account_id and i.id = d.invoice_id
      join account a on a.id = d.account_id
    where d.account_id = ${accountId} and d.id = ${id} for update of d`
  if (!row) throw new DomainError('NOT_FOUND', `no dispute ${id}`)
  if (row.state !== 'open') throw new DomainError('CONFLICT', `this dispute was ${row.state} already`)
  return row
}

const close = async (tx: Tx, ctx: Context, row: Row, state: 'upheld' | 'rejected', answer: string, what: string) => {
  const { accountId, id, number } = row
  await tx`update billing_dispute set state = ${state}, answer = ${answer}, closed_by = ${labelOf(ctx.actor)},
    closed_at = ${ctx.now} where account_id = ${accountId} and id = ${id}`
  await releaseEvidence(tx, disputeHoldKey(accountId, id), ctx.now)
  await resolveNotice(tx, ctx, `dispute:${accountId}:${id}`)
  await tellBilling(tx, ctx, {
    account: row.account,
    accountId,
    severity: 'info',
    kind: 'billing.dispute',
    title: `${disputeName(id)} about invoice ${number}: ${what}`,
    body: answer,
    href: `/${row.account}/invoices/${encodeURIComponent(number)}`,
    key: `dispute:${accountId}:${id}:closed`,
  })
  await audit(tx, ctx, {
    action: state === 'upheld' ? 'billing.dispute.uphold' : 'billing.dispute.reject',
    subject: { kind: 'dispute', id },
    accountId,
    before: { state: 'open' },
    after: { answer, what },
  })
}

/** Answers a dispute without changing anything. @throws NOT_FOUND; CONFLICT where it was closed */
export const rejectDispute = async (
  ctx: Context,
  input: { accountId: bigint; disputeId: bigint; answer: string },
): Promise<void> =>
  ctx.sql.begin(async (tx) => {
    const row = await lockOpen(tx, input.accountId, input.disputeId)
    await close(tx, ctx, row, 'rejected', input.answer, 'the line stands')
  })

/**
 * Upholds a dispute by what its last replay comes to, in the customer's favour.
 * @throws NOT_FOUND; CONFLICT where it was closed; UNPROCESSABLE without a replay that takes something off
 */
export const upholdDispute = async (
  ctx: Context,
  input: { accountId: bigint; disputeId: bigint; answer: string; settlement: Settlement },
): Promise<void> =>
  ctx.sql.begin(async (tx) => {
    const { accountId, disputeId, answer, settlement } = input
    const row = await lockOpen(tx, accountId, disputeId)
    const difference = row.replay?.difference
    const subtotal = BigInt(difference?.subtotalMinor ?? 0n)
    if (!difference || subtotal >= 0n)
      throw new DomainError('UNPROCESSABLE', 'replay it with a correction that takes something off first')
    const key = `dispute:${disputeId}`
    const name = `${disputeName(disputeId)} about invoice ${row.number}`
    if (settlement.by === 'adjustment') {
      await proposeIn(tx, ctx, {
        accountId,
        kind: 'dispute',
        key,
        description: `Correction, ${name}`,
        amountMinor: subtotal,
        currency: row.currency,
        service: { start: row.periodStart, end: row.periodEnd },
        evidence: row.replay,
        approved: { by: labelOf(ctx.actor), decision: answer },
      })
    } else {
      // A note gives back; where some lines rise, it is of the whole, by what is left over.
      const changed = difference.lines.map(({ afterMinor, beforeMinor, ...line }) => ({
        ...line,
        amountMinor: BigInt(beforeMinor) - BigInt(afterMinor),
      }))
      const isAllLess = changed.every((line) => line.amountMinor >= 0n && line.position !== null)
      await creditNoteIn(tx, ctx, {
        accountId,
        invoiceId: row.invoiceId,
        key,
        reason: `Correction, ${name}`,
        lines: isAllLess
          ? changed
              .filter((line) => line.amountMinor > 0n)
              .map(({ position, description, amountMinor }) => ({ position, description, amountMinor }))
          : [{ position: null, description: `Correction, ${name}`, amountMinor: -subtotal }],
        settledAs: settlement.settledAs,
      })
    }
    await close(tx, ctx, row, 'upheld', answer, `${differenceText(subtotal, row.currency)} before tax`)
  })
