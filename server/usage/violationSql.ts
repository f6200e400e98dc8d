import type { Sql } from '#db/client.ts'
import type { Meter } from '#agents/protocol.ts'
import { FOREVER_HOUR, hourOf, type Window } from '../time.ts'
import { NAME_KEY, IMAGE_KEY } from './label.ts'
import { columnOf, stepsOf } from './sql.ts'

export type ViolationState = 'open' | 'acknowledged' | 'resolved'
export type ViolationFilter = {
  state?: ViolationState | 'unresolved' | undefined
  meter?: string | undefined
  level?: 'soft' | 'hard' | undefined
  kind?: 'quota' | 'runaway_log' | undefined
  account?: string | undefined
  accountId?: bigint | undefined
  text?: string | undefined
  /** Ids below this one. */
  cursor?: bigint | undefined
  limit: number
}

export type ViolationRow = {
  id: bigint
  account: string | null
  app: string | null
  hostId: number | null
  host: string | null
  /** The container's newest life, which is what commands mean; null where it is about no container. */
  epoch: number | null
  running: boolean
  containerId: string | null
  container: string | null
  kind: 'quota' | 'runaway_log'
  scope: 'account' | 'app' | 'container'
  meter: string
  level: 'soft' | 'hard'
  used: bigint
  limit: bigint | null
  soft: bigint | null
  hard: bigint | null
  action: string | null
  graceSeconds: number | null
  state: ViolationState
  occurrences: number
  openedAt: Date
  lastSeenAt: Date
  hardSince: Date | null
  actedAt: Date | null
  resolvedAt: Date | null
}

const violationRows = (sql: Sql) => sql`
  select v.id, a.name as account, v.app, v.host_id, h.name as host, life.epoch, coalesce(e.container_id, life.container_id) as container_id,
    coalesce(life.name, e.name) as container, coalesce(life.running, false) as running, v.kind, coalesce(q.scope, case when v.host_id is null then 'account' else 'container' end) as scope,
    v.meter, v.level, v.used, v.limit_value as limit, q.soft_limit as soft, q.hard_limit as hard, q.action, q.grace_seconds,
    v.state, v.occurrences, v.opened_at, v.last_seen_at, v.hard_since, v.acted_at, v.resolved_at
  from violation v
  left join account a on a.id = v.account_id
  left join host h on h.id = v.host_id
  left join epoch e on e.host_id = v.host_id and e.epoch = v.epoch
  left join lateral (
    select k.epoch, k.name, k.container_id, k.ended_at is null as running from epoch k
    where k.host_id = v.host_id and k.container_id = e.container_id and k.kind = 'container'
    order by k.opened_at desc limit 1
  ) life on true
  left join quota q on q.id = v.quota_id`

const numbered = <T extends { epoch: number | null }>(rows: readonly T[]): T[] =>
  rows.map((row) => ({ ...row, epoch: row.epoch === null ? null : Number(row.epoch) }))

/** Violations, newest first. */
export const listViolations = async (sql: Sql, f: ViolationFilter): Promise<ViolationRow[]> =>
  numbered(
    await sql<ViolationRow[]>`select * from (${violationRows(sql)}
      where true
        ${f.state === undefined ? sql`` : f.state === 'unresolved' ? sql`and v.state <> 'resolved'` : sql`and v.state = ${f.state}`}
        ${f.meter === undefined ? sql`` : sql`and v.meter = ${f.meter}`}
        ${f.level === undefined ? sql`` : sql`and v.level = ${f.level}`}
        ${f.kind === undefined ? sql`` : sql`and v.kind = ${f.kind}`}
        ${f.account === undefined ? sql`` : sql`and a.name = ${f.account}`}
        ${f.accountId === undefined ? sql`` : sql`and v.account_id = ${f.accountId}`}
        ${f.cursor === undefined ? sql`` : sql`and v.id < ${f.cursor}`}) x
      where ${f.text === undefined ? sql`true` : sql`concat_ws(' ', account, app, host, container) ilike ${`%${f.text.replaceAll(/[\\%_]/g, '\\$&')}%`}`}
      order by id desc limit ${f.limit}`,
  )

export const violationById = async (sql: Sql, id: bigint): Promise<ViolationRow | undefined> =>
  numbered(await sql<ViolationRow[]>`${violationRows(sql)} where v.id = ${id}`)[0]

/** How many there are of each state, unresolved ones by level and meter. */
export const countViolations = async (sql: Sql) => {
  const [row] = await sql<{ open: number; acknowledged: number; hard: number; runaway: number; resolvedDay: number }[]>`
    select count(*) filter (where state = 'open')::int as open, count(*) filter (where state = 'acknowledged')::int as acknowledged,
      count(*) filter (where state <> 'resolved' and level = 'hard')::int as hard,
      count(*) filter (where state <> 'resolved' and kind = 'runaway_log')::int as runaway,
      count(*) filter (where state = 'resolved' and resolved_at > now() - interval '1 day')::int as resolved_day
    from violation where state <> 'resolved' or resolved_at > now() - interval '1 day'`
  return row!
}

export type ViolationEvent = {
  id: bigint
  at: Date
  kind: string
  actor: string
  detail: Record<string, unknown>
  /** Of the command it led to. */
  commandState: string | null
  commandDetail: string | null
  evidence: Record<string, string | number | boolean> | null
}

/** A violation's history, oldest first, with what its commands came to. */
export const violationEvents = async (sql: Sql, id: bigint): Promise<ViolationEvent[]> =>
  await sql<ViolationEvent[]>`
    select v.id, v.at, v.kind, v.actor, v.detail, c.state as command_state, c.detail as command_detail, c.evidence
    from violation_event v
    left join command c on v.kind = 'acted' and c.id = (v.detail ->> 'commandId')::bigint
    where v.violation_id = ${id} order by v.id limit 500`

export type Consumer = {
  key: string
  account: string | null
  app: string | null
  hostId: number | null
  containerId: string | null
  container: string | null
  used: bigint
}

/** Who used most of a meter in a window of whole hours or days, by account or app. Account null is "unattributed". */
export const topOwners = async (
  sql: Sql,
  meter: Meter,
  window: Window,
  unit: 'hour' | 'day',
  by: 'account' | 'app',
  limit: number,
): Promise<Consumer[]> => {
  const [from, until] = stepsOf(window, unit)
  return await sql<Consumer[]>`
    select coalesce(a.name, '') || ${by === 'app' ? sql`'/' || t.app` : sql`''`} as key, a.name as account, t.app, null::int as host_id,
      null as container_id, null as container, t.used
    from (
      select account_id, ${by === 'app' ? sql`app` : sql`null as app`}, sum(${sql(columnOf(meter))})::bigint as used from ${sql(`account_${unit}`)}
      where ${sql(unit)} >= ${from} and ${sql(unit)} < ${until} group by 1, 2 order by used desc limit ${limit}
    ) t left join account a on a.id = t.account_id where t.used > 0 order by t.used desc`
}

/** The containers that used most of a meter in one hour. */
export const topContainers = async (sql: Sql, meter: Meter, hour: number, limit: number): Promise<Consumer[]> =>
  await sql<Consumer[]>`
    select t.host_id || ':' || t.container_id as key, a.name as account, o.app, t.host_id, t.container_id, t.container, t.used
    from (
      select u.host_id, max(u.epoch) filter (where e.kind = 'container') as epoch, min(u.epoch) as any_epoch,
        coalesce(e.container_id, e.object_id) as container_id,
        coalesce(max(e.name) filter (where e.kind = 'container'), max(e.name)) as container, sum(u.${sql(columnOf(meter))})::bigint as used
      from host h join usage_hour u on u.host_id = h.id and u.hour = ${hour}
      join epoch e on e.host_id = u.host_id and e.epoch = u.epoch
      where u.${sql(columnOf(meter))} > 0
      group by u.host_id, coalesce(e.container_id, e.object_id) order by used desc limit ${limit}
    ) t
    left join attribution o on o.host_id = t.host_id and o.epoch = coalesce(t.epoch, t.any_epoch) and o.until_hour = ${FOREVER_HOUR}
    left join account a on a.id = o.account_id order by t.used desc`

export type Unattributed = {
  labelKey: string
  labelValue: string
  /** The label names an account that is not known. */
  unknownAccount: boolean
  containers: number
  running: number
  hosts: number
  firstSeenAt: Date
  sample: string[]
  cpuUs: bigint
  memoryMibS: bigint
}

/** Containers that nobody owns, grouped by what a rule could go by: account label, compose project, else image. */
export const unattributed = async (sql: Sql, accountLabel: string, now: Date): Promise<Unattributed[]> => {
  const until = hourOf(now) + 1
  return await sql<Unattributed[]>`
    with bare as materialized (
      select e.host_id, e.epoch, e.name, e.opened_at, e.ended_at,
        case when e.labels ->> ${accountLabel} <> '' then ${accountLabel}
          when e.labels ->> 'com.docker.compose.project' <> '' then 'com.docker.compose.project'
          when e.image <> '' then ${IMAGE_KEY} else ${NAME_KEY} end as label_key, e.labels, e.image
      from attribution t join epoch e on e.host_id = t.host_id and e.epoch = t.epoch and e.kind = 'container'
      where t.account_id is null and t.until_hour = ${FOREVER_HOUR}
      order by t.host_id, t.epoch limit 20000
    )
    select b.label_key, case b.label_key when ${IMAGE_KEY} then b.image when ${NAME_KEY} then b.name else b.labels ->> b.label_key end as label_value,
      b.label_key = ${accountLabel} as unknown_account, count(*)::int as containers,
      count(*) filter (where b.ended_at is null)::int as running, count(distinct b.host_id)::int as hosts,
      min(b.opened_at) as first_seen_at, (array_agg(distinct b.name))[1:3] as sample,
      coalesce(sum(u.cpu_us), 0)::bigint as cpu_us, coalesce(sum(u.memory_mib_s), 0)::bigint as memory_mib_s
    from bare b left join lateral (
      select sum(cpu_us) as cpu_us, sum(memory_mib_s) as memory_mib_s from usage_hour u
      where u.host_id = b.host_id and u.epoch = b.epoch and u.hour >= ${until - 24} and u.hour < ${until}
    ) u on true
    group by 1, 2, 3 order by cpu_us desc, containers desc limit 500`
}

/** Containers of one such group, newest first. */
export const unattributedContainers = async (sql: Sql, labelKey: string, labelValue: string, limit: number) =>
  await sql<
    {
      hostId: number
      host: string
      containerId: string
      name: string
      image: string
      labels: Record<string, string>
      openedAt: Date
      endedAt: Date | null
    }[]
  >`
    select e.host_id, h.name as host, e.container_id, e.name, e.image, e.labels, e.opened_at, e.ended_at
    from attribution t join epoch e on e.host_id = t.host_id and e.epoch = t.epoch and e.kind = 'container'
    join host h on h.id = e.host_id
    where t.account_id is null and t.until_hour = ${FOREVER_HOUR}
      and case ${labelKey} when ${IMAGE_KEY} then e.image when ${NAME_KEY} then e.name else e.labels ->> ${labelKey} end = ${labelValue}
    order by e.opened_at desc limit ${limit}`

export const listLabelRules = async (sql: Sql) =>
  await sql<
    {
      id: bigint
      cluster: string | null
      labelKey: string
      labelValue: string
      account: string
      app: string | null
      priority: number
      createdBy: string
      createdAt: Date
      containers: number
    }[]
  >`
    select r.id, c.name as cluster, r.label_key, r.label_value, a.name as account, r.app, r.priority, r.created_by, r.created_at,
      (select count(*) from attribution t where t.account_id = r.account_id and t.rule_id = r.id)::int as containers
    from label_rule r join account a on a.id = r.account_id left join cluster c on c.id = r.cluster_id
    where r.removed_at is null order by r.priority, r.id`

export const listQuotas = async (sql: Sql) =>
  await sql<
    {
      id: bigint
      plan: string | null
      account: string | null
      app: string | null
      scope: 'account' | 'app' | 'container'
      meter: string
      soft: bigint | null
      hard: bigint | null
      graceSeconds: number
      action: string
      createdBy: string
      createdAt: Date
      violations: number
    }[]
  >`
    select q.id, q.plan, a.name as account, q.app, q.scope, q.meter, q.soft_limit as soft, q.hard_limit as hard, q.grace_seconds, q.action,
      q.created_by, q.created_at, (select count(*) from violation v where v.quota_id = q.id and v.state <> 'resolved')::int as violations
    from quota q left join account a on a.id = q.account_id where q.removed_at is null
    order by q.account_id nulls first, array_position(array['free', 'team', 'business'], q.plan), q.app nulls first, q.scope, q.meter`
