import type { Sql } from '#db/client.ts'
import { labelOf, type Actor, type Context } from './context.ts'

/** One change: what was done to which thing, with its state before and after where it has one. */
export type Change = {
  /** `domain.thing.verb`, such as `hosts.join_token.create`. */
  action: string
  subject: { kind: string; id: string | number | bigint }
  accountId?: bigint | null
  before?: unknown
  after?: unknown
}

const idOf = (actor: Actor) => {
  switch (actor.kind) {
    case 'anonymous':
      return 'anonymous'
    case 'user':
      return actor.userId
    case 'token':
      return `token:${actor.tokenId}`
    case 'agent':
      return `host:${actor.hostId}`
    case 'system':
      return actor.label
  }
}

const asJson = (value: unknown) =>
  value === undefined ? null : JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v))

/** Writes the audit row of a change; `tx` is the transaction that makes the change. */
export const audit = async (tx: Sql, ctx: Context, change: Change): Promise<void> => {
  const { actor } = ctx
  await tx`insert into audit_event (at, actor_kind, actor_id, actor_label, action, subject_kind, subject_id,
      account_id, before, after, ip, user_agent, request_id)
    values (${ctx.now}, ${actor.kind === 'anonymous' ? 'system' : actor.kind}, ${idOf(actor)}, ${labelOf(actor)},
      ${change.action}, ${change.subject.kind}, ${String(change.subject.id)}, ${change.accountId ?? null},
      ${asJson(change.before)}::text::jsonb, ${asJson(change.after)}::text::jsonb,
      ${ctx.ip ?? null}, ${ctx.userAgent ?? null}, ${ctx.requestId})`
}

/** Writes the audit rows of many changes in one statement. */
export const auditAll = async (tx: Sql, ctx: Context, changes: readonly Change[]): Promise<void> => {
  if (changes.length === 0) return
  const { actor } = ctx
  const rows = changes.map(({ action, subject, accountId, before, after }) => ({
    action,
    kind: subject.kind,
    id: String(subject.id),
    account: accountId?.toString() ?? null,
    before,
    after,
  }))
  await tx`insert into audit_event (at, actor_kind, actor_id, actor_label, action, subject_kind, subject_id,
      account_id, before, after, ip, user_agent, request_id)
    select ${ctx.now}, ${actor.kind === 'anonymous' ? 'system' : actor.kind}, ${idOf(actor)}, ${labelOf(actor)},
      c.action, c.kind, c.id, c.account, c.before, c.after, ${ctx.ip ?? null}, ${ctx.userAgent ?? null}, ${ctx.requestId}
    from json_to_recordset(${asJson(rows)}::text::json)
      as c (action text, kind text, id text, account bigint, before jsonb, after jsonb)`
}
