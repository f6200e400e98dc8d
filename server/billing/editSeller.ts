import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { defaultSeller, type Seller } from './catalogSql.ts'

/** Changes who sells by default. Invoices that are finalized keep what they said. @throws NOT_FOUND */
export const editSeller = async (ctx: Context, input: Omit<Seller, 'key'>): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const before = await defaultSeller(tx)
    if (!before) throw new DomainError('NOT_FOUND', 'no legal entity sells by default')
    await tx`update legal_entity set name = ${input.name}, address = ${input.address}, country = ${input.country},
        tax_id = ${input.taxId}, email = ${input.email}, payment_details = ${input.paymentDetails},
        invoice_prefix = ${input.invoicePrefix} where key = ${before.key}`
    await audit(tx, ctx, {
      action: 'billing.legal_entity.edit',
      subject: { kind: 'legal_entity', id: before.key },
      before,
      after: input,
    })
  })
}

export type NewTaxRate = {
  country: string
  name: string
  kind: 'standard' | 'reverse_charge' | 'exempt'
  percent: string
  inclusive: boolean
  validFrom: Date
}

/**
 * Sets a country's tax from a day on; the rate that held until then ends there. Invoices that are finalized keep theirs.
 * @throws CONFLICT where a rate begins then or later already
 */
export const setTaxRate = async (ctx: Context, input: NewTaxRate): Promise<void> => {
  const { country, name, kind, percent, inclusive, validFrom } = input
  await ctx.sql.begin(async (tx) => {
    const [entity] = await tx<{ id: bigint }[]>`select id from legal_entity where is_default for update`
    if (!entity) throw new DomainError('NOT_FOUND', 'no legal entity sells by default')
    const [later] = await tx`select 1 from tax_rate where entity_id = ${entity.id} and country = ${country}
      and kind = ${kind} and valid_from >= ${validFrom}`
    if (later)
      throw new DomainError('CONFLICT', `a rate for ${country} begins then or later already`, { path: 'validFrom' })
    const [before] = await tx`update tax_rate set valid_until = ${validFrom} where entity_id = ${entity.id}
      and country = ${country} and kind = ${kind} and (valid_until is null or valid_until > ${validFrom})
      returning id, percent`
    await tx`insert into tax_rate (entity_id, country, name, kind, percent, inclusive, valid_from)
      values (${entity.id}, ${country}, ${name}, ${kind}, ${percent}, ${inclusive}, ${validFrom})`
    await audit(tx, ctx, {
      action: 'billing.tax_rate.set',
      subject: { kind: 'tax_rate', id: `${country}:${kind}` },
      before,
      after: input,
    })
  })
}
