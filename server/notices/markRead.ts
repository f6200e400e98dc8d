import type { Context } from '../context.ts'
import type { Reach } from './sql.ts'

/** Marks notices in reach as read by that user; all of them without `ids`. A reader's own mark: not audited. */
export const markRead = async (ctx: Context, reach: Reach, ids?: readonly string[]): Promise<{ marked: number }> => {
  if (reach.userId === null) return { marked: 0 }
  const rows = await ctx.sql`
    insert into notice_read (notice_id, user_id, read_at)
    select n.id, ${reach.userId}, ${ctx.now} from notice n
    where (n.account_id = any(${reach.accountIds.map(String)}::bigint[]) or (${reach.operators} and n.audience = 'operators'))
      and (${ids === undefined} or n.id = any(${[...(ids ?? [])]}::bigint[]))
    on conflict do nothing returning notice_id`
  return { marked: rows.length }
}
