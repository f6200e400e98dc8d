import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { creditsOf } from './creditSql.ts'
import { post } from './ledger.ts'

const MOST_AT_ONCE = 500

/**
 * Job `billing.expire_credits`: what is left of grants whose time is over ends: promotional credit was never spent, prepaid
 * credit becomes revenue. Harmless to repeat.
 */
export const expireCredits = async (ctx: Context): Promise<{ expired: number }> => {
  const due = await ctx.sql<{ accountId: bigint }[]>`select distinct account_id from credit_grant
    where expired_at is null and expires_at <= ${ctx.now} limit ${MOST_AT_ONCE}`
  let expired = 0
  for (const { accountId } of due) expired += await expireOf(ctx, accountId)
  return { expired }
}

const expireOf = async (ctx: Context, accountId: bigint): Promise<number> =>
  ctx.sql.begin(async (tx) => {
    // Whoever uses credit holds this row.
    await tx`select 1 from billing_profile where account_id = ${accountId} for no key update`
    const ended = (await creditsOf(tx, accountId)).filter(
      (grant) => grant.expiredAt === null && grant.expiresAt !== null && grant.expiresAt <= ctx.now,
    )
    for (const { id, kind, currency, leftMinor } of ended) {
      await tx`update credit_grant set expired_at = ${ctx.now} where account_id = ${accountId} and id = ${id}`
      if (leftMinor <= 0n) continue
      await post(tx, {
        accountId,
        at: ctx.now,
        kind: 'expiry',
        // A grant that a voided invoice gave something back to expires once more.
        key: `expire:${id}:${ctx.now.toISOString()}`,
        description: 'Credit that was not used in its time',
        entries: [
          { book: `${kind}:${id}`, currency, amountMinor: leftMinor },
          { book: kind === 'promotional' ? 'promotion' : 'revenue', currency, amountMinor: -leftMinor },
        ],
      })
      await audit(tx, ctx, {
        action: 'billing.credit.expire',
        subject: { kind: 'credit_grant', id },
        accountId,
        after: { leftMinor, currency },
      })
    }
    return ended.length
  })
