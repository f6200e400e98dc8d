import { z } from 'zod'
import { DomainError } from '../errors.ts'
import { admin, inAccount, router } from '../trpc.ts'
import { isStandIn, stripeOf } from './stripe/client.ts'
import { compare } from './stripe/compare.ts'
import { correctInvoice } from './stripe/correctInvoice.ts'
import { followCheckout } from './stripe/followCheckout.ts'
import { openCheckout, openPortal } from './stripe/openCheckout.ts'
import { replayEvent } from './stripe/followEvent.ts'
import { retryCall } from './stripe/retryCall.ts'
import { drifts, events, outstandingCalls, stripeCounts } from './stripeSql.ts'

const paying = () => inAccount(['owner', 'admin', 'billing'], { whileHeld: true })
const id = z.string().regex(/^\d{1,18}$/, 'an id is a number')
const limit = z.number().int().min(1).max(200).default(100)
const quantities = z.record(z.string().max(40), z.number().int().min(0).max(1_000_000)).optional()

export const stripeRouter = router({
  /** Whether cards are taken here, and whether by a stand-in. */
  setting: inAccount().query(({ ctx }) => ({
    takesCards: stripeOf(ctx.env) !== undefined,
    isStandIn: isStandIn(ctx.env),
  })),

  /**
   * Where to send the customer to give a card; with `plan` to begin it with that. `mode` says which it became: `subscription`
   * is paid there, `setup` takes the card and is billed by us.
   */
  checkout: paying()
    .input(
      z.object({ plan: z.object({ planVersionId: id, quantities, coupon: z.string().max(40).optional() }).optional() }),
    )
    .mutation(({ ctx, input }) => openCheckout(ctx, ctx.account, input.plan)),

  /** Takes notice of a Checkout that the customer comes back from, before its webhook does. */
  returned: paying()
    .input(z.object({ session: z.string().regex(/^cs_[\w]{1,200}$/, 'a Checkout session') }))
    .mutation(async ({ ctx, input }) => {
      await followCheckout(ctx, input.session, ctx.account.id)
      return { account: ctx.account.name }
    }),

  /** Where to send the customer to change the card. */
  portal: paying().mutation(({ ctx }) => openPortal(ctx, ctx.account)),

  overview: admin.query(async ({ ctx }) => ({
    takesCards: stripeOf(ctx.env) !== undefined,
    isStandIn: isStandIn(ctx.env),
    isTest: ctx.env.STRIPE_SECRET_KEY?.includes('_test_') ?? false,
    takesWebhooks: ctx.env.STRIPE_WEBHOOK_SECRET !== undefined,
    ...(await stripeCounts(ctx.sql)),
  })),

  drifts: admin.input(z.object({ limit })).query(({ ctx, input }) => drifts(ctx.sql, input.limit)),
  events: admin
    .input(z.object({ all: z.boolean().default(false), limit }))
    .query(({ ctx, input }) => events(ctx.sql, input)),
  calls: admin.input(z.object({ limit })).query(({ ctx, input }) => outstandingCalls(ctx.sql, input.limit)),

  /** Compares with Stripe now. */
  compare: admin.mutation(({ ctx }) => compare(ctx)),

  /** Acts on a webhook again, by what its object says now. */
  replay: admin.input(z.object({ event: z.string().max(200) })).mutation(async ({ ctx, input }) => {
    if (!(await replayEvent(ctx, input.event))) throw new DomainError('NOT_FOUND', `no event ${input.event}`)
    return { event: input.event }
  }),

  /** Makes a call again that Stripe refused. */
  retry: admin.input(z.object({ call: id })).mutation(async ({ ctx, input }) => {
    await retryCall(ctx, BigInt(input.call))
    return { call: input.call }
  }),

  /** Brings an invoice that was stopped for its total to ours by a line that says so, and finalizes it. */
  correct: admin
    .input(z.object({ invoice: z.string().max(200), reason: z.string().trim().min(1, 'why').max(200) }))
    .mutation(({ ctx, input }) => correctInvoice(ctx, input)),
})
