import type { Sql } from '#db/client.ts'
import { addJob } from '../jobs.ts'

/** Queues look for work every two seconds: the worker starts so much before, and waits out the rest itself. */
const HEAD_START_MS = 2_500

/** The status page no longer shows what is: it is rendered anew, from `at` on where an undo must pass first. */
export const touchStatusPage = async (tx: Sql, at?: Date): Promise<void> => {
  await tx`update status_page set revision = revision + 1 where id = 1`
  if (at)
    await addJob(
      tx,
      'incidents.render_status',
      { at: at.toISOString() },
      { runAt: new Date(at.getTime() - HEAD_START_MS) },
    )
  else await addJob(tx, 'incidents.render_status', {})
}
