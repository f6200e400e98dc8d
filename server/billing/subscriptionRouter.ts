import { z } from 'zod'
import { DomainError } from '../errors.ts'
import { inAccount, router } from '../trpc.ts'
import { admitAccounts } from './admitAccounts.ts'
import { applyCoupon } from './applyCoupon.ts'
import { cancelAtPeriodEnd, cancelNow, keepSubscription, previewCancel } from './cancelSubscription.ts'
import { changePlan } from './changePlan.ts'
import { previewPlan } from './previewPlan.ts'
import { MOST_PIECES } from './quantities.ts'
import { pauseSubscription, resumeSubscription } from './pauseSubscription.ts'
import { offersFor, subscriptionView } from './subscriptionView.ts'

const id = z.string().regex(/^\d{1,18}$/, 'an id is a number')
const quantities = z.record(z.string().max(40), z.number().int().min(0).max(MOST_PIECES)).optional()
const code = z.string().trim().max(40)
const wanted = { planVersionId: id, quantities }
const time = z.iso.datetime().transform((text) => new Date(text))
const amount = z
  .string()
  .regex(/^-?\d{1,18}$/, 'an amount in minor units')
  .transform(BigInt)

const paying = (options?: { whileHeld: boolean }) => inAccount(['owner', 'admin', 'billing'], options)

export const subscriptionRouter = router({
  /** The account's plan, what it gives, and what it was before. */
  get: inAccount().query(async ({ ctx }) => {
    const accountId = ctx.account.id
    const view = await subscriptionView(ctx.sql, accountId)
    if (view) return view
    // Made just now: whoever looks first does what the job is about to do.
    await admitAccounts(ctx, { accountId: accountId.toString() })
    const admitted = await subscriptionView(ctx.sql, accountId)
    if (admitted) return admitted
    throw new DomainError(
      'UNAVAILABLE',
      'no plan can be set for this account; is the plan Free on sale in its currency?',
    )
  }),

  /** The plans it may choose from. */
  offers: inAccount()
    .input(z.object({ currency: z.string().length(3).optional() }))
    .query(({ ctx, input }) => offersFor(ctx.sql, ctx.account.id, input.currency)),

  /** What choosing a plan or quantities would cost or give back now, to the second. */
  preview: inAccount()
    .input(z.object({ ...wanted, coupon: code.optional() }))
    .query(({ ctx, input: { account: _, ...input } }) => previewPlan(ctx, { accountId: ctx.account.id, ...input })),

  /** Changes the plan; with `shown` exactly as `preview` said. From Free it starts it. */
  change: paying()
    .input(z.object({ ...wanted, coupon: code.optional(), shown: z.object({ at: time, netMinor: amount }).optional() }))
    .mutation(({ ctx, input: { account: _, ...input } }) => changePlan(ctx, { accountId: ctx.account.id, ...input })),

  previewCancel: inAccount().query(({ ctx }) => previewCancel(ctx, { accountId: ctx.account.id })),

  /** `period_end`: with what is paid for; `now`: with the unused rest given back. */
  cancel: paying({ whileHeld: true })
    .input(z.object({ when: z.enum(['period_end', 'now']) }))
    .mutation(async ({ ctx, input }) => {
      const accountId = ctx.account.id
      if (input.when === 'now') return { at: ctx.now, ...(await cancelNow(ctx, { accountId })) }
      return cancelAtPeriodEnd(ctx, { accountId })
    }),

  keep: paying({ whileHeld: true }).mutation(async ({ ctx }) => {
    await keepSubscription(ctx, { accountId: ctx.account.id })
    return { account: ctx.account.name }
  }),

  pause: paying().mutation(({ ctx }) => pauseSubscription(ctx, { accountId: ctx.account.id })),
  resume: paying().mutation(({ ctx }) => resumeSubscription(ctx, { accountId: ctx.account.id })),

  applyCoupon: paying()
    .input(z.object({ code: code.min(1, 'a coupon’s code') }))
    .mutation(async ({ ctx, input }) => {
      await applyCoupon(ctx, { accountId: ctx.account.id, code: input.code })
      return { account: ctx.account.name }
    }),
})
