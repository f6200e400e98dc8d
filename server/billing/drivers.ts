import type { Context } from '../context.ts'
import type { JobPayload } from '../jobs.ts'
import { announceInvoice } from './announceInvoice.ts'
import { driverOf, type Collector, type Driver } from './collector.ts'
import { manualCollector } from './manual.ts'
import { stripeCollector } from './stripe/collector.ts'

const COLLECTORS: Record<Driver, Collector> = { manual: manualCollector, stripe: stripeCollector }

const collectorOf = (driver: Driver): Collector => COLLECTORS[driver]

/** Job `billing.collect`: has an invoice's driver do what follows from what became of it. */
export const collectBy = async (ctx: Context, payload: JobPayload<'billing.collect'>): Promise<void> => {
  const ref = { accountId: BigInt(payload.accountId), invoiceId: BigInt(payload.invoiceId) }
  const [row] = await ctx.sql<{ driver: Driver }[]>`select driver from invoice
    where account_id = ${ref.accountId} and id = ${ref.invoiceId}`
  if (!row) return
  const collector = collectorOf(row.driver)
  switch (payload.event) {
    case 'drafted':
      return collector.afterDraft(ctx, ref)
    case 'finalized':
      await announceInvoice(ctx, ref, 'invoice.finalized')
      // What credit paid in full was never open.
      await announceInvoice(ctx, ref, 'invoice.paid')
      return collector.afterFinalize(ctx, ref)
    case 'void':
    case 'uncollectible':
      return collector.afterClose(ctx, { ...ref, as: payload.event })
    case 'credit_note':
      return collector.afterCreditNote(ctx, { ...ref, creditNoteId: BigInt(payload.creditNoteId ?? '0') })
  }
}

/** Tells an account's driver that its name, address or tax id changed, or that it bought something. */
export const ensureCustomer = async (ctx: Context, accountId: bigint): Promise<void> =>
  collectorOf(await driverOf(ctx.sql, accountId)).ensureCustomer(ctx, accountId)
