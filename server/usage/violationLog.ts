import type { Sql, Tx } from '#db/client.ts'
import { labelOf, type Context } from '../context.ts'
import { DAY_MS } from '../time.ts'

/** What happened in a violation's life. */
export type ViolationEventKind =
  | 'opened'
  | 'repeated'
  | 'escalated'
  | 'eased'
  | 'told'
  | 'acted'
  | 'refused'
  | 'acknowledged'
  | 'resolved'

/** Adds to a violation's history; `detail` is plain JSON, bigints as strings. */
export const record = async (tx: Sql, ctx: Context, id: bigint, kind: ViolationEventKind, detail: object = {}) => {
  const text = JSON.stringify(detail, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v))
  await tx`insert into violation_event (violation_id, at, kind, actor, detail)
    values (${id}, ${ctx.now}, ${kind}, ${labelOf(ctx.actor)}, ${text}::text::jsonb)`
}

export type NewViolation = {
  subject: string
  kind: 'quota' | 'runaway_log'
  accountId: bigint | null
  app: string | null
  hostId: number | null
  epoch: number | null
  quotaId: bigint | null
  meter: string
  level: 'soft' | 'hard'
  used: bigint
  limit: bigint | null
  hardSince: Date | null
}

/** Resolved less than this ago, a violation of the same subject is the same one, repeated. */
export const REPEAT_WITHIN_MS = DAY_MS

/**
 * Opens a violation, or the one of the same subject again if it was resolved within a day. Call it where none of the
 * subject is open; `repeated` tells that its owner was told before.
 */
export const open = async (tx: Tx, ctx: Context, v: NewViolation): Promise<{ id: bigint; repeated: boolean }> => {
  const since = new Date(ctx.now.getTime() - REPEAT_WITHIN_MS)
  const [again] = await tx<{ id: bigint; occurrences: number }[]>`
    update violation set state = 'open', occurrences = occurrences + 1, last_seen_at = ${ctx.now}, resolved_at = null,
      level = ${v.level}, used = ${v.used}, limit_value = ${v.limit}, quota_id = ${v.quotaId}, epoch = ${v.epoch},
      account_id = ${v.accountId}, app = ${v.app}, hard_since = ${v.hardSince}, acted_at = null
    where id = (select id from violation where subject = ${v.subject} and state = 'resolved' and resolved_at > ${since}
      order by id desc limit 1)
    returning id, occurrences`
  if (again) {
    await record(tx, ctx, again.id, 'repeated', {
      occurrence: again.occurrences,
      used: v.used,
      limit: v.limit,
      level: v.level,
    })
    return { id: again.id, repeated: true }
  }
  const [made] = await tx<{ id: bigint }[]>`
    insert into violation (account_id, app, host_id, epoch, quota_id, kind, meter, level, subject, used, limit_value,
      opened_at, last_seen_at, hard_since)
    values (${v.accountId}, ${v.app}, ${v.hostId}, ${v.epoch}, ${v.quotaId}, ${v.kind}, ${v.meter}, ${v.level},
      ${v.subject}, ${v.used}, ${v.limit}, ${ctx.now}, ${ctx.now}, ${v.hardSince}) returning id`
  await record(tx, ctx, made!.id, 'opened', { used: v.used, limit: v.limit, level: v.level })
  return { id: made!.id, repeated: false }
}
