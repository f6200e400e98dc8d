import type { Sql } from '#db/client.ts'
import type { Permission, Visibility } from './permission.ts'

export type RepositoryRow = {
  id: bigint
  name: string
  path: string
  visibility: Visibility
  description: string
  official: boolean
  sizeBytes: bigint
  pulls: bigint
  pullsMonth: bigint
  stars: number
  tags: number
  teams: string[]
  pushedAt: Date | null
  deleteAt: Date | null
}

/**
 * Repositories of an account, by name: all, or those a member without a role over all of them may use. `pullsMonth` are of
 * the last 30 days.
 */
export const repositoriesOf = async (
  sql: Sql,
  accountId: bigint,
  seenBy: { userId: string | null } | 'all',
  now: Date,
): Promise<RepositoryRow[]> => {
  const userId = seenBy === 'all' ? null : seenBy.userId
  return await sql<RepositoryRow[]>`
    select r.id, r.name, r.path, r.visibility, r.description, r.official, r.size_bytes, r.pulls, r.stars, r.pushed_at,
      r.delete_at,
      coalesce((select sum(d.pulls) from registry_day d where d.account_id = ${accountId} and d.repository_id = r.id
        and d.day > ${now}::timestamptz::date - 30), 0)::bigint as pulls_month,
      (select count(*)::int from repository_tag t where t.repository_id = r.id) as tags,
      array(select t.name from repository_team p join team t on t.id = p.team_id where p.repository_id = r.id
        order by t.name) as teams
    from repository r
    where r.account_id = ${accountId} and (${seenBy === 'all'} or r.visibility = 'public'
      or exists (select 1 from repository_collaborator c where c.repository_id = r.id and c.user_id = ${userId})
      or exists (select 1 from repository_team p join team_member m on m.team_id = p.team_id
        where p.repository_id = r.id and m.user_id = ${userId}))
    order by r.name limit 1000`
}

export type RepositoryFacts = {
  description: string
  readme: string
  official: boolean
  sizeBytes: bigint
  pulls: bigint
  stars: number
  tags: number
  createdAt: Date
  createdBy: string
  pushedAt: Date | null
  pulledAt: Date | null
  starred: boolean
}

/** What is said and counted of one repository. */
export const factsOf = async (sql: Sql, id: bigint, userId: string | null): Promise<RepositoryFacts | undefined> => {
  const [row] = await sql<RepositoryFacts[]>`
    select r.description, r.readme, r.official, r.size_bytes, r.pulls, r.stars, r.created_at, r.created_by, r.pushed_at,
      r.pulled_at, (select count(*)::int from repository_tag t where t.repository_id = r.id) as tags,
      exists (select 1 from repository_star s where s.repository_id = r.id and s.user_id = ${userId}) as starred
    from repository r where r.id = ${id}`
  return row
}

export type TagRow = {
  name: string
  digest: string
  mediaType: string
  sizeBytes: bigint
  platforms: string[]
  pushedBy: string
  pushedAt: Date
  pulledAt: Date | null
  pulls: bigint
}

/** Tags of a repository, newest push first, after `offset`. */
export const tagsOf = async (
  sql: Sql,
  repositoryId: bigint,
  of: { search?: string | undefined; offset: number; limit: number },
): Promise<TagRow[]> =>
  await sql<TagRow[]>`
    select name, digest, media_type, size_bytes, platforms, pushed_by, pushed_at, pulled_at, pulls from repository_tag
    where repository_id = ${repositoryId}
      and (${of.search ?? null}::text is null or strpos(lower(name), lower(${of.search ?? ''})) > 0)
    order by pushed_at desc, name limit ${of.limit} offset ${of.offset}`

export const tagNamed = async (sql: Sql, repositoryId: bigint, name: string): Promise<TagRow | undefined> => {
  const [row] = await sql<TagRow[]>`
    select name, digest, media_type, size_bytes, platforms, pushed_by, pushed_at, pulled_at, pulls from repository_tag
    where repository_id = ${repositoryId} and name = ${name}`
  return row
}

export type ReferenceRow = {
  manifest: string
  digest: string
  role: 'child' | 'config' | 'layer' | 'subject'
  mediaType: string
  platform: string
  sizeBytes: bigint
}

/** What a manifest and its children name, in the order they name it. */
export const referencesUnder = async (sql: Sql, repositoryId: bigint, digest: string): Promise<ReferenceRow[]> =>
  await sql<ReferenceRow[]>`
    select manifest, digest, role, media_type, platform, size_bytes from registry_reference
    where repository_id = ${repositoryId} and (manifest = ${digest} or manifest in (
      select c.digest from registry_reference c
      where c.repository_id = ${repositoryId} and c.manifest = ${digest} and c.role = 'child'))
    order by manifest, position limit 2000`

export type AccessRow = { id: string; name: string; email?: string; members?: number; permission: Permission }

/** Who may use a repository beside its account's owners and admins. */
export const accessOf = async (
  sql: Sql,
  repositoryId: bigint,
): Promise<{ collaborators: AccessRow[]; teams: AccessRow[]; robots: AccessRow[] }> => {
  const [collaborators, teams, robots] = await Promise.all([
    sql<AccessRow[]>`select u.id, u.name, u.email, c.permission from repository_collaborator c
      join auth_user u on u.id = c.user_id where c.repository_id = ${repositoryId} order by u.email`,
    sql<AccessRow[]>`select t.id::text, t.name, p.permission,
        (select count(*)::int from team_member m where m.team_id = t.id) as members
      from repository_team p join team t on t.id = p.team_id where p.repository_id = ${repositoryId} order by t.name`,
    sql<AccessRow[]>`select b.id::text, b.name, coalesce(p.permission, b.every_permission) as permission
      from robot b join repository r on r.account_id = b.account_id and r.id = ${repositoryId}
      left join robot_repository p on p.robot_id = b.id and p.repository_id = r.id
      where b.revoked_at is null and (p.permission is not null or b.every_permission is not null) order by b.name`,
  ])
  return { collaborators, teams, robots }
}

export type RobotRow = {
  id: bigint
  name: string
  description: string
  hint: string
  everyPermission: 'read' | 'write' | null
  repositories: { name: string; permission: 'read' | 'write' }[]
  createdBy: string
  createdAt: Date
  rotatedAt: Date | null
  expiresAt: Date | null
  lastUsedAt: Date | null
  previousUntil: Date | null
}

/** An account's robots that were not revoked. Never their secrets. */
export const robotsOf = async (sql: Sql, accountId: bigint): Promise<RobotRow[]> =>
  await sql<RobotRow[]>`
    select b.id, b.name, b.description, b.hint, b.every_permission, b.created_by, b.created_at, b.rotated_at, b.expires_at,
      b.last_used_at, b.previous_until,
      coalesce((select jsonb_agg(jsonb_build_object('name', r.name, 'permission', p.permission) order by r.name)
        from robot_repository p join repository r on r.id = p.repository_id where p.robot_id = b.id), '[]') as repositories
    from robot b where b.account_id = ${accountId} and b.revoked_at is null order by b.name`

export type DayRow = { day: string; pulls: bigint; pushes: bigint; egressBytes: bigint; sizeBytes: bigint }

/** Days `[now - days, now]` of one repository, each day there is. */
export const daysOf = async (sql: Sql, repositoryId: bigint, days: number, now: Date): Promise<DayRow[]> =>
  await sql<DayRow[]>`
    select day::text, sum(pulls)::bigint as pulls, sum(pushes)::bigint as pushes,
      sum(egress_bytes)::bigint as egress_bytes, max(size_bytes)::bigint as size_bytes
    from registry_day where repository_id = ${repositoryId} and day > ${now}::timestamptz::date - ${days}::int
    group by day order by day`

/** The same of an account's repositories together; sizes here add up layers that they share. */
export const accountDays = async (sql: Sql, accountId: bigint, days: number, now: Date): Promise<DayRow[]> =>
  await sql<DayRow[]>`
    select day::text, sum(pulls)::bigint as pulls, sum(pushes)::bigint as pushes,
      sum(egress_bytes)::bigint as egress_bytes, sum(size_bytes)::bigint as size_bytes
    from registry_day where account_id = ${accountId} and day > ${now}::timestamptz::date - ${days}::int
    group by day order by day`

export type HeldRow = {
  privateRepositories: bigint
  repositories: bigint
  storageBytes: bigint
  pullsToday: bigint
  pullsMonth: bigint
  defaultVisibility: Visibility
}

/** What an account has in the registry, beside its limits. */
export const heldBy = async (sql: Sql, accountId: bigint, now: Date): Promise<HeldRow> => {
  const [row] = await sql<HeldRow[]>`
    select (select count(*) from repository r where r.account_id = a.id and r.delete_at is null) as repositories,
      (select count(*) from repository r where r.account_id = a.id and r.visibility = 'private' and r.delete_at is null)
        as private_repositories,
      coalesce(s.size_bytes, 0) as storage_bytes, coalesce(s.default_visibility, 'private') as default_visibility,
      coalesce((select sum(pulls) from registry_day d where d.account_id = a.id
        and d.day = ${now}::timestamptz::date), 0)::bigint as pulls_today,
      coalesce((select sum(pulls) from registry_day d where d.account_id = a.id
        and d.day > ${now}::timestamptz::date - 30), 0)::bigint as pulls_month
    from account a left join registry_account s on s.account_id = a.id where a.id = ${accountId}`
  return (
    row ?? {
      privateRepositories: 0n,
      repositories: 0n,
      storageBytes: 0n,
      pullsToday: 0n,
      pullsMonth: 0n,
      defaultVisibility: 'private',
    }
  )
}

export type MoveRow = {
  id: bigint
  fromPath: string
  toPath: string
  state: 'running' | 'done' | 'failed'
  total: number
  done: number
  error: string | null
  createdBy: string
  createdAt: Date
  finishedAt: Date | null
}

/** A repository's last rename or transfer. */
export const lastMove = async (sql: Sql, repositoryId: bigint): Promise<MoveRow | undefined> => {
  const [row] = await sql<MoveRow[]>`select id, from_path, to_path, state, total, done, error, created_by, created_at,
      finished_at from repository_move where repository_id = ${repositoryId} order by id desc limit 1`
  return row
}

export type StarredRow = { path: string; description: string; visibility: Visibility; stars: number; pulls: bigint }

/** What a person gave a star that is still public. */
export const starredBy = async (sql: Sql, userId: string): Promise<StarredRow[]> =>
  await sql<StarredRow[]>`
    select r.path, r.description, r.visibility, r.stars, r.pulls from repository_star s
    join repository r on r.id = s.repository_id
    where s.user_id = ${userId} and r.visibility = 'public' and r.delete_at is null order by s.created_at desc limit 500`
