import type { Sql } from '#db/client.ts'

export type WebhookRow = {
  id: bigint
  url: string
  types: string[]
  subject: string | null
  createdBy: string
  createdAt: Date
  disabledAt: Date | null
  disabledReason: string | null
  pending: number
  failed: number
  lastDeliveredAt: Date | null
}

/** An account's endpoints, oldest first, with how their deliveries of the last 30 days stand. Never their secrets. */
export const webhooksOf = async (sql: Sql, accountId: bigint, now: Date): Promise<WebhookRow[]> =>
  await sql<WebhookRow[]>`
  select e.id, e.url, e.types, e.subject, e.created_by, e.created_at, e.disabled_at, e.disabled_reason,
    d.pending, d.failed, d.last_delivered_at
  from webhook_endpoint e cross join lateral (
    select count(*) filter (where state = 'pending')::int as pending,
      count(*) filter (where state = 'failed')::int as failed,
      max(finished_at) filter (where state = 'delivered') as last_delivered_at
    from webhook_delivery where endpoint_id = e.id and created_at > ${now}::timestamptz - interval '30 days') d
  where e.account_id = ${accountId} and e.removed_at is null order by e.id`

export type DeliveryRow = {
  id: bigint
  endpointId: bigint
  url: string
  type: string
  key: string
  body: string
  state: 'pending' | 'delivered' | 'failed'
  attempts: number
  status: number | null
  lastError: string | null
  createdAt: Date
  nextAt: Date | null
  finishedAt: Date | null
}

/** What was or will be sent to an account's endpoints (to one of them), newest first, below `before`. */
export const deliveriesOf = async (
  sql: Sql,
  of: { accountId: bigint; endpointId?: bigint | undefined },
  page: { before?: bigint | undefined; limit: number },
): Promise<DeliveryRow[]> =>
  await sql<DeliveryRow[]>`
  select d.id, d.endpoint_id, e.url, d.type, d.key, d.body, d.state, d.attempts, d.status, d.last_error, d.created_at,
    d.next_at, d.finished_at
  from webhook_delivery d join webhook_endpoint e on e.id = d.endpoint_id
  where e.account_id = ${of.accountId} and e.removed_at is null
    and (${of.endpointId ?? null}::bigint is null or e.id = ${of.endpointId ?? null})
    and (${page.before ?? null}::bigint is null or d.id < ${page.before ?? null})
  order by d.id desc limit ${page.limit}`
