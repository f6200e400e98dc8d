import type { Sql } from '#db/client.ts'
import { addJob } from '../jobs.ts'
import { driverOf } from './collector.ts'

/** Has Stripe, where it collects from the account, follow a change of its plan or profile once this transaction ends. */
export const followPlan = async (tx: Sql, accountId: bigint): Promise<void> => {
  if ((await driverOf(tx, accountId)) !== 'stripe') return
  await addJob(tx, 'billing.stripe_sync', { accountId: String(accountId) }, { key: `stripe_sync:${accountId}` })
}
