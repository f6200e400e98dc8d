import type { Sql } from '#db/client.ts'
import type { Context } from '../context.ts'
import { addJob } from '../jobs.ts'
import { TEST_EVENT, type EventType } from './events.ts'

/** Something that happened to an account. `key` states the fact: told twice, each endpoint gets it once. */
export type NewEvent = {
  accountId: bigint
  type: EventType
  key: string
  /** What receivers read; bigints go as decimal strings, times as ISO 8601. */
  data: Record<string, unknown>
  /** What it is about, for endpoints that ask for one subject only, such as a repository. */
  subject?: string
}

/** The body of an event, written once: every try sends these bytes. */
export const eventBody = (type: string, at: Date, data: Record<string, unknown>): string =>
  JSON.stringify({ type, timestamp: at, data }, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )

/** Whether anybody is to be told of such events; spares what it takes to word them. */
export const isHeard = async (tx: Sql, accountId: bigint, type: EventType): Promise<boolean> => {
  const [row] = await tx`select 1 from webhook_endpoint where account_id = ${accountId} and ${type} = any(types)
    and removed_at is null and disabled_at is null limit 1`
  return row !== undefined
}

/** Has an event delivered to each of the account's endpoints that asked for it, once the caller's transaction commits. */
export const sendEvent = async (tx: Sql, ctx: Pick<Context, 'now'>, event: NewEvent): Promise<void> => {
  const { accountId, type, key, data, subject } = event
  const rows = await tx<{ id: bigint }[]>`
    insert into webhook_delivery (endpoint_id, type, key, body, created_at, next_at)
    select e.id, ${type}, ${key}, ${eventBody(type, ctx.now, data)}, ${ctx.now}, ${ctx.now} from webhook_endpoint e
    where e.account_id = ${accountId} and e.removed_at is null and e.disabled_at is null and ${type} = any(e.types)
      and (e.subject is null or e.subject = ${subject ?? null})
    on conflict (endpoint_id, key) do nothing returning id`
  for (const { id } of rows) await queueDelivery(tx, id)
}

/** Sends a test event to one endpoint, whatever it asks for. */
export const sendTest = async (tx: Sql, ctx: Context, endpointId: bigint, account: string): Promise<bigint> => {
  const body = eventBody(TEST_EVENT, ctx.now, { account, message: 'A test, sent by hand.' })
  const [row] = await tx<{ id: bigint }[]>`
    insert into webhook_delivery (endpoint_id, type, key, body, created_at, next_at)
    values (${endpointId}, ${TEST_EVENT}, ${`test:${ctx.requestId}`}, ${body}, ${ctx.now}, ${ctx.now}) returning id`
  await queueDelivery(tx, row!.id)
  return row!.id
}

/** Has a delivery tried, at once or later; one that waits already is moved. */
export const queueDelivery = async (tx: Sql, deliveryId: bigint, runAt?: Date): Promise<void> => {
  const options = { key: `webhook:${deliveryId}`, ...(runAt ? { runAt } : {}) }
  await addJob(tx, 'notices.webhook', { deliveryId: String(deliveryId) }, options)
}
