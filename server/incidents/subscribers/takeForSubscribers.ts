import type { Sql } from '#db/client.ts'
import type { Body } from '../channel.ts'
import type { SubscriberKind } from './address.ts'

/**
 * A delivery that was taken to be sent to a subscriber, or by mail to a customer (`subscriberId` null), and what it needs.
 * `was` is how it stood before.
 */
export type TakenForOne = {
  id: bigint
  incidentId: bigint
  subscriberId: bigint | null
  key: string
  was: 'pending' | 'retryable' | 'unknown'
  attempts: number
  createdAt: Date
  takenAt: Date
  body: Body
  address: string
  settings: Record<string, string>
  sealedSecret: string | null
}

/** No try lasts this long: mails are taken only as many at a time as go out in seconds. */
export const LEASE_MS = 120_000

/**
 * Takes up to `most` deliveries that are due and next in their incident's order for their subscriber, as `sending`. Whoever
 * else asks meanwhile goes past them. Mails are those to customers, too.
 */
export const takeFor = async (sql: Sql, kind: SubscriberKind, now: Date, most: number): Promise<TakenForOne[]> =>
  await sql<TakenForOne[]>`
    with next as (
      select d.id, d.state from delivery d
      where d.state in ('pending', 'retryable', 'unknown') and d.next_at <= ${now}
        -- Asked a row at a time: joined, a planner that has not counted the new rows yet reads all of them for each.
        and (d.recipient is not null and ${kind === 'email'} or (select s.kind = ${kind} and s.unsubscribed_at is null
          and s.quarantined_at is null from subscriber s where s.id = d.subscriber_id))
        and (select u.undone_at is null from incident_update u where u.id = d.update_id)
        and (select e.id from delivery e where e.target = d.target and e.incident_id = d.incident_id and e.id < d.id
          and (e.state in ('pending', 'retryable', 'sending') or (e.state = 'unknown' and e.next_at is not null))
          limit 1) is null
      order by d.next_at limit ${most} for update of d skip locked),
    taken as (
      update delivery d set state = 'sending', taken_at = ${now}, attempts = d.attempts + 1
      from next where d.id = next.id
      returning d.id, d.update_id, d.incident_id, d.subscriber_id, d.recipient, d.body, d.key, next.state as was,
        d.attempts, d.created_at, d.taken_at)
    select t.id, t.incident_id, t.subscriber_id, t.key, t.was, t.attempts, t.created_at, t.taken_at,
      coalesce(x.body, t.body) as body, coalesce(s.address, t.recipient) as address, coalesce(s.settings, '{}') as settings,
      s.sealed_secret
    from taken t left join subscriber s on s.id = t.subscriber_id
      left join subscriber_text x on x.update_id = t.update_id and x.kind = s.kind
    order by t.id`

/** When the next delivery to a subscriber or customer is due, which may be by now; null where none waits. */
export const nextFor = async (sql: Sql): Promise<Date | null> => {
  const [row] = await sql<{ at: Date | null }[]>`select min(d.next_at) as at from delivery d
    where d.state in ('pending', 'retryable', 'unknown') and d.next_at is not null
      and (d.subscriber_id is not null or d.recipient is not null)`
  return row?.at ?? null
}

/**
 * What is not to be sent any more: to those who left or whose address came back, and what a newer update that is due makes
 * needless. What was interrupted is unknown, and due at once: mails and webhooks are told again by their id.
 */
export const sortOut = async (sql: Sql, now: Date): Promise<void> => {
  await sql`with cut as (
      update delivery set state = 'unknown', next_at = ${now}, last_error = 'interrupted while it was being sent'
      where id in (select id from delivery where state = 'sending' and (subscriber_id is not null or recipient is not null)
        and taken_at < ${new Date(now.getTime() - LEASE_MS)} for update skip locked)
      returning id, attempts, taken_at)
    insert into delivery_attempt (delivery_id, number, at, outcome, detail, took_ms)
      select id, attempts, taken_at, 'unknown', 'interrupted while it was being sent', 0 from cut on conflict do nothing`
  await sql`update delivery d set state = 'skipped', next_at = null,
      last_error = case when s.unsubscribed_at is null then 'the address came back' else 'unsubscribed' end
    from subscriber s where s.id = d.subscriber_id and d.state in ('pending', 'retryable') and d.next_at <= ${now}
      and (s.unsubscribed_at is not null or s.quarantined_at is not null)`
  await sql`update delivery d set state = 'superseded', next_at = null, last_error = 'a newer update was ready first'
    from incident_update u where u.id = d.update_id and (d.subscriber_id is not null or d.recipient is not null)
      and d.state in ('pending', 'retryable')
      and u.kind in ('update', 'reminder') and u.state not in ('resolved', 'completed', 'postmortem')
      and exists (select 1 from delivery n join incident_update nu on nu.id = n.update_id
        where n.target = d.target and n.incident_id = d.incident_id and n.id > d.id
          and n.state in ('pending', 'retryable') and n.next_at <= ${now} and nu.undone_at is null
          and (nu.kind in ('update', 'reminder') or nu.about_id = d.update_id))`
}
