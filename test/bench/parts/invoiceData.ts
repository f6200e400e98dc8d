import { seedCatalog } from '#server/billing/seedCatalog.ts'
import { digestOf } from '#server/billing/canonical.ts'
import { terms } from '#server/billing/terms.ts'
import type { Context } from '#server/context.ts'

export const PERIOD_START = new Date('2026-10-01T00:00:00Z')
export const PERIOD_END = new Date('2026-11-01T00:00:00Z')
/** Of each invoice: four meters of two apps, the next month's fee and repositories. */
export const LINES = 10

const price = (meter: string, unitAmount: string) => ({ key: meter, name: meter, model: 'per_unit', meter, unitAmount })
const TERMS = terms.parse({
  prices: [
    { key: 'base', name: 'Base fee', model: 'flat', amount: '19.00' },
    {
      key: 'repositories',
      name: 'Repositories',
      model: 'licensed',
      unitAmount: '2.05',
      included: 5,
      unit: 'repository',
    },
    price('cpu', '0.0180'),
    price('memory', '0.0042'),
    price('disk', '0.0001370'),
    price('egress', '0.0200'),
  ],
  minimum: null,
  entitlements: {},
  promise: [],
})

/** Accounts on one plan whose month is over, with what two apps used in three of its days; made in the database. */
export const seedSubscriptions = async (ctx: Context, count: number): Promise<void> => {
  const { sql } = ctx
  await seedCatalog(ctx)
  await sql`insert into plan (key, name) values ('bench', 'Bench')`
  const [version] = await sql<{ id: bigint }[]>`insert into plan_version (plan_id, currency, interval, version, terms,
      created_by, published_at, digest)
    select id, 'EUR', 'month', 1, ${JSON.stringify(TERMS)}::text::jsonb, 'bench', now(), ${digestOf(TERMS)} from plan
    where key = 'bench' returning id`
  await sql`insert into account (name, kind, display_name, plan)
    select 'acct-' || n, 'organization', 'Account ' || n, 'bench' from generate_series(1, ${count}) n`
  await sql`insert into billing_profile (account_id, entity_id, currency, driver, name, address, country)
    select a.id, e.id, 'EUR', 'manual', a.display_name, '{Kade 1,Amsterdam}', (array['NL', 'DE', 'FI', 'US'])[a.id % 4 + 1]
    from account a, legal_entity e where e.is_default and a.plan = 'bench'`
  await sql`insert into subscription (account_id, plan_version_id, state, quantities, started_at, anchor_at, period_start,
      period_end, paid_from, paid_until)
    select id, ${version!.id}, 'active', '{"repositories": 12}', ${PERIOD_START}, ${PERIOD_START}, ${PERIOD_START}, ${PERIOD_END},
      ${PERIOD_START}, ${PERIOD_END} from account where plan = 'bench'`
  await sql`insert into subscription_term (account_id, subscription_id, plan_version_id, quantities, state, from_at)
    select account_id, id, plan_version_id, quantities, state, started_at from subscription`
  const from = PERIOD_START.getTime() / 3_600_000
  await sql`insert into account_hour (account_id, hour, app, containers, cpu_us, throttled_us, memory_mib_s, disk_mib_s,
      volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
    select a.id, ${from}::int + d * 240 + a.id % 24, app, 1, 3600000000 + a.id * 7919 % 100000000, 0, 9000000 + a.id * 31 % 1000000,
      7000000 + a.id * 17 % 1000000, 1000, 100, 5, 900000000 + a.id * 13 % 100000000, 0, 0
    from account a cross join generate_series(0, 2) d cross join (values ('api'), ('batch')) x (app) where a.plan = 'bench'`
  await sql`vacuum analyze`
}
