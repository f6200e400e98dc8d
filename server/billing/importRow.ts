import { z } from 'zod'

const time = z.union([
  z.iso.date().transform((text) => new Date(`${text}T00:00:00Z`)),
  z.iso.datetime().transform((text) => new Date(text)),
])
const many = z.union([
  z.array(z.string()),
  z.string().transform((text) =>
    text
      .split(';')
      .map((one) => one.trim())
      .filter(Boolean),
  ),
])
const quantities = z.union([
  z.record(z.string(), z.number().int().min(0)),
  z
    .string()
    .regex(/^[a-z_0-9]+=\d{1,6}(;[a-z_0-9]+=\d{1,6})*$/, 'key=number;key=number')
    .transform((text) =>
      Object.fromEntries(text.split(';').map((pair) => [pair.split('=')[0]!, Number(pair.split('=')[1])])),
    ),
])
const text = (most: number) => z.string().trim().min(1).max(most)
const amount = z.union([z.string(), z.number().transform(String)]).pipe(z.string().trim().max(24))

/**
 * A customer as another billing system knows it. `id` is its own there: imported again it is the same. Lists in CSV are
 * parted by semicolons.
 */
export const importRow = z
  .strictObject({
    id: text(100),
    /** The account here; where there is none it is made, for `owner_email`. */
    account: text(64),
    name: text(200),
    owner_email: z.email().optional(),
    address: many.default([]),
    country: z.string().trim().length(2).optional(),
    tax_id: text(40).optional(),
    reference: text(200).optional(),
    contacts: many.pipe(z.array(z.email()).max(20)).default([]),
    currency: z.string().regex(/^[A-Z]{3}$/, 'a currency such as EUR'),
    plan: text(40).optional(),
    interval: z.enum(['month', 'year']).default('month'),
    quantities: quantities.default({}),
    /** The instant its months are counted from; what runs then was paid in the other system. */
    anchor: time.optional(),
    /** What is still to be billed, in major units and before tax: a line of the next invoice. */
    owed: amount.optional(),
    /** Money of the customer's that is left there, in major units: prepaid credit here. */
    credit: amount.optional(),
  })
  .refine((row) => row.plan === undefined || row.anchor !== undefined, {
    message: 'with a plan: when its months are counted from',
    path: ['anchor'],
  })
export type ImportRow = z.infer<typeof importRow>
