import { userIdOf, type Context } from '../context.ts'

/** A person has read an update's banner; the next update shows one again. Closing twice is harmless. */
export const closeBanner = async (ctx: Context, accountId: bigint, updateId: bigint): Promise<void> => {
  const userId = userIdOf(ctx.actor)
  if (userId === null) return
  await ctx.sql`insert into banner_closed (user_id, update_id, account_id, at)
    select ${userId}, id, ${accountId}, ${ctx.now} from incident_update where id = ${updateId} on conflict do nothing`
}
