import { z } from 'zod'
import { inAccount, router } from '../trpc.ts'
import { exportSpend } from './exportSpend.ts'
import { liftCap } from './setBudget.ts'
import { spendByContainer, spendOverview } from './spendView.ts'

/** A billing period by an instant within it; left out, the running one. */
const at = z.iso
  .datetime()
  .transform((text) => new Date(text))
  .optional()
const app = z.string().min(1).max(200)

export const spendRouter = router({
  /** What a period costs by app and day, beside the one before, and what it will come to; null without a plan then. */
  overview: inAccount()
    .input(z.object({ at }))
    .query(async ({ ctx, input }) => (await spendOverview(ctx.sql, ctx.account.id, ctx.now, input.at)) ?? null),

  /** What an app costs by container; null without a plan then. */
  app: inAccount()
    .input(z.object({ app, at }))
    .query(
      async ({ ctx, input }) => (await spendByContainer(ctx.sql, ctx.account.id, input.app, ctx.now, input.at)) ?? null,
    ),

  /** What each app cost a day, as CSV or JSON, in base units and minor units. */
  export: inAccount()
    .input(z.object({ at, format: z.enum(['csv', 'json']).default('csv') }))
    .query(({ ctx, input }) => exportSpend(ctx.sql, ctx.account, ctx.now, input)),

  /** Frees what a spend cap stopped, for the rest of the period. */
  liftCap: inAccount(['owner', 'admin', 'billing'], { whileHeld: true }).mutation(async ({ ctx }) => {
    await liftCap(ctx, ctx.account)
    return { account: ctx.account.name }
  }),
})
