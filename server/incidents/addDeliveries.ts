import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import type { Body } from './channel.ts'
import { adapterOf } from './channels/kinds.ts'
import { addToCustomers } from './customers/addToCustomers.ts'
import { readChannels, type ChannelRow } from './deliverySql.ts'
import type { PostedUpdate } from './postUpdate.ts'
import { isOver } from './state.ts'
import { addToSubscribers } from './subscribers/addToSubscribers.ts'

export type Reach = {
  audience: 'everybody' | 'affected'
  overrides: Readonly<Record<string, string>>
  skipped: readonly string[]
  /** Nothing is sent before. */
  sendAfter: Date
}

type Row = {
  target: string
  channelId: string | null
  action: 'post' | 'edit' | 'delete'
  body: Body
  why: string | null
}

/** The worker starts so much before, and waits out the rest itself: queues look for work every two seconds. */
const HEAD_START_MS = 2_500

/**
 * One delivery a target, with its text frozen, and the job that sends them. Those that shall not be sent are kept too, as
 * skipped, with the reason. @throws BAD_REQUEST at `overrides.ID` for a text that is too long for its channel
 */
export const addDeliveries = async (tx: Tx, ctx: Context, update: PostedUpdate, reach: Reach): Promise<void> => {
  const told = isOver(update.state) ? await toldBefore(tx, update.incidentId) : new Set<string>()
  const channels = (await readChannels(tx)).filter(
    ({ id, isPublic }) => reach.audience === 'everybody' || !isPublic || told.has(String(id)),
  )
  const rows = channels.flatMap((channel) => rowOf(channel, update, reach))
  const own: Row[] = ['banner', ...(reach.audience === 'everybody' ? ['status'] : [])].map((target) => ({
    target,
    channelId: null,
    action: 'post',
    body: { text: update.text },
    why: null,
  }))
  const all = [...rows, ...own].map(({ why, body, ...row }) => ({
    ...row,
    body: JSON.stringify(body),
    why: update.isDrill ? 'a drill is told to nobody' : why,
    key: `${update.incident}-u${update.number}-${row.target.replace(':', '-')}-${row.action}`.toLowerCase(),
  }))
  await tx`insert into delivery (update_id, incident_id, channel_id, target, action, body, key, state, next_at, last_error,
      created_at)
    select ${update.updateId}, ${update.incidentId}, r."channelId"::bigint, r.target, r.action, r.body::jsonb, r.key,
      case when r.why is null then 'pending' else 'skipped' end,
      case when r.why is null then ${reach.sendAfter}::timestamptz end, r.why, ${ctx.now}
    from json_to_recordset(${JSON.stringify(all)}::text::json)
      as r (target text, "channelId" text, action text, body text, key text, why text)`
  const startAt = Math.max(ctx.now.getTime(), reach.sendAfter.getTime() - HEAD_START_MS)
  await addJob(tx, 'incidents.deliver', {}, { runAt: new Date(startAt) })
  // Subscribers are the public, too: of what is for few they hear only how what they were told of ends.
  if (reach.audience === 'everybody' || isOver(update.state)) await addToSubscribers(tx, ctx, update, reach)
  await addToCustomers(tx, ctx, update, reach)
}

const rowOf = (channel: ChannelRow, update: PostedUpdate, { overrides, skipped }: Reach): Row[] => {
  const adapter = adapterOf(channel.kind)
  if (!adapter) return []
  const id = String(channel.id)
  const override = overrides[id]?.trim()
  const body = adapter.render(update, channel.settings, override || undefined)
  const { used, limit, unit } = adapter.measure(body, channel.settings)
  if (override && used > limit) {
    const words = `the text for ${channel.name} takes ${used} of ${limit} ${unit}`
    throw new DomainError('BAD_REQUEST', words, { path: `overrides.${id}` })
  }
  const wanted = ({ correction: 'edit', retraction: 'delete' } as const)[update.kind as 'correction' | 'retraction']
  const action = wanted && adapter.can?.includes(wanted) ? wanted : 'post'
  return [
    {
      target: `channel:${id}`,
      channelId: id,
      action,
      body,
      why: skipped.includes(id) ? 'left out by whoever posted' : null,
    },
  ]
}

/** Channels that heard of the incident, or may have. */
const toldBefore = async (tx: Tx, incidentId: bigint): Promise<Set<string>> => {
  const rows = await tx<{ id: bigint }[]>`select distinct channel_id as id from delivery
    where incident_id = ${incidentId} and channel_id is not null and state not in ('skipped', 'superseded', 'permanent')`
  return new Set(rows.map(({ id }) => String(id)))
}
