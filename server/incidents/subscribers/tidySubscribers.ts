import type { Context } from '../../context.ts'
import { DAY_MS } from '../../time.ts'

/** So long somebody has to confirm. */
const CONFIRM_DAYS = 7

/** Job `incidents.tidy_subscribers`: forgets who never confirmed. */
export const tidySubscribers = async ({ sql, now }: Context): Promise<void> => {
  await sql`delete from subscriber s where confirmed_at is null and created_at < ${new Date(now.getTime() - CONFIRM_DAYS * DAY_MS)}
    and coalesce(asked_at, created_at) < ${new Date(now.getTime() - CONFIRM_DAYS * DAY_MS)}
    and not exists (select 1 from delivery d where d.subscriber_id = s.id)`
}
