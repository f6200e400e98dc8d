import { audit } from '../../audit.ts'
import type { Context } from '../../context.ts'
import { reopenCall } from './calls.ts'

/** Has a call made again that Stripe refused, once its reason is gone. @throws NOT_FOUND */
export const retryCall = async (ctx: Context, callId: bigint): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    await reopenCall(tx, ctx, callId)
    await audit(tx, ctx, { action: 'billing.stripe.retry', subject: { kind: 'stripe_call', id: callId } })
  })
}
