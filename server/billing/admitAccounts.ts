import type { Context } from '../context.ts'
import { beginFree } from './endSubscription.ts'
import { ensureProfile } from './ensureProfile.ts'
import { lockLive } from './subscriptionSql.ts'
import { wholeSecond } from './subscriptionTerms.ts'

const MOST_AT_ONCE = 500

/**
 * Puts accounts that have no plan on Free, so that each has entitlements and a month that usage is told in: the account just
 * made, or all that are found without one. A plan that an admin named for quotas before stays named. Harmless to repeat.
 */
export const admitAccounts = async (ctx: Context, { accountId }: { accountId?: string | undefined }): Promise<void> => {
  for (;;) {
    const rows = await ctx.sql<{ id: bigint }[]>`select a.id from account a
      where a.closed_at is null and (${accountId ?? null}::bigint is null or a.id = ${accountId ?? null})
        and not exists (select from subscription s where s.account_id = a.id and s.state <> 'canceled')
      order by a.id limit ${MOST_AT_ONCE}`
    for (const { id } of rows) await admit(ctx, id)
    if (rows.length < MOST_AT_ONCE) return
  }
}

const admit = async (ctx: Context, accountId: bigint) => {
  await ctx.sql.begin(async (tx) => {
    await ensureProfile(tx, ctx, { accountId })
    const live = await lockLive(tx, accountId)
    const [account] = await tx<{ plan: string }[]>`select plan from account where id = ${accountId} for no key update`
    if (!account || live) return
    await beginFree(tx, ctx, accountId, wholeSecond(ctx.now))
    if (account.plan !== 'free') await tx`update account set plan = ${account.plan} where id = ${accountId}`
  })
}
