import type { Sql } from '#db/client.ts'

export type AuditFilter = {
  /** Part of an actor's label, or its exact id. */
  actor?: string | undefined
  /** An action or the start of one: `accounts.hold`. */
  action?: string | undefined
  /** Part of a subject: `user`, or its exact id. */
  subject?: string | undefined
  account?: string | undefined
  from?: Date | undefined
  until?: Date | undefined
}

export type AuditRow = {
  id: bigint
  at: Date
  actorKind: 'user' | 'token' | 'agent' | 'system'
  actorId: string
  actorLabel: string
  action: string
  subjectKind: string
  subjectId: string
  /** The subject in words where it is a person. */
  subjectLabel: string | null
  account: string | null
  before: unknown
  after: unknown
  ip: string | null
  userAgent: string | null
  requestId: string | null
}

/** Audit rows in `[from, until)`, newest first, below the id `before`. */
export const auditRows = async (
  sql: Sql,
  filter: AuditFilter,
  page: { before?: bigint | undefined; limit: number },
): Promise<AuditRow[]> => {
  const { actor = null, action = null, subject = null, account = null, from = null, until = null } = filter
  // Spelled out, the index on action serves them; a `like` with a variable it would not, nor a range in every collation.
  const actions = action === null ? null : (await auditActions(sql)).filter((known) => known.startsWith(action))
  return await sql<AuditRow[]>`
    select e.id, e.at, e.actor_kind, e.actor_id, e.actor_label, e.action, e.subject_kind, e.subject_id,
      case when e.subject_kind = 'user' then (select u.email from auth_user u where u.id = e.subject_id) end as subject_label,
      a.name as account, e.before, e.after, e.ip, e.user_agent, e.request_id
    from audit_event e left join account a on a.id = e.account_id
    where (${page.before ?? null}::bigint is null or e.id < ${page.before ?? null})
      and (${actions}::text[] is null or e.action = any(${actions}::text[]))
      and (${actor}::text is null or e.actor_id = ${actor} or strpos(lower(e.actor_label), lower(${actor})) > 0)
      and (${subject}::text is null or e.subject_id = ${subject} or e.subject_kind = ${subject})
      and (${account}::text is null or e.account_id = (select id from account where name = ${account}))
      and (${from}::timestamptz is null or e.at >= ${from})
      and (${until}::timestamptz is null or e.at < ${until})
    order by e.id desc limit ${page.limit}`
}

/** The actions there are, for the filter. */
export const auditActions = async (sql: Sql): Promise<string[]> => {
  // A loose index scan: one step an action instead of every row.
  const rows = await sql<{ action: string }[]>`
    with recursive step as (
      (select action from audit_event order by action limit 1)
      union all
      select (select e.action from audit_event e where e.action > step.action order by e.action limit 1)
      from step where step.action is not null
    ) select action from step where action is not null`
  return rows.map((row) => row.action)
}
