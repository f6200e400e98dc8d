import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { resolve } from './judge.ts'
import { record } from './violationLog.ts'

/** How many of the violations asked for were changed; the others were in that state, or further, already. */
export type Changed = { changed: number }

/** Marks violations as seen by somebody: no one else needs to look. What follows from a hard limit still follows. */
export const acknowledge = async (ctx: Context, ids: readonly bigint[], note: string | null): Promise<Changed> =>
  await ctx.sql.begin(async (tx) => {
    const rows = await tx<{ id: bigint; accountId: bigint | null }[]>`
      update violation set state = 'acknowledged' where id = any(${ids.map(String)}::bigint[]) and state = 'open'
      returning id, account_id`
    for (const { id, accountId } of rows) {
      await record(tx, ctx, id, 'acknowledged', note ? { note } : {})
      await audit(tx, ctx, {
        action: 'usage.violation.acknowledge',
        subject: { kind: 'violation', id },
        accountId,
        after: { note },
      })
    }
    return { changed: rows.length }
  })

/** Ends violations by hand; what still is over its limit at the next judgement opens them again. */
export const resolveByHand = async (ctx: Context, ids: readonly bigint[], why: string): Promise<Changed> =>
  await ctx.sql.begin(async (tx) => {
    let changed = 0
    for (const id of ids) {
      const [row] = await tx<{ accountId: bigint | null; state: string }[]>`
        select account_id, state from violation where id = ${id}`
      if (!row || !(await resolve(tx, ctx, id, why))) continue
      changed += 1
      await audit(tx, ctx, {
        action: 'usage.violation.resolve',
        subject: { kind: 'violation', id },
        accountId: row.accountId,
        before: { state: row.state },
        after: { why },
      })
    }
    return { changed }
  })
