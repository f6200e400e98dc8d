import type { Context } from '../context.ts'
import { DAY_MS } from '../time.ts'
import { rotateKeys } from './rotateKeys.ts'
import { theRegistry } from './running.ts'

/** Notifications are hints that were counted; they are kept to look into what went wrong. */
const EVENTS_MS = 30 * DAY_MS
const KEY_MS = 30 * DAY_MS

/** The job `registry.tidy`: forgets old notifications and old keys, and has tokens signed with a new key each month. */
export const tidyRegistry = async (ctx: Context): Promise<void> => {
  const { sql, now } = ctx
  await sql`delete from registry_event where received_at < ${new Date(now.getTime() - EVENTS_MS)}`
  await sql`delete from registry_key where ends_at < ${new Date(now.getTime() - DAY_MS)}`
  // A registry elsewhere reads its certificates when its operator gives it new ones.
  if (!theRegistry()?.process) return
  const [newest] = await sql<
    { signsFrom: Date }[]
  >`select signs_from from registry_key order by signs_from desc limit 1`
  if (newest && newest.signsFrom.getTime() < now.getTime() - KEY_MS) await rotateKeys(ctx)
}
