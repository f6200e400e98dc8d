import type { Sql } from '#db/client.ts'
import type { Body, Receipt } from './channel.ts'

export type ChannelRow = {
  id: bigint
  kind: string
  name: string
  isPublic: boolean
  settings: unknown
  sealedSecret: string | null
}

/** Channels that are on, in their order. */
export const readChannels = async (sql: Sql): Promise<ChannelRow[]> =>
  await sql<ChannelRow[]>`select id, kind, name, is_public, settings, sealed_secret from channel
    where removed_at is null and enabled order by position, id`

/** A delivery that was taken to be sent, and what it needs. `was` is how it stood before. */
export type Taken = {
  id: bigint
  updateId: bigint
  aboutId: bigint | null
  incidentId: bigint
  target: string
  action: 'post' | 'edit' | 'delete'
  body: Body
  key: string
  was: 'pending' | 'retryable' | 'unknown'
  attempts: number
  createdAt: Date
  takenAt: Date
}

/** Not ended yet: it holds back what comes after it on the same target and incident. */
const unfinished = (sql: Sql) =>
  sql`(e.state in ('pending', 'retryable', 'sending') or (e.state = 'unknown' and e.next_at is not null))`

/**
 * Targets that have something due, whose channel is free, and since when the newest of it is. Subscribers and customers have a
 * worker of their own.
 */
export const dueTargets = async (sql: Sql, now: Date): Promise<{ target: string; since: Date }[]> =>
  await sql<{ target: string; since: Date }[]>`
    select d.target, max(greatest(d.next_at, c.wait_until)) as since from delivery d left join channel c on c.id = d.channel_id
    where d.state in ('pending', 'retryable', 'unknown') and d.next_at <= ${now} and d.subscriber_id is null
      and d.recipient is null and (c.wait_until is null or c.wait_until <= ${now})
    group by 1`

/** When the next delivery is due that is not due yet; null where none waits. */
export const nextDue = async (sql: Sql, now: Date): Promise<Date | null> => {
  const [row] = await sql<{ at: Date | null }[]>`
    select min(greatest(d.next_at, c.wait_until)) as at from delivery d left join channel c on c.id = d.channel_id
    where d.state in ('pending', 'retryable', 'unknown') and d.subscriber_id is null
      and d.recipient is null and greatest(d.next_at, c.wait_until) > ${now} and (c.id is null or (c.enabled and c.removed_at is null))`
  return row?.at ?? null
}

/** Older deliveries to the target that were not sent and that a newer update, now due, makes needless. */
export const supersede = async (sql: Sql, target: string, now: Date): Promise<void> => {
  await sql`update delivery d set state = 'superseded', next_at = null, last_error = 'a newer update was ready first'
    from incident_update u where u.id = d.update_id and d.target = ${target} and d.state in ('pending', 'retryable')
      and u.kind in ('update', 'reminder') and u.state not in ('resolved', 'completed', 'postmortem')
      and exists (select 1 from delivery n join incident_update nu on nu.id = n.update_id
        where n.target = d.target and n.incident_id = d.incident_id and n.id > d.id
          and n.state in ('pending', 'retryable') and n.next_at <= ${now} and nu.undone_at is null
          and (nu.kind in ('update', 'reminder') or nu.about_id = d.update_id))`
}

/**
 * Takes the oldest delivery of a target that is due and next in its incident's order, as `sending`. Whoever else asks
 * meanwhile goes past it.
 */
export const take = async (sql: Sql, target: string, now: Date): Promise<Taken | undefined> => {
  const [row] = await sql<Taken[]>`
    with next as (
      select d.id, d.state from delivery d join incident_update u on u.id = d.update_id
      where d.target = ${target} and d.state in ('pending', 'retryable', 'unknown') and d.next_at <= ${now}
        and u.undone_at is null and not exists (select 1 from delivery e where e.target = d.target
          and e.incident_id = d.incident_id and e.id < d.id and ${unfinished(sql)})
      order by d.next_at, d.id limit 1 for update of d skip locked)
    update delivery d set state = 'sending', taken_at = ${now}, attempts = d.attempts + 1
    from next, incident_update u where d.id = next.id and u.id = d.update_id
    returning d.id, d.update_id, u.about_id, d.incident_id, d.target, d.action, d.body, d.key, next.state as was,
      d.attempts, d.created_at, d.taken_at`
  return row
}

/** The post a reply goes to: the incident's first on this target that still stands. */
export const firstPost = async (sql: Sql, { target, incidentId, id }: Taken): Promise<Receipt | null> => {
  const [row] = await sql<{ receipt: Receipt }[]>`
    select d.receipt from delivery d where d.target = ${target} and d.incident_id = ${incidentId} and d.id < ${id}
      and d.action = 'post' and d.state = 'delivered' and not exists (
        select 1 from delivery x join incident_update u on u.id = x.update_id
        where x.target = d.target and x.action = 'delete' and u.about_id = d.update_id
          and x.state in ('delivered', 'unknown', 'sending'))
    order by d.id limit 1`
  return row?.receipt ?? null
}

/** How the post stands that an edit or a deletion is about. */
export const postOf = async (
  sql: Sql,
  { target, aboutId }: Taken,
): Promise<{ state: string; receipt: Receipt | null } | undefined> => {
  const [row] = await sql<{ state: string; receipt: Receipt | null }[]>`
    select state, receipt from delivery where target = ${target} and update_id = ${aboutId} and action = 'post'`
  return row
}
