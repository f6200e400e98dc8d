import { z } from 'zod'
import type { Window } from '../time.ts'
import { inAccount, router } from '../trpc.ts'
import { creditsOf } from './creditSql.ts'
import { exportInvoices } from './exportInvoices.ts'
import { invoiceView } from './invoiceView.ts'
import { previewInvoice } from './previewInvoice.ts'
import { adjustmentsOf, invoicesOf } from './sql.ts'

const id = z
  .string()
  .regex(/^\d{1,18}$/, 'an id is a number')
  .transform(BigInt)
const number = z.string().trim().min(1).max(60)
const time = z.iso.datetime().transform((text) => new Date(text))
const window = z
  .object({ from: time, to: time })
  .refine(({ from, to }) => from < to, { message: 'the window ends after it starts', path: ['to'] })
  .transform(({ from, to }): Window => ({ start: from, end: to }))
const limit = z.number().int().min(1).max(200).default(50)

export const invoiceRouter = router({
  /** Invoices, drafts too, newest first. */
  list: inAccount()
    .input(z.object({ cursor: id.optional(), limit }))
    .query(async ({ ctx, input }) => {
      const page = { before: input.cursor, limit: input.limit + 1 }
      const rows = await invoicesOf(ctx.sql, ctx.account.id, ctx.now, page)
      const shown = rows.slice(0, input.limit)
      return { rows: shown, nextCursor: rows.length > input.limit ? String(shown.at(-1)!.id) : null }
    }),

  /** One invoice with its lines, payments, credit notes and steps of collection; a draft by its id. */
  get: inAccount()
    .input(
      z
        .object({ number: number.optional(), id: id.optional() })
        .refine((of) => of.number ?? of.id, 'a number or an id'),
    )
    .query(({ ctx, input }) =>
      invoiceView(ctx.sql, ctx.account.id, input.number ? { number: input.number } : { id: input.id! }, ctx.now),
    ),

  /** What the next invoice would say if the period ended now; null without a plan. */
  preview: inAccount().query(async ({ ctx }) => (await previewInvoice(ctx.sql, ctx.account.id, ctx.now)) ?? null),

  /** Credit that was granted and what is left of it. */
  credits: inAccount().query(({ ctx }) => creditsOf(ctx.sql, ctx.account.id)),

  /** Corrections that wait for the next invoice or were taken by one. */
  adjustments: inAccount().query(async ({ ctx }) => {
    const rows = await adjustmentsOf(ctx.sql, { accountId: ctx.account.id }, { limit: 200 })
    // What is only proposed is not said yet.
    return rows.filter((row) => row.state === 'approved' || row.state === 'applied')
  }),

  /** Finalized invoices with their lines as CSV or JSON. */
  export: inAccount()
    .input(z.object({ window, number: number.optional(), format: z.enum(['csv', 'json']) }))
    .query(({ ctx, input }) => exportInvoices(ctx.sql, ctx.account, input)),
})
