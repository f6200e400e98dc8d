import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import type { Window } from '../time.ts'
import { driverOf } from './collector.ts'
import { draftInvoice } from './draftInvoice.ts'
import type { Subscription } from './subscriptionSql.ts'

/**
 * Bills the usage of a period that ends before its month is over: the plan was changed to one whose months are counted anew,
 * or canceled now. The draft waits for the hosts' reports as any other.
 */
export const endPeriodEarly = async (
  tx: Tx,
  ctx: Context,
  subscription: Pick<Subscription, 'accountId' | 'id'>,
  period: Window,
): Promise<void> => {
  if (period.start >= period.end) return
  const { accountId, id } = subscription
  await draftInvoice(tx, ctx, {
    accountId,
    subscriptionId: id,
    period,
    key: `period:${id}:${period.start.toISOString()}`,
    driver: await driverOf(tx, accountId),
  })
}
