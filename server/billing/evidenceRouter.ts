import { z } from 'zod'
import { DomainError } from '../errors.ts'
import { serverKey } from '../hosts/serverKey.ts'
import { isDecimal } from '../money.ts'
import { admin, hasRole, inAccount, open, router } from '../trpc.ts'
import { rejectDispute, upholdDispute } from './closeDispute.ts'
import { countDisputes, disputeView, listDisputes } from './disputeReads.ts'
import { invoiceCsv } from './invoiceCsv.ts'
import { invoicePdf } from './invoicePdf.ts'
import { invoiceSheet } from './invoiceSheet.ts'
import { lineHours, lineProof } from './lineProof.ts'
import { openDispute } from './openDispute.ts'
import { replayDispute } from './replayDispute.ts'
import { replayInvoice } from './replayInvoice.ts'
import { mayShowWholeReports, showWholeReports } from './reportPrivacy.ts'
import { reportProof } from './reportProof.ts'
import { sealBundle } from './sealBundle.ts'
import { BILLABLE_METERS, type BillableMeter } from './terms.ts'

const id = z
  .string()
  .regex(/^\d{1,18}$/, 'an id is a number')
  .transform(BigInt)
const number = z.string().min(1).max(60)
const position = z.number().int().min(0).max(1_000_000)
const words = z.string().trim().min(5, 'say it in a few words').max(4_000)

const disputes = router({
  list: admin
    .input(
      z.object({
        state: z.enum(['open', 'closed']).default('open'),
        limit: z.number().int().min(1).max(200).default(100),
      }),
    )
    .query(({ ctx, input }) => listDisputes(ctx.sql, input)),
  counts: admin.query(({ ctx }) => countDisputes(ctx.sql)),
  get: admin
    .input(z.object({ accountName: z.string().max(64), id }))
    .query(({ ctx, input }) => disputeView(ctx.sql, input.accountName, input.id)),
  /** Computes the invoice with corrected inputs beside the original; nothing but the dispute changes. */
  replay: admin
    .input(
      z.object({
        accountId: id,
        id,
        why: words,
        usage: z
          .array(
            z.object({
              fromHour: z.number().int(),
              app: z.string().max(200),
              meter: z.enum(BILLABLE_METERS as [BillableMeter, ...BillableMeter[]]),
              /** Base units. */
              quantity: z
                .string()
                .regex(/^\d{1,30}$/, 'a whole number of base units')
                .transform(BigInt),
            }),
          )
          .max(200)
          .default([]),
        prices: z
          .array(
            z.object({
              key: z.string().max(40),
              unitAmount: z
                .string()
                .refine((text) => isDecimal(text) && !text.startsWith('-'), 'a decimal such as 0.0180'),
            }),
          )
          .max(40)
          .default([]),
      }),
    )
    .mutation(({ ctx, input }) =>
      replayDispute(ctx, {
        accountId: input.accountId,
        disputeId: input.id,
        why: input.why,
        correction: { usage: input.usage, prices: input.prices },
      }),
    ),
  uphold: admin
    .input(
      z.object({
        accountId: id,
        id,
        answer: words,
        settlement: z.discriminatedUnion('by', [
          z.object({ by: z.literal('adjustment') }),
          z.object({ by: z.literal('credit_note'), settledAs: z.enum(['open_balance', 'credit', 'refund']) }),
        ]),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { accountId, answer, settlement } = input
      await upholdDispute(ctx, { accountId, disputeId: input.id, answer, settlement })
      return { id: input.id }
    }),
  reject: admin.input(z.object({ accountId: id, id, answer: words })).mutation(async ({ ctx, input }) => {
    await rejectDispute(ctx, { accountId: input.accountId, disputeId: input.id, answer: input.answer })
    return { id: input.id }
  }),
})

/** What proves an invoice: a line down to its signed reports, files to keep, questions about lines. */
export const evidenceRouter = router({
  /** The key that signs evidence bundles: raw Ed25519, base64. */
  key: open.query(async ({ ctx }) => ({ publicKey: (await serverKey(ctx)).publicKey })),

  /** A finalized invoice with everything its page shows: lines, money, credit notes, questions. */
  sheet: inAccount()
    .input(z.object({ number }))
    .query(({ ctx, input }) => invoiceSheet(ctx.sql, ctx.account, input.number, ctx.now)),
  /** Everything behind one line. */
  line: inAccount()
    .input(z.object({ number, position }))
    .query(({ ctx, input }) => lineProof(ctx.sql, ctx.account, input.number, input.position)),
  /** The line's hours as they are known now. */
  hours: inAccount()
    .input(z.object({ number, position }))
    .query(({ ctx, input }) => lineHours(ctx.sql, ctx.account, input.number, input.position)),
  /** One signed report behind it: signature, digest, the account's own rows. */
  report: inAccount()
    .input(
      z.object({
        number,
        hostId: z.number().int().positive(),
        seq: z.number().int().positive(),
        epoch: z.number().int().optional(),
      }),
    )
    .query(({ ctx, input }) => reportProof(ctx.sql, ctx.account, input.number, input)),

  /** All that proves an invoice, as one signed file. `whole`, with reports that name others' containers, is for admins. */
  bundle: inAccount()
    .input(z.object({ number, whole: z.boolean().default(false) }))
    .query(async ({ ctx, input }) => {
      if (input.whole && !hasRole(ctx.actor, 'admin'))
        throw new DomainError('FORBIDDEN', 'reports that name others’ containers are for admins', { path: 'whole' })
      const file = await sealBundle(ctx, ctx.account, input.number, { isWhole: input.whole })
      return { contentType: 'application/json', ...file }
    }),
  pdf: inAccount()
    .input(z.object({ number }))
    .query(async ({ ctx, input }) => {
      const invoice = await invoiceSheet(ctx.sql, ctx.account, input.number, ctx.now)
      const link = `${ctx.env.publicUrl}/${ctx.account.name}/invoices/${encodeURIComponent(input.number)}`
      const base64 = (await invoicePdf(invoice, link)).toString('base64')
      return { fileName: `${input.number}.pdf`, contentType: 'application/pdf', base64 }
    }),
  csv: inAccount()
    .input(z.object({ number }))
    .query(async ({ ctx, input }) => ({
      fileName: `${input.number}.csv`,
      contentType: 'text/csv; charset=utf-8',
      text: invoiceCsv(await invoiceSheet(ctx.sql, ctx.account, input.number, ctx.now)),
    })),

  /** Computes the invoice anew from what was stored with it. */
  replay: inAccount()
    .input(z.object({ number }))
    .query(async ({ ctx, input }) => {
      const { digest, given, isSame } = await replayInvoice(ctx.sql, ctx.account.id, input)
      return { digest, given, isSame }
    }),

  /** Asks about a line, or the whole invoice. */
  ask: inAccount(['owner', 'admin', 'billing'], { whileHeld: true })
    .input(z.object({ number, position: position.nullable().default(null), question: words }))
    .mutation(({ ctx, input }) => openDispute(ctx, ctx.account, input)),

  /** Whether customers' bundles hold reports that name others' containers whole. */
  wholeReports: admin.query(async ({ ctx }) => ({ isWhole: await mayShowWholeReports(ctx.sql) })),
  setWholeReports: admin.input(z.object({ isWhole: z.boolean() })).mutation(async ({ ctx, input }) => {
    await showWholeReports(ctx, input.isWhole)
    return input
  }),
  disputes,
})
