import type { Tx } from '#db/client.ts'
import type { Context } from '../../context.ts'
import { addJob } from '../../jobs.ts'
import type { Reach } from '../addDeliveries.ts'
import type { PostedUpdate } from '../postUpdate.ts'
import { SUBSCRIBER_KINDS } from './address.ts'
import { subscriberTexts } from './subscriberTexts.ts'

/** How subscribers are named among the channels that an update may leave out. */
export const SUBSCRIBERS = 'subscribers'

/** Who is told of an incident: those of everything, of a component in it, and who heard of it before; or only these. */
const told = (tx: Tx, incidentId: bigint, isOnlyBefore: boolean) => tx`
  s.confirmed_at is not null and s.unsubscribed_at is null and s.quarantined_at is null
    and (not ${isOnlyBefore}::boolean and (s.components is null
        or s.components && array(select c.key from incident_component i join component c on c.id = i.component_id
          where i.incident_id = ${incidentId}))
      or exists (select 1 from delivery d where d.target = 'subscriber:' || s.id and d.incident_id = ${incidentId}
        and d.state not in ('skipped', 'superseded', 'permanent')))`

/**
 * One delivery a subscriber of an update, in one statement, with the text frozen once a kind. Those that shall not be sent
 * are kept as skipped, with the reason.
 */
export const addToSubscribers = async (
  tx: Tx,
  ctx: Context,
  update: PostedUpdate,
  { audience, skipped, overrides, sendAfter }: Reach,
): Promise<void> => {
  const why = update.isDrill
    ? 'a drill is told to nobody'
    : skipped.includes(SUBSCRIBERS)
      ? 'left out by whoever posted'
      : null
  const noMail = ctx.env.SMTP_URL === undefined ? 'no mail server is set (SMTP_URL)' : null
  const key = `${update.incident}-u${update.number}-subscriber-`.toLowerCase()
  const [added] = await tx<{ count: number }[]>`
    with made as (
      insert into delivery (update_id, incident_id, subscriber_id, target, action, body, key, state, next_at, last_error, created_at)
      select ${update.updateId}, ${update.incidentId}, w.id, 'subscriber:' || w.id, 'post', '{}', ${key}::text || w.id,
        case when w.why is null then 'pending' else 'skipped' end,
        case when w.why is null then ${sendAfter}::timestamptz end, w.why, ${ctx.now}
      from (select s.id, coalesce(${why}::text, case when s.kind = 'email' then ${noMail}::text end) as why
        from subscriber s where ${told(tx, update.incidentId, audience === 'affected')}) w
      returning 1)
    select count(*)::int as count from made`
  if (added!.count === 0) return
  const texts = subscriberTexts({ ...update, text: overrides[SUBSCRIBERS]?.trim() || update.text })
  for (const kind of SUBSCRIBER_KINDS)
    await tx`insert into subscriber_text (update_id, kind, body)
      values (${update.updateId}, ${kind}, ${JSON.stringify(texts[kind])}::text::jsonb)`
  await addJob(tx, 'incidents.tell_subscribers', {}, { runAt: sendAfter })
}
