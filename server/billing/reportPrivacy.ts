import type { Sql, Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'

const KEY = 'billing.whole_reports'

/**
 * Whether customers' bundles hold every report whole. A signed report cannot be cut, and on shared hosts it tells names,
 * images and labels of other accounts' containers at times: by default such reports come without their bodies.
 */
export const mayShowWholeReports = async (sql: Sql | Tx): Promise<boolean> => {
  const [row] = await sql<{ value: boolean }[]>`select value = 'true'::jsonb as value from setting where key = ${KEY}`
  return row?.value ?? false
}

/** Says whether customers get reports whole: for platforms whose accounts may know of each other. */
export const showWholeReports = async (ctx: Context, isWhole: boolean): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const before = await mayShowWholeReports(tx)
    await tx`insert into setting (key, value, updated_by) values (${KEY}, to_jsonb(${isWhole}::boolean), 'billing')
      on conflict (key) do update set value = excluded.value, updated_at = ${ctx.now}`
    const subject = { kind: 'setting', id: KEY }
    await audit(tx, ctx, { action: 'billing.evidence.whole_reports', subject, before, after: isWhole })
  })
