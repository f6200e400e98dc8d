import { z } from 'zod'
import { inAccount, router } from '../trpc.ts'
import { addWebhook, removeWebhook, replayDelivery, rotateSecret, testWebhook, turnOn } from './changeWebhook.ts'
import { EVENTS, eventType } from './events.ts'
import { deliveriesOf, webhooksOf } from './webhookSql.ts'

const id = z
  .string()
  .regex(/^\d{1,18}$/, 'an id is a number')
  .transform(BigInt)
const one = z.object({ endpointId: id })
const keepers = inAccount(['owner', 'admin'])

export const webhookRouter = router({
  /** Endpoints, and the events there are with what each says. */
  list: inAccount().query(async ({ ctx }) => ({
    rows: await webhooksOf(ctx.sql, ctx.account.id, ctx.now),
    events: Object.entries(EVENTS).map(([type, says]) => ({ type, says })),
  })),
  /** What was sent or waits, newest first, with its body. */
  deliveries: inAccount()
    .input(
      z.object({
        endpointId: id.optional(),
        cursor: id.optional(),
        limit: z.number().int().min(1).max(100).default(25),
      }),
    )
    .query(async ({ ctx, input }) => {
      const of = { accountId: ctx.account.id, endpointId: input.endpointId }
      const rows = await deliveriesOf(ctx.sql, of, { before: input.cursor, limit: input.limit + 1 })
      const shown = rows.slice(0, input.limit)
      return { rows: shown, nextCursor: rows.length > input.limit ? String(shown.at(-1)!.id) : null }
    }),
  /** The answer has the secret, which nobody can read again. */
  add: keepers
    .input(
      z.object({
        url: z.string().trim().min(1, 'a URL').max(2_000),
        types: z
          .array(eventType)
          .min(1, 'one event at least')
          .transform((types) => [...new Set(types)]),
        subject: z.string().trim().min(1).max(200).optional(),
      }),
    )
    .mutation(({ ctx, input }) => addWebhook(ctx, { ...input, accountId: ctx.account.id })),
  remove: keepers.input(one).mutation(async ({ ctx, input }) => {
    await removeWebhook(ctx, { ...input, accountId: ctx.account.id })
    return input
  }),
  /** A new secret; for a day the old one signs too. */
  rotate: keepers.input(one).mutation(({ ctx, input }) => rotateSecret(ctx, { ...input, accountId: ctx.account.id })),
  turnOn: keepers.input(one).mutation(async ({ ctx, input }) => {
    await turnOn(ctx, { ...input, accountId: ctx.account.id })
    return input
  }),
  test: keepers
    .input(one)
    .mutation(({ ctx, input }) => testWebhook(ctx, { ...input, accountId: ctx.account.id, account: ctx.account.name })),
  sendAgain: keepers.input(one.extend({ deliveryId: id })).mutation(async ({ ctx, input }) => {
    await replayDelivery(ctx, { ...input, accountId: ctx.account.id })
    return input
  }),
})
