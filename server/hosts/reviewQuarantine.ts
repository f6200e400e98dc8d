import { audit } from '../audit.ts'
import { labelOf } from '../context.ts'
import type { Context } from '../context.ts'

/** Marks quarantined entries as looked at. Those already marked stay as they are. Gives how many were news. */
export const reviewQuarantine = async (ctx: Context, ids: readonly bigint[]): Promise<number> =>
  ctx.sql.begin(async (tx) => {
    const rows = await tx<{ id: string }[]>`update quarantine set reviewed_at = ${ctx.now},
        reviewed_by = ${labelOf(ctx.actor)}
      where id = any(${ids.map(String)}::bigint[]) and reviewed_at is null returning id::text`
    for (const { id } of rows) {
      await audit(tx, ctx, { action: 'hosts.quarantine.review', subject: { kind: 'quarantine', id } })
    }
    return rows.length
  })
