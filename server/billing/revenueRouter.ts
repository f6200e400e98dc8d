import { z } from 'zod'
import { accountNamed } from '../accounts/named.ts'
import { admin, router } from '../trpc.ts'
import { importCustomers } from './importCustomers.ts'
import { shadowBill } from './shadow.ts'
import { balancesOf, LIFE_KINDS, lifeOf } from './lifeSql.ts'
import { addMonths } from './period.ts'
import { recurringByPlan } from './recurring.ts'
import { alikeSubscriptions, bookTotals, invoicedByMonth } from './revenueSql.ts'
import { collectionTotals } from './sql.ts'
import { termsOfAccount } from './subscriptionSql.ts'

const kinds = z.array(z.enum(LIFE_KINDS)).min(1)
const MONTHS = 12
/** Characters of a file; what is sent over HTTP is bounded too. */
const MOST_TEXT = 4_000_000
const time = z.iso.datetime().transform((text) => new Date(text))

export const revenueRouter = router({
  /** Recurring revenue a plan, what was invoiced in the last twelve months and this one, what is owed and given. */
  overview: admin.query(async ({ ctx }) => {
    const thisMonth = new Date(Date.UTC(ctx.now.getUTCFullYear(), ctx.now.getUTCMonth(), 1))
    const [subscriptions, months, books, { totals }] = await Promise.all([
      alikeSubscriptions(ctx.sql),
      invoicedByMonth(ctx.sql, addMonths(thisMonth, -MONTHS), ctx.now),
      bookTotals(ctx.sql),
      collectionTotals(ctx.sql, ctx.now),
    ])
    const all = Array.from({ length: MONTHS + 1 }, (_, i) => addMonths(thisMonth, i - MONTHS))
    return { plans: recurringByPlan(subscriptions), calendar: all, months, books: [...books], owed: totals }
  }),

  /** An account's whole billing life, newest first. */
  life: admin
    .input(
      z.object({
        account: z.string().trim().min(1, 'an account').max(64),
        kinds: kinds.default(LIFE_KINDS.filter((kind) => kind !== 'audit')),
        skip: z.number().int().min(0).max(100_000).default(0),
        limit: z.number().int().min(1).max(200).default(100),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { id, name } = await accountNamed(ctx.sql, input.account)
      const [rows, balances, terms] = await Promise.all([
        lifeOf(ctx.sql, id, { kinds: input.kinds, skip: input.skip, limit: input.limit + 1 }),
        balancesOf(ctx.sql, id),
        termsOfAccount(ctx.sql, id, 1),
      ])
      const shown = rows.slice(0, input.limit)
      const nextSkip = rows.length > input.limit ? input.skip + input.limit : null
      return { account: name, rows: shown, nextSkip, balances: [...balances], plan: terms[0] ?? null }
    }),

  /** Customers of another system: without `apply` what would happen, with the line of each fault. */
  import: admin
    .input(z.object({ text: z.string().min(1, 'a file').max(MOST_TEXT), apply: z.boolean() }))
    .mutation(({ ctx, input }) => importCustomers(ctx, input)),

  /** A past period rated here beside the lines of the old bill. Changes nothing. */
  shadow: admin
    .input(
      z.object({
        account: z.string().trim().min(1, 'an account').max(64),
        from: time,
        to: time,
        text: z.string().min(1, 'a file').max(MOST_TEXT),
        plan: z
          .object({
            key: z.string().trim().min(1, 'a plan').max(40),
            currency: z.string().regex(/^[A-Z]{3}$/, 'a currency such as EUR'),
            interval: z.enum(['month', 'year']).default('month'),
            quantities: z.record(z.string(), z.number().int().min(0)).default({}),
          })
          .optional(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { id } = await accountNamed(ctx.sql, input.account)
      const period = { start: input.from, end: input.to }
      return shadowBill(ctx, { accountId: id, period, text: input.text, plan: input.plan })
    }),
})
