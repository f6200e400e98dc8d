import type { Sql } from '#db/client.ts'
import type { Executable, Observation } from '#agents/rules.ts'
import type { Contribution } from '#agents/score.ts'
import type { CaseState } from './openCase.ts'

export type CaseRow = {
  id: bigint
  owner: string
  accountId: bigint | null
  app: string
  category: string
  state: CaseState
  points: number
  openedAt: Date
  lastSeenAt: Date
  assignedTo: string | null
  closedAt: Date | null
  outcome: 'cleared' | 'expired' | 'confirmed' | null
  reason: string | null
  /** Strikes of the app that stand, counting what they carry. */
  strikes: number
  plan: string | null
  /** True where all hosts it was seen on are simulated. */
  simulated: boolean
  disputed: boolean
}

const caseColumns = (sql: Sql, now: Date) => sql`
  c.id, c.owner, c.account_id, c.app, c.category, c.state, c.points, c.opened_at, c.last_seen_at, c.assigned_to,
  c.closed_at, c.outcome, c.reason, a.plan,
  coalesce((select sum(1 + k.carried) from abuse_strike k where k.owner = c.owner and k.app = c.app
    and k.erased_at is null and k.expires_at > ${now}), 0)::int as strikes,
  coalesce((select bool_and(h.simulated) from abuse_sighting s join host h on h.id = s.host_id where s.case_id = c.id), false)
    as simulated,
  exists (select 1 from abuse_dispute d where d.case_id = c.id and d.state = 'pending') as disputed`

export type CaseFilter = {
  open: boolean
  category?: string | undefined
  owner?: string | undefined
  cursor?: bigint | undefined
  limit: number
}

/** Cases, newest first: the open ones, or those that are closed. */
export const listCases = async (sql: Sql, now: Date, filter: CaseFilter): Promise<CaseRow[]> => [
  ...(await sql<CaseRow[]>`
    select ${caseColumns(sql, now)} from abuse_case c left join account a on a.id = c.account_id
    where (c.closed_at is null) = ${filter.open}
      and (${filter.category ?? null}::text is null or c.category = ${filter.category ?? null})
      and (${filter.owner ?? null}::text is null or c.owner = ${filter.owner ?? null})
      and (${filter.cursor ?? null}::bigint is null or c.id < ${filter.cursor ?? null})
    order by c.id desc limit ${filter.limit}`),
]

export const caseById = async (sql: Sql, now: Date, id: bigint): Promise<CaseRow | undefined> => {
  const [row] = await sql<CaseRow[]>`
    select ${caseColumns(sql, now)} from abuse_case c left join account a on a.id = c.account_id where c.id = ${id}`
  return row
}

export const countOpen = async (sql: Sql): Promise<{ open: number; disputed: number }> => {
  const [row] = await sql<{ open: number; disputed: number }[]>`
    select count(*) filter (where closed_at is null)::int as open,
      count(*) filter (where state = 'disputed')::int as disputed from abuse_case`
  return row ?? { open: 0, disputed: 0 }
}

export type SightingRow = {
  id: bigint
  hostId: number
  host: string
  epoch: bigint
  containerId: string
  name: string
  image: string
  imageId: string | null
  seenAt: Date
  startedAt: Date
  actedAt: Date | null
  action: string
  verdict: string
  points: number
  category: string | null
  contributions: Contribution[]
  observations: Observation[]
  executables: Executable[]
  wallets: string[]
  heldBy: string | null
  wouldHave: string
  dryRules: string[]
  bundle: bigint
}

export const sightingsOf = async (sql: Sql, caseId: bigint, limit: number): Promise<SightingRow[]> => [
  ...(await sql<SightingRow[]>`
    select s.id, s.host_id, h.name as host, s.epoch, s.container_id, s.name, s.image, s.image_id, s.seen_at, s.started_at,
      s.acted_at, s.action, s.verdict, s.points, s.category, s.contributions, s.observations, s.executables, s.wallets,
      s.held_by, s.would_have, s.dry_rules, s.bundle
    from abuse_sighting s join host h on h.id = s.host_id where s.case_id = ${caseId} order by s.id desc limit ${limit}`),
]

export type StrikeRow = {
  id: bigint
  caseId: bigint
  app: string
  number: number
  carried: number
  at: Date
  toldAt: Date
  expiresAt: Date
  erasedAt: Date | null
  erasedBy: string | null
  erasedReason: string | null
  name: string
}

/** All strikes of an owner, on one app or on all, oldest first. */
export const strikesOf = async (sql: Sql, owner: string, app: string | null): Promise<StrikeRow[]> => [
  ...(await sql<StrikeRow[]>`
    select id, case_id, app, number, carried, at, told_at, expires_at, erased_at, erased_by, erased_reason, name
    from abuse_strike where owner = ${owner} and (${app}::text is null or app = ${app}) order by id`),
]

export type DisputeRow = {
  id: bigint
  digest: string
  rules: string[]
  words: string
  state: 'pending' | 'cleared' | 'stands'
  openedBy: string
  openedAt: Date
  dueAt: Date
  busyS: number
  decidedAt: Date | null
  decision: string | null
}

export const disputesOf = async (sql: Sql, caseId: bigint): Promise<DisputeRow[]> => [
  ...(await sql<
    DisputeRow[]
  >`select id, digest, rules, words, state, opened_by, opened_at, due_at, busy_s, decided_at, decision
    from abuse_dispute where case_id = ${caseId} order by id desc`),
]

export type DeletionRow = {
  id: bigint
  at: Date
  deletedBy: string
  keepUntil: Date
  restoredAt: Date | null
  wipedAt: Date | null
  /** Containers whose deletion is done, of all, and of how many the configuration is kept. */
  containers: number
  done: number
  kept: number
}

export const deletionsOf = async (sql: Sql, caseId: bigint): Promise<DeletionRow[]> => [
  ...(await sql<DeletionRow[]>`
    select d.id, d.at, d.deleted_by, d.keep_until, d.restored_at, d.wiped_at, count(distinct (c.host_id, c.container_id))::int as containers,
      count(distinct (c.host_id, c.container_id)) filter (where c.state = 'done')::int as done,
      count(distinct (c.host_id, c.container_id)) filter (where c.evidence ? 'createConfig')::int as kept
    from abuse_deletion d left join command c on c.key like 'abuse:deletion:' || d.id || ':delete:%'
    where d.case_id = ${caseId} group by d.id order by d.id desc`),
]

export type EventRow = { id: bigint; at: Date; kind: string; actor: string; words: string; detail: unknown }

export const eventsOf = async (sql: Sql, caseId: bigint): Promise<EventRow[]> => [
  ...(await sql<EventRow[]>`select id, at, kind, actor, words, detail from abuse_event
    where case_id = ${caseId} order by at, id limit 1000`),
]
