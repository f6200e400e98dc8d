import type { Pool } from '#db/client.ts'
import { digestOf } from '#server/billing/canonical.ts'
import { seedCatalog } from '#server/billing/seedCatalog.ts'
import { terms, type Price } from '#server/billing/terms.ts'
import type { Context } from '#server/context.ts'
import type { Offer } from '../../billing/expected.ts'
import { SIM_PLANS } from './plans.ts'
import { COUPONS, type Customer } from './script.ts'

const priceOf = (price: Offer['prices'][number]): Price =>
  ({ name: price.key, ...(price.model === 'licensed' ? { unit: 'repository' } : {}), ...price }) as Price

const publish = async (sql: Pool, planId: bigint, offer: Omit<Offer, 'id'>): Promise<string> => {
  const said = terms.parse({
    prices: offer.prices.map(priceOf),
    minimum: offer.minimum,
    entitlements: { private_repositories: 1 },
    promise: [],
  })
  const [row] = await sql<
    { id: bigint }[]
  >`insert into plan_version (plan_id, currency, interval, version, terms, trial_days,
      created_by, published_at, digest)
    values (${planId}, ${offer.currency}, ${offer.interval}, 1, ${JSON.stringify(said)}::text::jsonb, ${offer.trialDays},
      'sim', now(), ${digestOf(said)}) returning id`
  return String(row!.id)
}

/** Ids in the store: of plan versions by plan, of accounts by customer. */
export type Stage = { versions: Map<string, string>; accounts: Map<string, bigint> }

/** Puts plans, coupons, customers and their billing profiles into an empty store. */
export const setStage = async (ctx: Context, customers: readonly Customer[]): Promise<Stage> => {
  const { sql } = ctx
  await seedCatalog(ctx)
  const free = { interval: 'month' as const, prices: [], minimum: null, trialDays: 0 }
  const [freePlan] = await sql<{ id: bigint }[]>`select id from plan where key = 'free'`
  for (const currency of ['JPY', 'BHD']) await publish(sql, freePlan!.id, { ...free, currency })
  const versions = new Map<string, string>()
  for (const offer of SIM_PLANS) {
    const [plan] = await sql<
      { id: bigint }[]
    >`insert into plan (key, name) values (${offer.id}, ${offer.id}) returning id`
    versions.set(offer.id, await publish(sql, plan!.id, offer))
  }
  for (const { code, percent, amountMinor, duration, months } of COUPONS)
    await sql`insert into coupon (code, name, percent, amount_minor, currency, duration, months, created_by)
      values (${code}, ${code}, ${percent}, ${amountMinor}, ${amountMinor === null ? null : 'EUR'}, ${duration}, ${months}, 'sim')`
  const accounts = new Map<string, bigint>()
  for (const { name, currency, country, taxId, driver } of customers) {
    const [row] = await sql<{ id: bigint }[]>`insert into account (name, kind, display_name)
      values (${name}, 'organization', ${name}) returning id`
    accounts.set(name, row!.id)
    await sql`insert into billing_profile (account_id, entity_id, currency, driver, name, country, tax_id, updated_at)
      select ${row!.id}, id, ${currency}, ${driver}, ${name}, ${country}, ${taxId}, ${ctx.now} from legal_entity where is_default`
  }
  return { versions, accounts }
}
