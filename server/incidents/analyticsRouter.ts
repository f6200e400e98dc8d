import { z } from 'zod'
import type { Context } from '../context.ts'
import { operator, router } from '../trpc.ts'
import { analyse } from './analytics/analyse.ts'
import { ANALYTICS_FILES, analyticsFile } from './analytics/analyticsFile.ts'
import { readRecorded } from './analytics/recordSql.ts'

/** How many months back, this one included. */
const window = z.object({ months: z.number().int().min(1).max(36).default(6) })

const read = async ({ sql, now }: Context, months: number) => {
  const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months + 1, 1))
  const recorded = await sql.begin('isolation level repeatable read read only', (tx) => readRecorded(tx, from, now))
  const stretch = { from: from.getTime(), until: now.getTime() }
  return { from, recorded, stretch, found: analyse(recorded, stretch, now) }
}

export const analyticsRouter = router({
  /** What the record says of outages: how many, how fast they were met, what and whom they hit, how channels did. */
  overview: operator.input(window).query(async ({ ctx, input }) => {
    const { from, found } = await read(ctx, input.months)
    return { from, until: ctx.now, ...found }
  }),
  export: operator.input(window.extend({ what: z.enum(ANALYTICS_FILES) })).query(async ({ ctx, input }) => {
    const { from, recorded, stretch, found } = await read(ctx, input.months)
    const days = `${from.toISOString().slice(0, 10)}-to-${ctx.now.toISOString().slice(0, 10)}`
    return {
      fileName: `incidents-${input.what}-${days}.csv`,
      text: analyticsFile(input.what, recorded, found, stretch),
    }
  }),
})
