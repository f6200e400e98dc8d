import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { digestOf } from './canonical.ts'
import { SEED_ENTITY, SEED_PLANS, SEED_TAXES, type SeedPlan } from './seed.ts'
import { terms } from './terms.ts'

/**
 * Makes the plans, the legal entity and the tax table that an installation starts with. What is there stays as it is:
 * a plan that has a version in a currency and interval gets no other. Harmless to repeat and to run twice at once.
 */
export const seedCatalog = async (ctx: Context): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended('billing.seed_catalog', 0))`
    await seedEntity(tx, ctx)
    for (const [position, plan] of SEED_PLANS.entries()) await seedPlan(tx, ctx, plan, position)
  })
}

const seedEntity = async (tx: Tx, ctx: Context) => {
  const { key, name, address, country, taxId, email, paymentDetails, invoicePrefix } = SEED_ENTITY
  const [made] = await tx<{ id: bigint }[]>`insert into legal_entity (key, name, address, country, tax_id, email,
      payment_details, invoice_prefix, is_default)
    select ${key}, ${name}, ${address}, ${country}, ${taxId}, ${email}, ${paymentDetails}, ${invoicePrefix}, true
    where not exists (select from legal_entity) returning id`
  if (!made) return
  for (const tax of SEED_TAXES) {
    await tx`insert into tax_rate (entity_id, country, name, kind, percent, inclusive, valid_from, valid_until)
      values (${made.id}, ${tax.country}, ${tax.name}, ${tax.kind}, ${tax.percent}, false, ${tax.validFrom},
        ${tax.validUntil})`
  }
  await audit(tx, ctx, {
    action: 'billing.legal_entity.create',
    subject: { kind: 'legal_entity', id: key },
    after: SEED_ENTITY,
  })
}

const seedPlan = async (tx: Tx, ctx: Context, plan: SeedPlan, position: number) => {
  await tx`insert into plan (key, name, description, position)
    values (${plan.key}, ${plan.name}, ${plan.description}, ${position}) on conflict (key) do nothing`
  const [row] = await tx<{ id: bigint }[]>`select id from plan where key = ${plan.key} and archived_at is null`
  if (!row) return
  for (const version of plan.versions) {
    const said = terms.parse(version.terms)
    const [made] = await tx`insert into plan_version (plan_id, currency, interval, version, terms, trial_days,
        created_by, created_at, published_at, digest)
      select ${row.id}, ${version.currency}, ${version.interval}, 1, ${JSON.stringify(said)}::text::jsonb,
        ${version.trialDays}, 'default', ${ctx.now}, ${ctx.now}, ${digestOf(said)}
      where not exists (select from plan_version where plan_id = ${row.id} and currency = ${version.currency}
        and interval = ${version.interval}) returning id`
    if (!made) continue
    await audit(tx, ctx, {
      action: 'billing.plan_version.publish',
      subject: { kind: 'plan_version', id: made['id'] as bigint },
      after: { plan: plan.key, currency: version.currency, interval: version.interval, version: 1, terms: said },
    })
  }
}
