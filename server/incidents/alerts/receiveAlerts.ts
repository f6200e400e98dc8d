import type { Tx } from '#db/client.ts'
import type { Context } from '../../context.ts'
import { announce } from '../../live.ts'
import { hostsNamed } from './hostsNamed.ts'
import { matchesAll, type Matcher } from './matchers.ts'
import type { IncomingAlert } from './parseAlerts.ts'
import { settleGroups } from './settleGroups.ts'
import { silencesNow } from './silences.ts'
import { wakeFor, type Fresh } from './wakeFor.ts'

export type Received = { received: number; fresh: number; ended: number }

type Known = {
  id: bigint
  startsAt: Date
  endsAt: Date | null
  incidentId: bigint | null
  silencedBy: bigint | null
}

/**
 * Takes alerts of one source in one transaction. Sent twice they are one (source, fingerprint, start); one that is new and
 * not silenced wakes people as its policy says, once a group; a group in which nothing fires any more wakes nobody.
 */
export const receiveAlerts = async (
  ctx: Context,
  source: string,
  alerts: readonly IncomingAlert[],
): Promise<Received> => await ctx.sql.begin((tx) => receiveAlertsIn(tx, ctx, source, alerts))

/** The same in the caller's transaction. */
export const receiveAlertsIn = async (
  tx: Tx,
  ctx: Context,
  source: string,
  alerts: readonly IncomingAlert[],
): Promise<Received> => {
  // Bodies of one source come one after another: their groups are judged as they stand.
  await tx`select pg_advisory_xact_lock(hashtextextended(${`alerts:${source}`}, 0))`
  const silences = await silencesNow(tx, ctx.now)
  const fresh: Fresh[] = []
  const ended = new Set<string>()
  let endings = 0
  for (const alert of alerts) {
    const kept = await keep(tx, ctx, source, alert, silences)
    if (kept.isFresh && kept.silencedBy === null) fresh.push(kept)
    if (kept.hasEnded) {
      endings++
      ended.add(alert.groupKey)
    }
  }
  await wakeFor(tx, ctx, source, fresh)
  await settleGroups(tx, ctx, source, [...ended])
  if (alerts.length > 0) await announce(tx, 'alerts')
  return { received: alerts.length, fresh: fresh.length, ended: endings }
}

const keep = async (
  tx: Tx,
  ctx: Context,
  source: string,
  alert: IncomingAlert,
  silences: readonly { id: bigint; matchers: Matcher[] }[],
): Promise<Fresh & { isFresh: boolean; hasEnded: boolean; silencedBy: bigint | null }> => {
  const { fingerprint, labels, annotations, severity, title, link, groupKey } = alert
  const [last] = await tx<Known[]>`select id, starts_at, ends_at, incident_id, silenced_by from alert
    where source = ${source} and fingerprint = ${fingerprint} order by starts_at desc limit 1`
  const firing = last && last.endsAt === null ? last : undefined
  const startsAt = alert.startsAt ?? firing?.startsAt ?? (alert.endsAt && last ? last.startsAt : ctx.now)
  const endsAt = alert.endsAt && (alert.endsAt > startsAt ? alert.endsAt : startsAt)
  const hostIds = await hostsNamed(tx, labels)
  const silencedBy = endsAt ? null : (silences.find(({ matchers }) => matchesAll(matchers, labels))?.id ?? null)
  const [before] = await tx<Known[]>`select id, starts_at, ends_at, incident_id, silenced_by from alert
    where source = ${source} and fingerprint = ${fingerprint} and starts_at = ${startsAt}`
  // An episode that goes on under another start, as after Prometheus was restarted, is no news.
  const goesOn = firing && !before && startsAt > firing.startsAt && endsAt === null ? firing : undefined
  if (goesOn) await tx`update alert set ends_at = ${startsAt} where id = ${goesOn.id}`
  const [row] = await tx<{ id: bigint }[]>`
    insert into alert (source, fingerprint, starts_at, ends_at, severity, title, labels, annotations, link, host_ids,
      group_key, incident_id, silenced_by, received_at, last_seen_at)
    values (${source}, ${fingerprint}, ${startsAt}, ${endsAt}, ${severity}, ${title}, ${JSON.stringify(labels)}::text::jsonb,
      ${JSON.stringify(annotations)}::text::jsonb, ${link}, ${hostIds}::int[], ${groupKey},
      ${goesOn?.incidentId ?? null}, ${silencedBy}, ${ctx.now}, ${ctx.now})
    on conflict (source, fingerprint, starts_at) do update set ends_at = excluded.ends_at, severity = excluded.severity,
      title = excluded.title, labels = excluded.labels, annotations = excluded.annotations, link = excluded.link,
      host_ids = excluded.host_ids, group_key = excluded.group_key, silenced_by = excluded.silenced_by,
      last_seen_at = excluded.last_seen_at
    returning id`
  const isFiring = endsAt === null
  return {
    id: row!.id,
    title,
    severity,
    labels,
    annotations,
    hostIds,
    groupKey,
    startsAt,
    // What was silenced and is not any more has woken nobody yet.
    isFresh: isFiring && !goesOn && (!before || before.endsAt !== null || before.silencedBy !== null),
    hasEnded: !isFiring && before?.endsAt === null,
    silencedBy,
  }
}
