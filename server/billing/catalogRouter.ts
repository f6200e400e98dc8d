import { z } from 'zod'
import { exponentOf, isDecimal } from '../money.ts'
import { admin, router } from '../trpc.ts'
import { coupons, defaultSeller, plans, taxTable, versions } from './catalogSql.ts'
import { COUNTRIES } from './country.ts'
import { archiveCoupon, createCoupon } from './coupon.ts'
import { discardDraft, publishVersion, saveDraft } from './draftVersion.ts'
import { createPlan, editPlan } from './editPlan.ts'
import { editSeller, setTaxRate } from './editSeller.ts'
import { moveToVersion } from './moveCustomers.ts'
import { previewVersion } from './previewVersion.ts'
import { terms } from './terms.ts'

const id = z.string().regex(/^\d{1,18}$/, 'an id is a number')
const key = z.string().regex(/^[a-z][a-z0-9-]{1,30}$/, 'small letters, digits and hyphens')
const name = z.string().trim().min(1, 'a name').max(80)
const description = z.string().trim().max(300)
const currency = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z]{3}$/, 'a code of ISO 4217, such as EUR')
const time = z.iso.datetime().transform((text) => new Date(text))
const country = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z]{2}$/, 'a code of ISO 3166, such as NL')
const decimal = z
  .string()
  .trim()
  .refine((text) => isDecimal(text) && !text.startsWith('-'), 'a decimal such as 12.5')
const line = (most: number) => z.string().trim().max(most)
const draft = z.object({
  plan: key,
  currency,
  interval: z.enum(['month', 'year']),
  terms,
  trialDays: z.number().int().min(0).max(365),
})

export const catalogRouter = router({
  /** Everything that is sold: plans, all their versions, coupons, the seller and its taxes. */
  get: admin.query(async ({ ctx }) => {
    const [ofPlans, ofVersions, ofCoupons, seller, taxes] = await Promise.all([
      plans(ctx.sql),
      versions(ctx.sql),
      coupons(ctx.sql),
      defaultSeller(ctx.sql),
      taxTable(ctx.sql),
    ])
    return { plans: ofPlans, versions: ofVersions, coupons: ofCoupons, seller, taxes, countries: COUNTRIES }
  }),

  createPlan: admin.input(z.object({ key, name, description })).mutation(({ ctx, input }) => createPlan(ctx, input)),
  editPlan: admin
    .input(z.object({ key, name, description, isPublic: z.boolean(), archived: z.boolean() }))
    .mutation(async ({ ctx, input }) => {
      await editPlan(ctx, input)
      return { key: input.key }
    }),

  saveDraft: admin.input(draft).mutation(({ ctx, input }) => saveDraft(ctx, input)),
  discardDraft: admin.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await discardDraft(ctx, input)
    return input
  }),
  /** What last month's invoices would have been by these terms. Changes nothing; terms are too long for an address. */
  preview: admin.input(draft).mutation(({ ctx, input }) => previewVersion(ctx.sql, input, ctx.now)),
  publish: admin.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await publishVersion(ctx, input)
    return input
  }),
  /** Moves those on older versions to this one at a time; they are told now. */
  move: admin.input(z.object({ id, at: time })).mutation(({ ctx, input }) => moveToVersion(ctx, input)),

  createCoupon: admin
    .input(
      z
        .object({
          code: z
            .string()
            .trim()
            .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{2,39}$/, 'three letters, digits, _ or -, or more'),
          name,
          percent: decimal.nullable(),
          /** In major units. */
          amount: decimal.nullable(),
          currency: currency.nullable(),
          duration: z.enum(['once', 'months', 'forever']),
          months: z.number().int().min(1).max(120).nullable(),
          mostRedemptions: z.number().int().min(1).max(1_000_000).nullable(),
          expiresAt: time.nullable(),
        })
        .transform(({ amount, ...rest }, refused) => {
          const amountMinor = minorOf(amount, rest.currency)
          if (amountMinor !== undefined) return { ...rest, amountMinor }
          const message = `at most ${exponentOf(rest.currency ?? 'EUR')} decimals in ${rest.currency}`
          refused.addIssue({ code: 'custom', path: ['amount'], message })
          return z.NEVER
        }),
    )
    .mutation(({ ctx, input }) => createCoupon(ctx, input)),
  archiveCoupon: admin.input(z.object({ code: line(40) })).mutation(async ({ ctx, input }) => {
    await archiveCoupon(ctx, input)
    return input
  }),

  editSeller: admin
    .input(
      z.object({
        name: line(200).min(1, 'who sells'),
        address: z.array(line(200)).min(1, 'an address').max(6, 'at most six lines'),
        country,
        taxId: line(40)
          .nullable()
          .transform((text) => text || null),
        email: z.email('a mail address such as billing@example.org').max(254),
        paymentDetails: line(600),
        invoicePrefix: z
          .string()
          .trim()
          .regex(/^[A-Z0-9][A-Z0-9-]{0,9}$/, 'up to ten capitals and digits'),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      await editSeller(ctx, input)
      return { name: input.name }
    }),
  setTaxRate: admin
    .input(
      z.object({
        country,
        name,
        kind: z.enum(['standard', 'reverse_charge', 'exempt']),
        percent: decimal,
        inclusive: z.boolean(),
        validFrom: time,
      }),
    )
    .mutation(async ({ ctx, input }) => {
      await setTaxRate(ctx, input)
      return { country: input.country }
    }),
})

/** A decimal in major units as minor units; undefined where it has more decimals than the currency. */
const minorOf = (amount: string | null, code: string | null): bigint | null | undefined => {
  if (amount === null) return null
  const places = exponentOf(code ?? 'EUR')
  const [whole = '0', fraction = ''] = amount.split('.')
  if (fraction.length > places) return undefined
  return BigInt(whole + fraction.padEnd(places, '0'))
}
