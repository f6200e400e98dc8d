import type { Tx } from '#db/client.ts'
import type { Context } from '../../context.ts'
import { announce } from '../../live.ts'

/** The key under which a group's page is known. */
export const groupOf = (source: string, groupKey: string): string => `${source}|${groupKey}`

/** Ends the pages of groups in which nothing fires any more that is not silenced: nobody has to be woken for them. */
export const settleGroups = async (tx: Tx, ctx: Context, source: string, groups: readonly string[]): Promise<void> => {
  for (const groupKey of new Set(groups)) {
    const rows = await tx<{ id: bigint }[]>`
      update page set state = 'resolved', resolved_at = ${ctx.now}, next_at = null
      where group_key = ${groupOf(source, groupKey)} and state in ('open', 'acknowledged')
        and not exists (select 1 from alert a where a.source = ${source} and a.group_key = ${groupKey}
          and a.ends_at is null and a.silenced_by is null)
      returning id`
    if (rows.length === 0) continue
    await tx`update page_message set state = 'skipped', next_at = null, detail = 'it was over before'
      where page_id = any(${rows.map(({ id }) => String(id))}::bigint[]) and state = 'pending'`
    await announce(tx, 'pages')
  }
}
