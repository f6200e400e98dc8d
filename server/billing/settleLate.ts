import type { Sql, Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { log } from '../log.ts'
import { sumOf } from '../money.ts'
import { HOUR_MS, type Window } from '../time.ts'
import { proposeIn } from './adjust.ts'
import { driverOf } from './collector.ts'
import { creditNoteIn } from './creditNote.ts'
import { draftInvoice, handOver } from './draftInvoice.ts'
import { lockDrafts } from './draftSql.ts'
import { finalizeLocked } from './finalizeInvoice.ts'
import { raiseBilled } from './finalizeSql.ts'
import type { LateWindow } from './invoiceInputs.ts'
import { lateLines } from './lateLines.ts'
import { lateWindows } from './lateUsage.ts'
import { lockInvoices, openOf, type InvoiceMoney } from './openInvoice.ts'
import { addMonths } from './period.ts'

const MOST_AT_ONCE = 200
const MONTHS = 13

/**
 * Job `billing.settle_late`: accounts without a plan have no next invoice to take what comes late. More than was billed makes
 * an invoice of its own, less a credit note on their last one. Harmless to repeat.
 */
export const settleLate = async (ctx: Context): Promise<{ settled: number }> => {
  let settled = 0
  let after = 0n
  for (;;) {
    const accounts = await withoutPlan(ctx.sql, ctx.now, after)
    if (accounts.length === 0) return { settled }
    after = accounts.at(-1)!
    const late = await lateWindows(ctx.sql, accounts, ctx.now)
    for (const accountId of late.keys()) {
      try {
        if (await ctx.sql.begin((tx) => settleOne(tx, ctx, accountId))) settled++
      } catch (error) {
        log.error({ err: error, accountId: String(accountId) }, 'late usage of an account cannot be settled')
      }
    }
  }
}

const withoutPlan = async (sql: Sql, now: Date, after: bigint): Promise<bigint[]> => {
  const since = Math.floor(addMonths(now, -MONTHS).getTime() / HOUR_MS)
  const rows = await sql<{ accountId: bigint }[]>`select distinct w.account_id from billed_window w
    where w.account_id > ${after} and w.until_hour > ${since}
      and not exists (select from subscription s where s.account_id = w.account_id and s.state <> 'canceled')
      and not exists (select from invoice i where i.account_id = w.account_id and i.state = 'draft')
    order by 1 limit ${MOST_AT_ONCE}`
  return rows.map((row) => row.accountId)
}

const settleOne = async (tx: Tx, ctx: Context, accountId: bigint): Promise<boolean> => {
  await lockInvoices(tx, accountId)
  const windows = (await lateWindows(tx, [accountId], ctx.now)).get(accountId) ?? []
  if (windows.length === 0) return false
  const sum = sumOf(windows.flatMap(lateLines).map((line) => line.amount))
  if (sum > 0n) await bill(tx, ctx, accountId, windows)
  else {
    await raiseBilled(
      tx,
      windows.map((window) => ({ accountId, ...window })),
    )
    if (sum < 0n) await giveBack(tx, ctx, accountId, windows, -sum)
  }
  return true
}

const spanOf = (windows: readonly LateWindow[]): Window => ({
  start: windows[0]!.stretch.start,
  end: windows.at(-1)!.stretch.end,
})
const dayOf = (at: Date) => at.toISOString().slice(0, 10)

const bill = async (tx: Tx, ctx: Context, accountId: bigint, windows: readonly LateWindow[]) => {
  const [last] = await tx<{ id: bigint }[]>`select id from subscription where account_id = ${accountId}
    order by id desc limit 1`
  const driver = await driverOf(tx, accountId)
  const invoiceId = await draftInvoice(tx, ctx, {
    accountId,
    subscriptionId: last?.id ?? null,
    period: spanOf(windows),
    key: `late:${last?.id ?? 0n}:${dayOf(ctx.now)}`,
    driver,
  })
  const ref = { accountId, invoiceId }
  if (driver === 'stripe') return handOver(tx, ctx, ref)
  await finalizeLocked(tx, ctx, await lockDrafts(tx, [ref], true))
}

/** A credit note on the last invoice that can bear it; where none can, an adjustment that an admin settles. */
const giveBack = async (
  tx: Tx,
  ctx: Context,
  accountId: bigint,
  windows: readonly LateWindow[],
  amountMinor: bigint,
) => {
  const { start, end } = spanOf(windows)
  const description = `Usage corrected, ${dayOf(start)} to ${dayOf(end)}`
  const invoices = await tx<(InvoiceMoney & { createdAt: Date })[]>`select * from invoice
    where account_id = ${accountId} and state in ('finalized', 'paid') order by id desc`
  for (const invoice of invoices) {
    const settledAs = openOf(invoice) > 0n ? ('open_balance' as const) : ('refund' as const)
    try {
      await tx.savepoint((inner) =>
        creditNoteIn(inner, ctx, {
          accountId,
          invoiceId: invoice.id,
          key: `late:${dayOf(ctx.now)}`,
          reason: 'Usage that was billed was corrected since.',
          lines: [{ position: null, description, amountMinor }],
          settledAs,
        }),
      )
      return
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'UNPROCESSABLE') throw error
    }
  }
  await proposeIn(tx, ctx, {
    accountId,
    kind: 'late_usage',
    key: `late:${dayOf(ctx.now)}`,
    description,
    amountMinor: -amountMinor,
    service: { start, end },
    evidence: { lines: windows.flatMap(lateLines) },
  })
}
