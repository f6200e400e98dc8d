import type { Context } from '../context.ts'
import type { JobPayload } from '../jobs.ts'
import { notify } from './notify.ts'

/** Job `notices.hold_changed`: tells an account's members why it is suspended, or that it is not any more. */
export const holdChanged = async (
  ctx: Context,
  { holdId, lifted }: JobPayload<'notices.hold_changed'>,
): Promise<void> => {
  const [hold] = await ctx.sql<{ accountId: bigint; account: string; kind: string; reason: string; left: number }[]>`
    select h.account_id, a.name as account, h.kind, h.reason, (select count(*)::int from account_hold o
      where o.account_id = h.account_id and o.lifted_at is null) as left
    from account_hold h join account a on a.id = h.account_id where h.id = ${holdId}`
  if (!hold) return
  const { account, accountId, kind, reason, left } = hold
  const still = left === 0 ? `${account} works again.` : `${account} stays suspended: ${left} more to lift.`
  await ctx.sql.begin((tx) =>
    notify(tx, ctx, {
      audience: 'account',
      accountId,
      severity: lifted ? 'warning' : 'critical',
      kind: lifted ? 'hold.lifted' : 'hold.placed',
      title: lifted ? `The ${kind} hold is lifted` : `Suspended: ${kind} hold`,
      body: lifted ? still : `${reason}\nContainers are stopped. Your data, usage and bills can be read as before.`,
      href: `/${account}`,
      key: `hold:${holdId}:${lifted ? 'lifted' : 'placed'}`,
    }),
  )
}
