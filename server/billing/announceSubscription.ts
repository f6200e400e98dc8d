import type { Sql } from '#db/client.ts'
import type { Context } from '../context.ts'
import { isHeard, sendEvent } from '../notices/sendEvent.ts'

type Row = {
  id: bigint
  account: string
  plan: string
  version: number
  currency: string
  interval: string
  state: string
  quantities: Record<string, number>
  periodStart: Date
  periodEnd: Date
  cancelAtPeriodEnd: boolean
  trialEnd: Date | null
  canceledAt: Date | null
}

/** What became of a plan. */
export type SubscriptionChange =
  | 'started'
  | 'changed'
  | 'moved'
  | 'paused'
  | 'resumed'
  | 'cancels_at_period_end'
  | 'kept'
  | 'ended'
  | 'past_due'
  | 'paid_up'

/** Tells webhooks what became of an account's plan, as it stands within this transaction: its live one, unless named. */
export const announceSubscription = async (
  tx: Sql,
  ctx: Context,
  accountId: bigint,
  change: SubscriptionChange,
  subscriptionId?: bigint,
): Promise<void> => {
  const type = 'subscription.updated'
  if (!(await isHeard(tx, accountId, type))) return
  const [row] = await tx<Row[]>`
    select s.id, a.name as account, p.key as plan, v.version, v.currency, v.interval, s.state, s.quantities,
      s.period_start, s.period_end, s.cancel_at_period_end, s.trial_end, s.canceled_at
    from subscription s join account a on a.id = s.account_id join plan_version v on v.id = s.plan_version_id
      join plan p on p.id = v.plan_id
    where s.account_id = ${accountId}
      and (s.id = ${subscriptionId ?? null} or (${subscriptionId === undefined} and s.state <> 'canceled'))`
  if (!row) return
  const { id, ...data } = row
  await sendEvent(tx, ctx, {
    accountId,
    type,
    // One request does one such thing to a plan; done twice it is another request.
    key: `${type}:${id}:${change}:${ctx.requestId}:${ctx.now.toISOString()}`,
    data: { change, ...data },
  })
}
