import type { Sql } from '#db/client.ts'

export type LedgerRow = {
  id: bigint
  channelId: bigint | null
  kind: string
  name: string
  action: 'post' | 'edit' | 'delete'
  state: string
  text: string
  key: string
  attempts: number
  nextAt: Date | null
  receiptId: string | null
  url: string | null
  lastError: string | null
  acceptedAt: Date | null
  tries: { number: number; at: string; outcome: string; detail: string; tookMs: number }[]
}

export type LedgerUpdate = {
  updateId: bigint
  number: number
  kind: string
  state: string
  createdBy: string
  createdAt: Date
  sendAfter: Date
  undoneAt: Date | null
  rows: LedgerRow[]
  /** Many at once, each told by their own delivery. */
  crowds: Crowd[]
}

/** Customers' owners and admins, or subscribers: how their deliveries stand, and whom it did not reach, at most so many as a person reads. */
export type Crowd = {
  of: 'customers' | 'subscribers'
  states: { state: string; count: number }[]
  failures: FailureRow[]
}

/** Somebody whom an update did not reach, or perhaps did not. `canRetry`: it is not one whose address came back. */
export type FailureRow = {
  id: bigint
  kind: string
  name: string
  state: string
  attempts: number
  nextAt: Date | null
  lastError: string | null
  canRetry: boolean
}
const MOST_FAILURES = 50

/** What became of an incident's updates, newest first; in each, what failed comes first. */
export const readLedger = async (sql: Sql, incidentId: bigint): Promise<LedgerUpdate[]> => {
  const updates = await sql<Omit<LedgerUpdate, 'rows' | 'crowds'>[]>`
    select id as update_id, number, kind, state, created_by, created_at, send_after, undone_at from incident_update
    where incident_id = ${incidentId} order by number desc limit 100`
  const ids = updates.map(({ updateId }) => String(updateId))
  const rows = await sql<(LedgerRow & { updateId: bigint })[]>`
    select d.update_id, d.id, d.channel_id, coalesce(c.kind, d.target) as kind, coalesce(c.name, d.target) as name, d.action,
      d.state, d.body ->> 'text' as text, d.key, d.attempts, d.next_at, d.receipt ->> 'id' as receipt_id,
      d.receipt ->> 'url' as url, d.last_error, d.accepted_at,
      (select coalesce(json_agg(json_build_object('number', a.number, 'at', a.at, 'outcome', a.outcome, 'detail', a.detail,
          'tookMs', a.took_ms) order by a.number), '[]') from delivery_attempt a where a.delivery_id = d.id) as tries
    from delivery d left join channel c on c.id = d.channel_id
    where d.update_id = any(${ids}::bigint[]) and d.subscriber_id is null and d.recipient is null
    order by array_position('{permanent,unknown,retryable,sending,pending,delivered,superseded,skipped}'::text[], d.state),
      c.position nulls first, d.id`
  const crowds = await readCrowds(sql, ids)
  return updates.map((update) => ({
    ...update,
    rows: rows.filter(({ updateId }) => updateId === update.updateId).map(({ updateId: _, ...row }) => row),
    crowds: crowds.get(update.updateId) ?? [],
  }))
}

const crowdOf = (sql: Sql) => sql`case when d.recipient is null then 'subscribers' else 'customers' end`

/** The crowds of these updates, by update; those that somebody has to look at first. */
const readCrowds = async (sql: Sql, updateIds: readonly string[]): Promise<Map<bigint, Crowd[]>> => {
  const ids = [...updateIds]
  const counts = await sql<{ updateId: bigint; of: Crowd['of']; state: string; count: number }[]>`
    select d.update_id, ${crowdOf(sql)} as of, d.state, count(*)::int as count from delivery d
    where d.update_id = any(${ids}::bigint[]) and (d.subscriber_id is not null or d.recipient is not null)
    group by 1, 2, 3 order by 2, 3`
  const failures = await sql<(FailureRow & { updateId: bigint; of: Crowd['of'] })[]>`
    select f.* from unnest(${ids}::bigint[]) u (id), unnest('{customers,subscribers}'::text[]) k (of), lateral (
      select d.update_id, k.of, d.id, coalesce(s.kind, 'email') as kind, coalesce(s.address, d.recipient) as name, d.state,
        d.attempts, d.next_at, d.last_error,
        d.recipient is not null or (s.unsubscribed_at is null and s.quarantined_at is null) as can_retry
      from delivery d left join subscriber s on s.id = d.subscriber_id
      where d.update_id = u.id and d.state in ('permanent', 'unknown', 'retryable') and d.channel_id is null
        and case k.of when 'customers' then d.recipient is not null else d.subscriber_id is not null end
      order by array_position('{permanent,unknown,retryable}'::text[], d.state), d.id limit ${MOST_FAILURES}) f`
  const crowds = new Map<bigint, Crowd[]>()
  for (const { updateId, of, state, count } of counts) {
    const own = crowds.get(updateId) ?? crowds.set(updateId, []).get(updateId)!
    const crowd = own.find((one) => one.of === of)
    if (crowd) crowd.states.push({ state, count })
    else
      own.push({
        of,
        states: [{ state, count }],
        failures: failures
          .filter((failure) => failure.updateId === updateId && failure.of === of)
          .map(({ updateId: _, of: __, ...failure }) => failure),
      })
  }
  return crowds
}

export type ChannelView = {
  id: bigint
  kind: string
  name: string
  isPublic: boolean
  /** Never its secret. */
  settings: Record<string, unknown>
  hasSecret: boolean
  position: number
  enabled: boolean
  health: 'unknown' | 'ok' | 'failing' | 'unauthorized'
  healthDetail: string | null
  healthAt: Date | null
  waitUntil: Date | null
  lastDeliveredAt: Date | null
}

export const listChannels = async (sql: Sql): Promise<ChannelView[]> =>
  await sql<
    ChannelView[]
  >`select id, kind, name, is_public, settings, sealed_secret is not null as has_secret, position,
      enabled, health, health_detail, health_at, wait_until,
      (select max(accepted_at) from delivery d where d.target = 'channel:' || channel.id) as last_delivered_at
    from channel where removed_at is null order by position, id`
