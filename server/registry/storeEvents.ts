import type { Pool } from '#db/client.ts'
import { hourOf } from '../time.ts'
import { countsAs, type RegistryEvent } from './event.ts'

/**
 * Stores notifications by id and counts the new ones into the hours they happened in, in one transaction. They are
 * hints: the registry keeps them in memory and forgets them when it is killed. Gives how many were new.
 */
export const storeEvents = async (sql: Pool, events: readonly RegistryEvent[], now: Date): Promise<number> => {
  if (events.length === 0) return 0
  const rows = [...new Map(events.map((event) => [event.id, event])).values()].map((event) => ({
    ...event,
    hour: hourOf(event.at),
    sent: countsAs(event) === 'sent' ? 1 : 0,
    taken: countsAs(event) === 'taken' ? 1 : 0,
  }))
  return sql.begin(async (tx) => {
    const stored = await tx<{ id: string }[]>`
      insert into registry_event (id, received_at, at, action, repository, digest, tag, media_type, method, actor, addr, raw)
      select x.id, ${now}, x.at, x.action, x.repository, x.digest, x.tag, x."mediaType", x.method, x.actor, x.addr, x.raw
      from json_to_recordset(${JSON.stringify(rows)}::text::json) as x (id text, at timestamptz, action text,
        repository text, digest text, tag text, "mediaType" text, method text, actor text, addr text, raw jsonb)
      order by x.id on conflict (id) do nothing returning id`
    const fresh = new Set(stored.map(({ id }) => id))
    const counted = rows.filter(({ id, sent, taken }) => fresh.has(id) && sent + taken > 0)
    if (counted.length > 0) {
      await tx`insert into registry_hour as h (account_id, repository_id, hour, events_sent, events_taken)
        select r.account_id, r.id, x.hour, sum(x.sent), sum(x.taken)
        from json_to_recordset(${JSON.stringify(counted)}::text::json) as x (repository text, hour int, sent int, taken int)
        join repository r on r.path = x.repository group by 1, 2, 3 order by 1, 2, 3
        on conflict (account_id, repository_id, hour) do update set events_sent = h.events_sent + excluded.events_sent,
          events_taken = h.events_taken + excluded.events_taken`
    }
    return stored.length
  })
}
