import type { Sql } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { digestOf } from './canonical.ts'
import { FREE, newestVersion, newestVersions, type VersionRow } from './planVersion.ts'
import type { Terms } from './terms.ts'

/**
 * The version of Free in a currency. Free has no prices, so that one of another currency says the same: where it is not sold
 * in this one yet, that is published now, once. In the caller's transaction.
 * @throws NOT_FOUND where there is no Free at all
 */
export const freeVersion = async (tx: Sql, ctx: Context, currency: string): Promise<VersionRow> => {
  const [there] = await newestVersions(tx, FREE, 'month', currency)
  if (there) return there
  // Whoever drafts a version of a plan holds its row, so that numbers follow each other.
  const [plan] = await tx<{ id: bigint }[]>`select id from plan where key = ${FREE} for update`
  const [meanwhile] = await newestVersions(tx, FREE, 'month', currency)
  if (meanwhile) return meanwhile
  const [other] = await newestVersions(tx, FREE, 'month')
  if (!plan || !other) throw new DomainError('NOT_FOUND', `there is no plan ${FREE}; seed the catalog`)
  const said: Terms = { ...other.terms, prices: [], minimum: null }
  const digest = digestOf(said)
  const [made] = await tx<{ id: bigint; version: number }[]>`
    insert into plan_version (plan_id, currency, interval, version, terms, trial_days, created_by, created_at,
      published_at, digest)
    select ${plan.id}, ${currency}, 'month', coalesce(max(version), 0) + 1, ${JSON.stringify(said)}::text::jsonb, 0,
      ${labelOf(ctx.actor)}, ${ctx.now}, ${ctx.now}, ${digest}
    from plan_version where plan_id = ${plan.id} and currency = ${currency} and interval = 'month'
    returning id, version`
  await audit(tx, ctx, {
    action: 'billing.plan_version.publish',
    subject: { kind: 'plan_version', id: made!.id },
    after: { plan: FREE, currency, interval: 'month', version: made!.version, terms: said, as: other.id },
  })
  return newestVersion(tx, FREE, currency, 'month')
}
