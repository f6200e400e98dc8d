import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { addJob } from '../jobs.ts'
import type { PostedUpdate } from './postUpdate.ts'

export type Reach = {
  audience: 'everybody' | 'affected'
  overrides: Readonly<Record<string, string>>
  skipped: readonly string[]
  /** Nothing is sent before. */
  sendAfter: Date
}

/** One delivery a target, with its text frozen, and the job that sends them. */
export const addDeliveries = async (tx: Tx, _ctx: Context, _update: PostedUpdate, reach: Reach): Promise<void> => {
  await addJob(tx, 'incidents.deliver', {}, { runAt: reach.sendAfter })
}
