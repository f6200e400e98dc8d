import type { Sql } from '#db/client.ts'
import type { Context } from '../context.ts'
import { addJob } from '../jobs.ts'

/** Something its audience should know, and where something can be done about it. */
export type NewNotice = {
  severity: 'info' | 'warning' | 'critical'
  /** What it is about, such as `quota.soft`. */
  kind: string
  title: string
  body: string
  /** Path in the product. */
  href?: string | undefined
  /** States the fact, so that telling it twice is one notice: `host:12:silent:2026-11-21T03:02Z`. */
  key: string
} & ({ audience: 'operators' } | { audience: 'account'; accountId: bigint })

/**
 * Puts a notice into the app in the caller's transaction and, unless it is mere information, has it told by mail.
 * Returns its id, or undefined where that key was told before.
 */
export const notify = async (tx: Sql, ctx: Pick<Context, 'now'>, notice: NewNotice): Promise<bigint | undefined> => {
  const accountId = notice.audience === 'account' ? notice.accountId : null
  const [row] = await tx<{ id: bigint }[]>`
    insert into notice (audience, account_id, severity, kind, title, body, href, key, created_at)
    values (${notice.audience}, ${accountId}, ${notice.severity}, ${notice.kind}, ${notice.title}, ${notice.body},
      ${notice.href ?? null}, ${notice.key}, ${ctx.now})
    on conflict (key) do nothing returning id`
  if (!row) return undefined
  if (notice.severity !== 'info')
    await addJob(tx, 'notices.tell', { noticeId: row.id.toString() }, { key: `tell:${row.id}` })
  return row.id
}

/** Marks what a notice told of as over. It stays readable. */
export const resolveNotice = async (tx: Sql, ctx: Context, key: string): Promise<void> => {
  await tx`update notice set resolved_at = ${ctx.now} where key = ${key} and resolved_at is null`
}
