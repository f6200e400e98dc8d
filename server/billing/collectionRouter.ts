import { z } from 'zod'
import { accountNamed } from '../accounts/named.ts'
import { admin, router } from '../trpc.ts'
import { amountIn } from './amount.ts'
import { decideAdjustment, proposeAdjustment } from './adjust.ts'
import { markUncollectible, voidInvoice } from './closeInvoice.ts'
import { creditNote } from './creditNote.ts'
import { creditsOf } from './creditSql.ts'
import { finalizeInvoice } from './finalizeInvoice.ts'
import { grantCredit } from './grantCredit.ts'
import { invoiceView } from './invoiceView.ts'
import { profileCurrency } from './profileCurrency.ts'
import { recordPayment } from './recordPayment.ts'
import { chargeback, refund } from './refund.ts'
import { refundCredit } from './refundCredit.ts'
import { ADJUSTMENT_STATES, adjustmentsOf, allInvoices, collectionTotals, INVOICE_FILTERS } from './sql.ts'

const id = z
  .string()
  .regex(/^\d{1,18}$/, 'an id is a number')
  .transform(BigInt)
const account = z.string().trim().min(1, 'an account').max(64)
const amount = z.string().trim().min(1, 'an amount').max(24)
const why = z.string().trim().min(3, 'say why').max(500)
/** Made once where a form opens: sent twice it is one. */
const key = z.string().regex(/^[\w:.-]{8,80}$/, 'a key of 8 to 80 characters')
const time = z.iso.datetime().transform((text) => new Date(text))
const limit = z.number().int().min(1).max(200).default(50)
const cursor = z
  .string()
  .regex(/^\d{1,15}\.\d{1,18}$/, 'a cursor that a page gave')
  .transform((text) => {
    const [at = '0', of = '0'] = text.split('.')
    return { at: new Date(Number(at)), id: BigInt(of) }
  })
const invoice = { account, invoiceId: id }
const money = z.object({
  ...invoice,
  amount,
  method: z.enum(['transfer', 'card', 'other']),
  reference: z.string().trim().max(200),
  receivedAt: time,
})

/** The fact of a transfer: recorded again, by whomever, it is the same one. */
const moneyKey = (input: { method: string; receivedAt: Date; reference: string }, minor: bigint) =>
  `by-hand:${input.method}:${input.receivedAt.toISOString().slice(0, 10)}:${minor}:${input.reference}`

export const collectionRouter = router({
  /** Invoices of all accounts. */
  invoices: admin
    .input(
      z.object({
        state: z.enum(INVOICE_FILTERS).default('all'),
        text: z.string().trim().max(100).optional(),
        account: account.optional(),
        cursor: cursor.optional(),
        limit,
      }),
    )
    .query(async ({ ctx, input }) => {
      const page = { after: input.cursor, limit: input.limit + 1 }
      const rows = await allInvoices(ctx.sql, ctx.now, input, page)
      const shown = rows.slice(0, input.limit)
      const last = rows.length > input.limit ? shown.at(-1) : undefined
      return { rows: shown, nextCursor: last ? `${last.place.getTime()}.${last.id}` : null }
    }),

  /** What is open and past due by currency, and what waits for somebody. */
  totals: admin.query(({ ctx }) => collectionTotals(ctx.sql, ctx.now)),

  /** One invoice with its lines and what happened since, and the account's credit. */
  invoice: admin.input(z.object(invoice)).query(async ({ ctx, input }) => {
    const { id: accountId } = await accountNamed(ctx.sql, input.account)
    const [view, credits] = await Promise.all([
      invoiceView(ctx.sql, accountId, { id: input.invoiceId }, ctx.now),
      creditsOf(ctx.sql, accountId),
    ])
    return { ...view, credits }
  }),

  /** Finalizes a draft without waiting for its hosts any longer. */
  finalize: admin.input(z.object(invoice)).mutation(async ({ ctx, input }) => {
    const { id: accountId } = await accountNamed(ctx.sql, input.account)
    return finalizeInvoice(ctx, { accountId, invoiceId: input.invoiceId })
  }),

  recordPayment: admin.input(money).mutation(async ({ ctx, input }) => {
    const { ref, minor } = await moneyOf(ctx, input)
    return recordPayment(ctx, { ...input, ...ref, amountMinor: minor, key: moneyKey(input, minor) })
  }),
  refund: admin.input(money).mutation(async ({ ctx, input }) => {
    const { ref, minor } = await moneyOf(ctx, input)
    return refund(ctx, { ...input, ...ref, amountMinor: minor, key: `back:${moneyKey(input, minor)}` })
  }),
  chargeback: admin.input(money).mutation(async ({ ctx, input }) => {
    const { ref, minor } = await moneyOf(ctx, input)
    return chargeback(ctx, { ...input, ...ref, amountMinor: minor, key: `taken:${moneyKey(input, minor)}` })
  }),

  creditNote: admin
    .input(
      z.object({
        ...invoice,
        key,
        reason: why,
        lines: z
          .array(
            z.object({
              position: z.number().int().min(1).nullable(),
              description: z.string().trim().min(1).max(200),
              amount,
            }),
          )
          .min(1, 'a line')
          .max(200),
        settledAs: z.enum(['open_balance', 'credit', 'refund']),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { id: accountId } = await accountNamed(ctx.sql, input.account)
      const { currency } = await profileCurrency(ctx.sql, accountId, input.invoiceId)
      const lines = input.lines.map(({ amount: text, ...line }, i) => ({
        ...line,
        amountMinor: amountIn(text, currency, `lines.${i}.amount`),
      }))
      return creditNote(ctx, { ...input, accountId, lines })
    }),

  void: admin.input(z.object({ ...invoice, reason: why })).mutation(async ({ ctx, input }) => {
    const { id: accountId } = await accountNamed(ctx.sql, input.account)
    await voidInvoice(ctx, { ...input, accountId })
    return { invoiceId: input.invoiceId }
  }),
  /** `liftHold` also lifts the billing hold that stands for it; else it stays until it is paid. */
  writeOff: admin
    .input(z.object({ ...invoice, reason: why, liftHold: z.boolean().default(false) }))
    .mutation(async ({ ctx, input }) => {
      const { id: accountId } = await accountNamed(ctx.sql, input.account)
      await markUncollectible(ctx, { ...input, accountId })
      return { invoiceId: input.invoiceId }
    }),

  credits: admin.input(z.object({ account })).query(async ({ ctx, input }) => {
    const { id: accountId } = await accountNamed(ctx.sql, input.account)
    return creditsOf(ctx.sql, accountId)
  }),
  grantCredit: admin
    .input(
      z.object({
        account,
        key,
        kind: z.enum(['prepaid', 'promotional']),
        amount,
        reason: why,
        priority: z.number().int().min(0).max(1_000).default(100),
        expiresAt: time.nullable(),
        paid: z
          .object({
            method: z.enum(['transfer', 'card', 'other']),
            reference: z.string().trim().max(200),
            receivedAt: time,
          })
          .nullable(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { id: accountId } = await accountNamed(ctx.sql, input.account)
      const { currency } = await profileCurrency(ctx.sql, accountId)
      return grantCredit(ctx, { ...input, accountId, amountMinor: amountIn(input.amount, currency, 'amount') })
    }),

  /** Prepaid credit that is left goes back as money. */
  refundCredit: admin
    .input(
      z.object({
        account,
        grantId: id,
        amount,
        method: z.enum(['transfer', 'card', 'other']),
        reference: z.string().trim().max(200),
        receivedAt: time,
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { id: accountId } = await accountNamed(ctx.sql, input.account)
      const { currency } = await profileCurrency(ctx.sql, accountId)
      const minor = amountIn(input.amount, currency, 'amount')
      const key = `credit:${input.grantId}:${moneyKey(input, minor)}`
      return refundCredit(ctx, { ...input, accountId, amountMinor: minor, key })
    }),

  adjustments: router({
    list: admin
      .input(
        z.object({
          state: z.enum(ADJUSTMENT_STATES).optional(),
          account: account.optional(),
          cursor: id.optional(),
          limit,
        }),
      )
      .query(async ({ ctx, input }) => {
        const rows = await adjustmentsOf(ctx.sql, input, { before: input.cursor, limit: input.limit + 1 })
        const shown = rows.slice(0, input.limit)
        return { rows: shown, nextCursor: rows.length > input.limit ? String(shown.at(-1)!.id) : null }
      }),
    propose: admin
      .input(
        z.object({
          account,
          key,
          description: z.string().trim().min(3, 'what the customer reads').max(200),
          /** Negative is in the customer's favour. */
          amount,
          from: time,
          to: time,
          reason: why,
        }),
      )
      .mutation(async ({ ctx, input }) => {
        const { id: accountId } = await accountNamed(ctx.sql, input.account)
        const { currency } = await profileCurrency(ctx.sql, accountId)
        return proposeAdjustment(ctx, {
          accountId,
          kind: 'manual',
          key: input.key,
          description: input.description,
          amountMinor: amountIn(input.amount, currency, 'amount'),
          service: { start: input.from, end: input.to },
          evidence: { reason: input.reason },
        })
      }),
    decide: admin
      .input(z.object({ account, adjustmentId: id, approve: z.boolean(), decision: why }))
      .mutation(async ({ ctx, input }) => {
        const { id: accountId } = await accountNamed(ctx.sql, input.account)
        await decideAdjustment(ctx, { ...input, accountId })
        return { adjustmentId: input.adjustmentId }
      }),
  }),
})

const moneyOf = async (
  ctx: { sql: Parameters<typeof accountNamed>[0] },
  input: { account: string; invoiceId: bigint; amount: string },
) => {
  const { id: accountId } = await accountNamed(ctx.sql, input.account)
  const { currency } = await profileCurrency(ctx.sql, accountId, input.invoiceId)
  const ref = { accountId, invoiceId: input.invoiceId }
  return { ref, minor: amountIn(input.amount, currency, 'amount') }
}
