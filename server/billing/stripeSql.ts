import type { Sql } from '#db/client.ts'

export type DriftRow = {
  id: bigint
  account: string | null
  kind: string
  objectId: string
  ours: string | null
  theirs: string | null
  foundAt: Date
  lastSeenAt: Date
  resolvedAt: Date | null
}

/** Where Stripe and we differ: open ones first, newest first, then those resolved. */
export const drifts = async (sql: Sql, limit: number): Promise<DriftRow[]> =>
  await sql<DriftRow[]>`select d.id, a.name as account, d.kind, d.object_id, d.ours, d.theirs, d.found_at,
      d.last_seen_at, d.resolved_at
    from stripe_drift d left join account a on a.id = d.account_id
    order by d.resolved_at is not null, d.found_at desc, d.id desc limit ${limit}`

export type EventRow = {
  id: string
  type: string
  objectId: string | null
  account: string | null
  receivedAt: Date
  processedAt: Date | null
  lastError: string | null
}

/** Webhooks that failed or were not acted on yet; with `all` also those that were. Newest first. */
export const events = async (sql: Sql, { all, limit }: { all: boolean; limit: number }): Promise<EventRow[]> =>
  await sql<EventRow[]>`select e.id, e.type, e.object_id, a.name as account, e.received_at, e.processed_at, e.last_error
    from stripe_event e
      left join billing_profile p on p.stripe_customer_id = coalesce(e.body -> 'data' -> 'object' ->> 'customer',
        case when e.type like 'customer.%' then e.object_id end)
      left join account a on a.id = p.account_id
    where ${all} or e.processed_at is null
    order by e.received_at desc, e.id desc limit ${limit}`

export type CallRow = {
  id: bigint
  account: string | null
  kind: string
  key: string
  state: 'pending' | 'failed'
  attempts: number
  lastError: string | null
  createdAt: Date
}

/** Calls to Stripe not made yet or refused. Oldest first. */
export const outstandingCalls = async (sql: Sql, limit: number): Promise<CallRow[]> =>
  await sql<CallRow[]>`select c.id, a.name as account, c.kind, c.key, c.state, c.attempts, c.last_error, c.created_at
    from stripe_call c left join account a on a.id = c.account_id
    where c.state <> 'done' order by c.id limit ${limit}`

export type StripeCounts = {
  driftsOpen: number
  eventsOpen: number
  eventsFailed: number
  callsPending: number
  callsFailed: number
  customers: number
  lastEventAt: Date | null
  lastComparedAt: Date | null
}

/** The state of things with Stripe at a glance. */
export const stripeCounts = async (sql: Sql): Promise<StripeCounts> => {
  const [row] = await sql<StripeCounts[]>`select
    (select count(*)::int from stripe_drift where resolved_at is null) as drifts_open,
    (select count(*)::int from stripe_event where processed_at is null) as events_open,
    (select count(*)::int from stripe_event where processed_at is null and last_error is not null) as events_failed,
    (select count(*)::int from stripe_call where state = 'pending') as calls_pending,
    (select count(*)::int from stripe_call where state = 'failed') as calls_failed,
    (select count(*)::int from billing_profile where stripe_customer_id is not null) as customers,
    (select max(received_at) from stripe_event) as last_event_at,
    (select max(at) from audit_event where action = 'billing.stripe.compare') as last_compared_at`
  return row!
}
