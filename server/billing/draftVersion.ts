import type { Sql } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { digestOf } from './canonical.ts'
import { terms as termsSchema, type Terms } from './terms.ts'
import { termsFault } from './termsFault.ts'

export type Draft = {
  plan: string
  currency: string
  interval: 'month' | 'year'
  terms: Terms
  trialDays: number
}

/**
 * Saves the draft of a plan's next version in a currency and interval; there is one at a time. Nobody is billed by it.
 * @throws BAD_REQUEST for terms that rating could not take; NOT_FOUND for a plan that is not there
 */
export const saveDraft = async (ctx: Context, input: Draft): Promise<{ id: string; version: number }> => {
  const said = termsSchema.parse(input.terms)
  const fault = termsFault(said, input.interval)
  if (fault) throw new DomainError('BAD_REQUEST', fault.message, { path: fault.path })
  const { plan, currency, interval, trialDays } = input
  return ctx.sql.begin(async (tx) => {
    const [owner] = await tx<{ id: bigint }[]>`select id from plan where key = ${plan} for update`
    if (!owner) throw new DomainError('NOT_FOUND', `no plan ${plan}`)
    const text = JSON.stringify(said)
    const [kept] = await tx<{ id: bigint; version: number }[]>`
      update plan_version set terms = ${text}::text::jsonb, trial_days = ${trialDays}, digest = ${digestOf(said)},
        created_by = ${labelOf(ctx.actor)}, created_at = ${ctx.now}
      where plan_id = ${owner.id} and currency = ${currency} and interval = ${interval} and published_at is null
      returning id, version`
    const [row] = kept
      ? [kept]
      : await tx<{ id: bigint; version: number }[]>`
          insert into plan_version (plan_id, currency, interval, version, terms, trial_days, created_by, created_at, digest)
          select ${owner.id}, ${currency}, ${interval}, coalesce(max(version), 0) + 1, ${text}::text::jsonb,
            ${trialDays}, ${labelOf(ctx.actor)}, ${ctx.now}, ${digestOf(said)}
          from plan_version where plan_id = ${owner.id} and currency = ${currency} and interval = ${interval}
          returning id, version`
    await audit(tx, ctx, {
      action: 'billing.plan_version.draft',
      subject: { kind: 'plan_version', id: row!.id },
      after: { plan, currency, interval, version: row!.version, trialDays, terms: said },
    })
    return { id: row!.id.toString(), version: row!.version }
  })
}

/** Throws a draft away. @throws CONFLICT where it was published */
export const discardDraft = async (ctx: Context, { id }: { id: string }): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const before = await draftOf(tx, id)
    await tx`delete from plan_version where id = ${id}`
    await audit(tx, ctx, { action: 'billing.plan_version.discard', subject: { kind: 'plan_version', id }, before })
  })
}

/**
 * Publishes a draft: from now on new customers get it, and it never changes. Those who have an older version stay on it
 * until they are moved. @throws CONFLICT where it was published before
 */
export const publishVersion = async (ctx: Context, { id }: { id: string }): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    await draftOf(tx, id)
    await tx`update plan_version set published_at = ${ctx.now} where id = ${id} and published_at is null`
    const after = await draftless(tx, id)
    await audit(tx, ctx, { action: 'billing.plan_version.publish', subject: { kind: 'plan_version', id }, after })
  })
}

const draftless = async (tx: Sql, id: string) => {
  const [row] = await tx`select p.key as plan, v.currency, v.interval, v.version, v.trial_days, v.digest, v.published_at
    from plan_version v join plan p on p.id = v.plan_id where v.id = ${id} for update of v`
  if (!row) throw new DomainError('NOT_FOUND', `no plan version ${id}`)
  return row
}

const draftOf = async (tx: Sql, id: string) => {
  const row = await draftless(tx, id)
  if (row['publishedAt']) throw new DomainError('CONFLICT', 'a published version never changes; draft the next one')
  return row
}
