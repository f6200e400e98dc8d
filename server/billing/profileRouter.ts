import { z } from 'zod'
import { inAccount, router } from '../trpc.ts'
import { COUNTRIES } from './country.ts'
import { editProfile } from './editProfile.ts'
import { billingProfile } from './profileSql.ts'
import { setBudget } from './setBudget.ts'
import { CAP_ACTIONS } from './spendJudge.ts'

const line = (most: number) => z.string().trim().max(most, `at most ${most} characters`)
/** An empty field is none. */
const optional = (most: number) =>
  line(most)
    .nullable()
    .transform((text) => text || null)
const amount = z
  .string()
  .trim()
  .nullable()
  .transform((text) => text?.replaceAll(',', '') || null)
  .refine((text) => text === null || /^\d{1,12}(?:\.\d{1,3})?$/.test(text), 'an amount such as 2250 or 2250.50')

const change = () => inAccount(['owner', 'admin', 'billing'], { whileHeld: true })

export const profileRouter = router({
  /** How an account is billed, who sells to it, its budget and cap. */
  get: inAccount().query(({ ctx }) => billingProfile(ctx.sql, ctx.account.id)),

  countries: inAccount().query(() => COUNTRIES),

  edit: change()
    .input(
      z.object({
        name: line(200).min(1, 'who the invoice is for'),
        address: z.array(line(200)).max(6, 'at most six lines'),
        country: optional(2).transform((code) => code?.toUpperCase() ?? null),
        taxId: optional(40),
        reference: optional(100),
        contacts: z.array(z.email('a mail address such as billing@example.org').max(254)).max(10, 'at most ten'),
      }),
    )
    .mutation(async ({ ctx, input: { account: _, ...edit } }) => {
      await editProfile(ctx, ctx.account.id, edit)
      return { account: ctx.account.name }
    }),

  /** Amounts in major units, before tax, a billing period. */
  setBudget: change()
    .input(z.object({ budget: amount, cap: amount, capAction: z.enum(CAP_ACTIONS) }))
    .mutation(async ({ ctx, input: { budget, cap, capAction } }) => {
      await setBudget(ctx, ctx.account, { budget, cap, capAction })
      return { account: ctx.account.name }
    }),
})
