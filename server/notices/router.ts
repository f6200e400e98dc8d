import { z } from 'zod'
import { describe } from '../accounts/me.ts'
import { userIdOf, type Actor, type Context } from '../context.ts'
import { hasRole, inAccount, operator, router, signedIn } from '../trpc.ts'
import { markRead } from './markRead.ts'
import { webhookRouter } from './webhookRouter.ts'
import { noticesFor, outbox, unreadCount, type Reach } from './sql.ts'

const page = {
  cursor: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional(),
  limit: z.number().int().min(1).max(200).default(50),
}

/** Everything this person is told: of their accounts and, for operators, of the platform. */
const reachOf = async (ctx: Context & { actor: Actor }): Promise<Reach> => {
  const { accounts } = await describe(ctx, ctx.actor)
  const operates = ctx.actor.kind !== 'token' || ctx.actor.scopes.includes('operate')
  return {
    userId: userIdOf(ctx.actor),
    accountIds: accounts.map((account) => account.id),
    operators: operates && hasRole(ctx.actor, 'operator'),
  }
}

const cut = <T extends { id: bigint }>(rows: T[], limit: number) => ({
  rows: rows.slice(0, limit),
  nextCursor: rows.length > limit ? rows[limit - 1]?.id.toString() : undefined,
})

const before = (cursor: string | undefined) => (cursor === undefined ? undefined : BigInt(cursor))

export const noticesRouter = router({
  /** Where an account wants events posted, and what was. */
  webhooks: webhookRouter,
  /** Mine, newest first, with how many are unread. */
  mine: signedIn
    .input(z.object({ ...page, unread: z.boolean().default(false) }).default({ limit: 50, unread: false }))
    .query(async ({ ctx, input }) => {
      const reach = await reachOf(ctx)
      const [rows, unread] = await Promise.all([
        noticesFor(ctx.sql, reach, { before: before(input.cursor), limit: input.limit + 1, unread: input.unread }),
        unreadCount(ctx.sql, reach),
      ])
      return { ...cut(rows, input.limit), unread }
    }),
  /** One account's. */
  ofAccount: inAccount()
    .input(z.object(page))
    .query(async ({ ctx, input }) => {
      const reach = { userId: userIdOf(ctx.actor), accountIds: [ctx.account.id], operators: false }
      return cut(
        await noticesFor(ctx.sql, reach, { before: before(input.cursor), limit: input.limit + 1 }),
        input.limit,
      )
    }),
  /** The operators'. */
  ofOperators: operator.input(z.object(page).default({ limit: 50 })).query(async ({ ctx, input }) => {
    const reach = { userId: userIdOf(ctx.actor), accountIds: [], operators: true }
    return cut(await noticesFor(ctx.sql, reach, { before: before(input.cursor), limit: input.limit + 1 }), input.limit)
  }),
  /** Marks mine as read: those named, or all up to now. */
  markRead: signedIn
    .input(
      z.object({
        ids: z
          .array(z.string().regex(/^\d{1,18}$/))
          .max(200)
          .optional(),
      }),
    )
    .mutation(async ({ ctx, input }) => markRead(ctx, await reachOf(ctx), input.ids)),
  /** Every mail, sent or waiting. Links in it open accounts, so only operators read it. */
  outbox: operator
    .input(
      z
        .object({ ...page, unsent: z.boolean().default(false), search: z.string().max(200).optional() })
        .default({ limit: 50, unsent: false }),
    )
    .query(async ({ ctx, input }) => {
      const { cursor, limit, unsent, search } = input
      const rows = await outbox(ctx.sql, { before: before(cursor), limit: limit + 1, unsent, search })
      return { ...cut(rows, limit), smtp: ctx.env.SMTP_URL !== undefined }
    }),
})
