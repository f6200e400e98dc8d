import type { Sql } from '#db/client.ts'

export type Statistics = {
  /** A row a UTC day, oldest first, days without anything too. */
  days: { day: string; stops: number; throttles: number; strikes: number; deleted: number }[]
  /** Stops a rule took part in, and on how many of them its strike was erased since. */
  rules: { rule: string; stops: number; owners: number; erased: number }[]
  /** Seconds from start to stop by the host. Null where there was none. */
  stopP50S: number | null
  stopP95S: number | null
  stops: number
  strikes: number
  erased: number
  disputes: { pending: number; cleared: number; stands: number }
  suspended: number
}

/** What was done about abuse since a moment, by day and rule. */
export const statistics = async (sql: Sql, since: Date, until: Date): Promise<Statistics> => {
  const days = await sql<Statistics['days']>`
    select to_char(d, 'YYYY-MM-DD') as day,
      (select count(distinct (s.host_id, s.epoch))::int from abuse_sighting s
        where s.verdict = 'stop' and s.held_by is null and s.seen_at >= d and s.seen_at < d + interval '1 day') as stops,
      (select count(distinct (s.host_id, s.epoch))::int from abuse_sighting s
        where s.verdict = 'throttle' and s.seen_at >= d and s.seen_at < d + interval '1 day') as throttles,
      (select count(*)::int from abuse_strike k where k.at >= d and k.at < d + interval '1 day') as strikes,
      (select count(*)::int from abuse_deletion k where k.at >= d and k.at < d + interval '1 day') as deleted
    from generate_series(date_trunc('day', ${since}::timestamptz at time zone 'UTC') at time zone 'UTC',
      ${until}::timestamptz, interval '1 day') d order by d`
  const rules = await sql<Statistics['rules']>`
    select rule, count(distinct (s.host_id, s.epoch))::int as stops, count(distinct s.owner)::int as owners,
      count(distinct k.id) filter (where k.erased_at is not null)::int as erased
    from abuse_sighting s cross join unnest(s.rules) as rule left join abuse_strike k on k.sighting_id = s.id
    where s.verdict = 'stop' and s.held_by is null and s.seen_at >= ${since} and s.seen_at < ${until}
    group by rule order by 2 desc, 1`
  const [time] = await sql<{ p50: number | null; p95: number | null; stops: number }[]>`
    select percentile_cont(0.5) within group (order by s) as p50, percentile_cont(0.95) within group (order by s) as p95,
      count(*)::int as stops
    from (select extract(epoch from min(acted_at) - min(started_at))::float8 as s from abuse_sighting
      where action = 'stopped' and verdict = 'stop' and acted_at is not null and seen_at >= ${since} and seen_at < ${until}
      group by host_id, epoch) t`
  const [strikes] = await sql<{ strikes: number; erased: number }[]>`
    select count(*)::int as strikes, count(erased_at)::int as erased from abuse_strike
    where at >= ${since} and at < ${until}`
  const [disputes] = await sql<Statistics['disputes'][]>`
    select count(*) filter (where state = 'pending')::int as pending, count(*) filter (where state = 'cleared')::int as cleared,
      count(*) filter (where state = 'stands')::int as stands
    from abuse_dispute where opened_at >= ${since} and opened_at < ${until}`
  const [held] = await sql<{ suspended: number }[]>`
    select count(distinct c.owner)::int as suspended from abuse_event e join abuse_case c on c.id = e.case_id
    where e.kind = 'suspended' and e.at >= ${since} and e.at < ${until}`
  return {
    days: [...days],
    rules: [...rules],
    stopP50S: time?.p50 ?? null,
    stopP95S: time?.p95 ?? null,
    stops: time?.stops ?? 0,
    strikes: strikes?.strikes ?? 0,
    erased: strikes?.erased ?? 0,
    disputes: disputes ?? { pending: 0, cleared: 0, stands: 0 },
    suspended: held?.suspended ?? 0,
  }
}
