import { z } from 'zod'
import { admin, router } from '../trpc.ts'
import { auditCsv, auditJson } from './auditExport.ts'
import { auditActions, auditRows } from './auditSql.ts'
import { page } from './input.ts'

const EXPORT_MAX = 20_000

const filter = {
  actor: z.string().trim().max(320).optional(),
  action: z.string().trim().max(100).optional(),
  subject: z.string().trim().max(320).optional(),
  account: z.string().trim().max(64).optional(),
  from: z.coerce.date().optional(),
  until: z.coerce.date().optional(),
}

export const auditRouter = router({
  /** Newest first; the window is `[from, until)`. */
  list: admin.input(z.object({ ...filter, ...page }).default({ limit: 50 })).query(async ({ ctx, input }) => {
    const { cursor, limit, ...where } = input
    const before = cursor === undefined ? undefined : BigInt(cursor)
    const found = await auditRows(ctx.sql, where, { before, limit: limit + 1 })
    const rows = found.slice(0, limit)
    return { rows, nextCursor: found.length > limit ? rows.at(-1)?.id.toString() : undefined }
  }),
  /** The actions there are. */
  actions: admin.query(({ ctx }) => auditActions(ctx.sql)),
  /** The newest 20,000 rows of a filter as a file; `next` is the cursor for the rest, or undefined. */
  export: admin
    .input(z.object({ ...filter, cursor: page.cursor, format: z.enum(['csv', 'json']) }))
    .query(async ({ ctx, input }) => {
      const { cursor, format, ...where } = input
      const before = cursor === undefined ? undefined : BigInt(cursor)
      const found = await auditRows(ctx.sql, where, { before, limit: EXPORT_MAX + 1 })
      const rows = found.slice(0, EXPORT_MAX)
      return {
        name: `audit-${ctx.now.toISOString().slice(0, 10)}.${format}`,
        text: format === 'csv' ? auditCsv(rows) : auditJson(rows),
        rows: rows.length,
        next: found.length > EXPORT_MAX ? rows.at(-1)?.id.toString() : undefined,
      }
    }),
})
