import type { Context } from '../context.ts'
import { notify } from '../notices/notify.ts'
import { sendEvent } from '../notices/sendEvent.ts'
import { fullText, isFull, isPulledOut, limitsOf, noRoomText, pulledOutText, type Held, type Limits } from './limits.ts'
import { OFFICIAL } from './path.ts'

type Row = Held & { accountId: bigint; account: string; limits: { key: string; value: string | null }[] }
type Limit = 'storage_mib' | 'pulls_a_day' | 'private_repositories'

/**
 * Job `registry.watch_limits`: tells an account, its webhooks too, of a limit of its plan that it meets in the registry: of
 * storage and private repositories once for each height of the limit and month, of pulls once a day.
 */
export const watchLimits = async (ctx: Context): Promise<void> => {
  // Only accounts that have anything in the registry can meet a limit there.
  const rows = await ctx.sql<Row[]>`
    select a.id as account_id, a.name as account, coalesce(s.size_bytes, 0) as storage_bytes,
      (select count(*) from repository r where r.account_id = a.id and r.visibility = 'private' and r.delete_at is null)
        as private_repositories,
      coalesce((select sum(d.pulls) from registry_day d where d.account_id = a.id
        and d.day = (${ctx.now}::timestamptz at time zone 'UTC')::date), 0)::bigint as pulls_today,
      coalesce((select jsonb_agg(jsonb_build_object('key', e.key, 'value', e.value::text)) from entitlement e
        where e.account_id = a.id), '[]') as limits
    from account a left join registry_account s on s.account_id = a.id
    where a.closed_at is null and a.name <> ${OFFICIAL} and exists (select 1 from repository r where r.account_id = a.id)`
  for (const row of rows) {
    const given = row.limits.map(({ key, value }) => ({ key, value: value === null ? null : BigInt(value) }))
    for (const met of metBy(row, limitsOf(given), ctx)) await tell(ctx, row, met)
  }
}

type MetLimit = { limit: Limit; atMost: bigint; text: string; once: string }

const metBy = (row: Row, limits: Limits, { env, now }: Context): MetLimit[] => {
  const planUrl = `${env.publicUrl}/${row.account}/plan`
  const day = now.toISOString().slice(0, 10)
  const month = day.slice(0, 7)
  const met: MetLimit[] = []
  if (limits.storageMib !== null && row.storageBytes > 0n && isFull(limits, row))
    met.push({
      ...{ limit: 'storage_mib', atMost: limits.storageMib, once: month },
      text: fullText(row.account, limits, row, planUrl),
    })
  if (limits.pullsADay !== null && row.pullsToday > 0n && isPulledOut(limits, row))
    met.push({
      ...{ limit: 'pulls_a_day', atMost: limits.pullsADay, once: day },
      text: pulledOutText(row.account, limits),
    })
  // A plan with as many as it has is used as meant; only what is beyond it stopped being pushed to.
  if (limits.privateRepositories !== null && row.privateRepositories > limits.privateRepositories)
    met.push({
      ...{ limit: 'private_repositories', atMost: limits.privateRepositories, once: month },
      text: noRoomText(row.account, limits, planUrl),
    })
  return met
}

const tell = async (ctx: Context, { accountId, account }: Row, { limit, atMost, text, once }: MetLimit) => {
  const key = `registry:${accountId}:${limit}:${atMost}:${once}`
  await ctx.sql.begin(async (tx) => {
    const told = await notify(tx, ctx, {
      audience: 'account',
      accountId,
      severity: 'warning',
      kind: 'registry.limit',
      title: `${account} has met a limit of its plan in the registry`,
      body: text,
      href: `/${account}/repositories`,
      key,
    })
    if (told === undefined) return
    await sendEvent(tx, ctx, {
      accountId,
      type: 'repository.quota',
      key,
      data: { account, limit, atMost, message: text },
    })
  })
}
