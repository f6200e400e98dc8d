import type { Context } from '../context.ts'
import type { JobPayload } from '../jobs.ts'

/** Judges one finding of an agent. */
export const judge = async (ctx: Context, { hostId, findingId }: JobPayload<'abuse.judge'>): Promise<void> => {
  await ctx.sql`select 1 from finding where host_id = ${hostId} and id = ${findingId}`
}
