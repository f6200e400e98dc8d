import type { Sql } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { notify } from '../notices/notify.ts'
import { announceSubscription } from './announceSubscription.ts'
import { entitle } from './entitle.ts'
import { versionRow, type VersionRow } from './planVersion.ts'
import { carriedTo, quantitiesFor } from './quantities.ts'
import { lockLive } from './subscriptionSql.ts'
import { appendTerm, wholeSecond } from './subscriptionTerms.ts'

const BATCH = 200

/**
 * Sets when those who have an older version of a plan are moved to this one, in its currency and interval: they are told now
 * and moved then. @throws UNPROCESSABLE for a draft
 */
export const moveToVersion = async (ctx: Context, input: { id: string; at: Date }): Promise<{ customers: number }> =>
  ctx.sql.begin(async (tx) => {
    const target = await versionRow(tx, input.id)
    if (!target.publishedAt) throw new DomainError('UNPROCESSABLE', 'publish the version first')
    const at = input.at > ctx.now ? input.at : ctx.now
    const [count] = await tx<{ customers: number }[]>`select count(*)::int as customers ${onOlder(tx, target)}`
    await audit(tx, ctx, {
      action: 'billing.plan_version.move',
      subject: { kind: 'plan_version', id: target.id },
      after: { at, customers: count?.customers },
    })
    const payload = { versionId: target.id, at: at.toISOString() }
    await addJob(tx, 'billing.tell_move', payload)
    await addJob(tx, 'billing.move_customers', payload, { runAt: at, key: `move:${target.id}` })
    return { customers: count?.customers ?? 0 }
  })

const onOlder = (sql: Sql, target: VersionRow) => sql`from subscription s
  join plan_version v on v.id = s.plan_version_id join plan p on p.id = v.plan_id
  where s.state <> 'canceled' and p.key = ${target.plan} and v.currency = ${target.currency}
    and v.interval = ${target.interval} and v.version < ${target.version}`

/** Tells those who will be moved, each once. */
export const tellMove = async (ctx: Context, input: { versionId: string; at: string }): Promise<void> => {
  const target = await versionRow(ctx.sql, input.versionId)
  const rows = await ctx.sql<{ accountId: bigint; name: string }[]>`
    select w.account_id, a.name from (select s.account_id ${onOlder(ctx.sql, target)}) w
    join account a on a.id = w.account_id order by w.account_id`
  const from = `${input.at.slice(0, 16).replace('T', ' ')} UTC`
  for (const { accountId, name } of rows) {
    await ctx.sql.begin((tx) =>
      notify(tx, ctx, {
        audience: 'account',
        accountId,
        severity: 'warning',
        kind: 'billing.new_terms',
        title: `New terms of the plan ${target.planName} from ${from}`,
        body: `Version ${target.version} holds for ${name} from ${from}. What is paid in advance changes with the next interval; what is metered from the next hour on. The plan page shows both.`,
        href: `/${name}/plan`,
        key: `billing:terms:${accountId}:${target.id}`,
      }),
    )
  }
}

/**
 * Moves those who have an older version to this one. What was paid in advance is not prorated: its new price holds from the
 * next interval; metered prices from the next hour. Harmless to repeat.
 */
export const moveCustomers = async (ctx: Context, input: { versionId: string }): Promise<void> => {
  const target = await versionRow(ctx.sql, input.versionId)
  for (;;) {
    const rows = await ctx.sql<{ accountId: bigint }[]>`select s.account_id ${onOlder(ctx.sql, target)}
      order by s.account_id limit ${BATCH}`
    for (const { accountId } of rows) await move(ctx, accountId, target)
    if (rows.length < BATCH) return
  }
}

const move = async (ctx: Context, accountId: bigint, target: VersionRow) => {
  await ctx.sql.begin(async (tx) => {
    const subscription = await lockLive(tx, accountId)
    if (!subscription) return
    const from = await versionRow(tx, subscription.planVersionId)
    const isOlder = from.plan === target.plan && from.interval === target.interval && from.version < target.version
    if (!isOlder || from.currency !== target.currency) return
    const quantities = quantitiesFor(target, carriedTo(target, subscription.quantities))
    const state = termState(subscription.state)
    const now = wholeSecond(ctx.now)
    await appendTerm(tx, subscription, { planVersionId: BigInt(target.id), quantities, state }, now)
    await tx`update subscription set plan_version_id = ${target.id},
        quantities = ${JSON.stringify(quantities)}::text::jsonb
      where account_id = ${accountId} and id = ${subscription.id}`
    await entitle(tx, ctx, { accountId, version: target, quantities, paused: state === 'paused' })
    await audit(tx, ctx, {
      action: 'billing.subscription.move',
      subject: { kind: 'subscription', id: subscription.id },
      accountId,
      before: { version: from.id },
      after: { version: target.id, quantities, at: now },
    })
    await announceSubscription(tx, ctx, accountId, 'moved', subscription.id)
  })
}

const termState = (state: string): 'trialing' | 'active' | 'paused' =>
  state === 'trialing' || state === 'paused' ? state : 'active'
