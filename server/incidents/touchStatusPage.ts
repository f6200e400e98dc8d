import type { Sql } from '#db/client.ts'
import { addJob } from '../jobs.ts'

/** The status page no longer shows what is: it is rendered anew, from `at` on where an undo must pass first. */
export const touchStatusPage = async (tx: Sql, at?: Date): Promise<void> => {
  await tx`update status_page set revision = revision + 1 where id = 1`
  await addJob(tx, 'incidents.render_status', {}, at ? { runAt: at } : {})
}
