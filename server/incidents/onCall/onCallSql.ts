import type { Sql } from '#db/client.ts'
import { incidentName } from '../state.ts'
import type { Matcher } from '../alerts/matchers.ts'
import type { Step } from './policy.ts'

export type Person = { id: string; name: string; email: string }

/** Whoever can be on call, by name. */
export const listPeople = async (sql: Sql): Promise<Person[]> => [
  ...(await sql<Person[]>`select u.id, u.name, u.email from auth_user u
    where exists (select 1 from platform_role r where r.user_id = u.id) order by u.name, u.email`),
]

export type PolicyRow = {
  id: bigint
  name: string
  steps: Step[]
  repeatMinutes: number
  matchers: Matcher[]
  position: number
}

/** Policies in the order in which they are tried. */
export const listPolicies = async (sql: Sql): Promise<PolicyRow[]> => [
  ...(await sql<PolicyRow[]>`select id, name, steps, repeat_minutes, matchers, position from escalation_policy
    where removed_at is null order by position, id`),
]

export type ContactRow = {
  id: bigint
  userId: string
  kind: string
  address: string
  /** How the last message by it ended; null before the first. */
  lastState: string | null
  lastDetail: string | null
  lastAt: Date | null
}

/** Ways to reach people, and how the last message by each ended. */
export const listContacts = async (sql: Sql): Promise<ContactRow[]> => [
  ...(await sql<ContactRow[]>`select c.id, c.user_id, c.kind, c.address, l.state as last_state, l.detail as last_detail,
      l.created_at as last_at
    from contact_method c left join lateral (select state, detail, created_at from page_message m
      where m.contact_id = c.id and m.state <> 'skipped' order by m.id desc limit 1) l on true
    where c.removed_at is null order by c.user_id, c.position, c.id`),
]

export type PageRow = {
  id: bigint
  title: string
  state: 'open' | 'acknowledged' | 'resolved'
  isDrill: boolean
  openedAt: Date
  acknowledgedAt: Date | null
  acknowledgedBy: string | null
  nextAt: Date | null
  incident: string | null
  policy: string | null
  messages: {
    person: string
    kind: string
    address: string
    round: number
    state: string
    detail: string
    at: Date | null
  }[]
}

/**
 * Pages, those that wait for somebody first, then newest. A mail counts as sent once the mail server took it: until then it
 * waits in the outbox.
 */
export const listPages = async (sql: Sql, limit: number): Promise<PageRow[]> => {
  const rows = await sql<(Omit<PageRow, 'incident' | 'messages'> & { incidentId: bigint | null })[]>`
    select p.id, p.title, p.state, p.is_drill, p.opened_at, p.acknowledged_at, p.acknowledged_by, p.next_at, p.incident_id,
      e.name as policy from page p left join escalation_policy e on e.id = p.policy_id
    order by p.state = 'open' desc, p.id desc limit ${limit}`
  const messages = await sql<(PageRow['messages'][number] & { pageId: bigint })[]>`
    select m.page_id, coalesce(u.name, m.user_id) as person, m.kind, m.address, m.round, m.detail,
      case when m.kind = 'email' and m.state = 'sent' and l.sent_at is null then 'waiting' else m.state end as state,
      coalesce(l.sent_at, m.sent_at) as at
    from page_message m left join auth_user u on u.id = m.user_id
      left join mail l on m.kind = 'email' and l.key = 'page-message-' || m.id
    where m.page_id = any(${rows.map(({ id }) => String(id))}::bigint[]) order by m.id desc`
  return rows.map(({ incidentId, ...row }) => ({
    ...row,
    incident: incidentId === null ? null : incidentName(incidentId),
    messages: messages.filter(({ pageId }) => pageId === row.id).map(({ pageId: _, ...message }) => message),
  }))
}
