import type { Sql } from '#db/client.ts'
import type { MemberRole, PlatformRole, Scope } from '../context.ts'
import type { Permission, Visibility } from './permission.ts'

/** Who asks, resolved: at most one of a user and a robot; `scopes` and `onlyAccountId` narrow an API token. */
export type Who = {
  userId: string | null
  robotId: bigint | null
  robotAccountId: bigint | null
  everyPermission: 'read' | 'write' | null
  scopes: Scope[] | null
  onlyAccountId: bigint | null
  roles: PlatformRole[]
  /** Abuse or an admin suspended the person's own account. */
  isHeld: boolean
}

export const userWho = async (sql: Sql, userId: string): Promise<Who> => {
  const [row] = await sql<Pick<Who, 'roles' | 'isHeld'>[]>`select
    array(select role from platform_role where user_id = ${userId}) as roles, ${heldPerson(sql, userId)} as is_held`
  return { ...nobody, userId, roles: row?.roles ?? [], isHeld: row?.isHeld ?? false }
}

const heldPerson = (sql: Sql, userId: string) => sql`exists (select 1 from account_member m
  join account a on a.id = m.account_id and a.kind = 'user' join account_hold h on h.account_id = a.id
  where m.user_id = ${userId} and h.lifted_at is null and h.kind in ('abuse', 'admin'))`

/** An API token that is neither revoked nor expired; one without a user is a robot of the platform. */
export const tokenWho = async (sql: Sql, tokenId: bigint, now: Date): Promise<Who | undefined> => {
  const [token] = await sql<{ userId: string | null; accountId: bigint | null; scopes: Scope[] }[]>`
    select user_id, account_id, scopes from api_token
    where id = ${tokenId} and revoked_at is null and (expires_at is null or expires_at > ${now})`
  if (!token) return undefined
  const { userId, accountId: onlyAccountId, scopes } = token
  if (userId !== null) return { ...(await userWho(sql, userId)), scopes, onlyAccountId }
  return { ...nobody, scopes, onlyAccountId, roles: scopes.includes('admin') ? ['admin'] : [] }
}

/** A robot that is neither revoked nor expired. */
export const robotWho = async (sql: Sql, robotId: bigint, now: Date): Promise<Who | undefined> => {
  const [robot] = await sql<{ accountId: bigint; everyPermission: 'read' | 'write' | null }[]>`
    select account_id, every_permission from robot
    where id = ${robotId} and revoked_at is null and (expires_at is null or expires_at > ${now})`
  if (!robot) return undefined
  const { accountId: robotAccountId, everyPermission } = robot
  return { ...nobody, robotId, robotAccountId, everyPermission, onlyAccountId: robotAccountId }
}

/** Somebody who did not sign in. */
export const nobody: Who = {
  userId: null,
  robotId: null,
  robotAccountId: null,
  everyPermission: null,
  scopes: null,
  onlyAccountId: null,
  roles: [],
  isHeld: false,
}

/** A name that was asked for, with what is there and what the asking one has in it. */
export type Found = {
  asked: string
  accountId: bigint
  account: string
  role: MemberRole | null
  holds: ('billing' | 'abuse' | 'admin')[]
  repositoryId: bigint | null
  path: string | null
  visibility: Visibility | null
  deleteAt: Date | null
  isMoving: boolean | null
  team: Permission[]
  collaborator: Permission | null
  robot: 'read' | 'write' | null
  /** Among the account's private repositories, oldest first, from 1. */
  rank: bigint
  defaultVisibility: Visibility
  storageBytes: bigint
  privateRepositories: bigint
  pullsToday: bigint
  limits: { key: string; value: string | null }[]
}

/** What is under some paths (`account/name`), also where only the account is; redirects are followed. */
export const findPaths = async (sql: Sql, who: Who, paths: readonly string[], now: Date): Promise<Found[]> =>
  await sql<Found[]>`
    with asked as (
      select p.path as asked, coalesce(direct.id, old.repository_id) as id
      from unnest(${paths as string[]}::text[]) as p (path)
      left join repository direct on direct.path = p.path
      left join repository_redirect old on old.path = p.path and direct.id is null
    )
    select k.asked, a.id as account_id, a.name as account, m.role,
      array(select h.kind from account_hold h where h.account_id = a.id and h.lifted_at is null) as holds,
      r.id as repository_id, r.path, r.visibility, r.delete_at,
      exists (select 1 from repository_move v where v.repository_id = r.id and v.state = 'running') as is_moving,
      array(select t.permission from repository_team t join team_member x on x.team_id = t.team_id
        join account_member y on y.account_id = a.id and y.user_id = x.user_id
        where t.repository_id = r.id and x.user_id = ${who.userId}) as team,
      c.permission as collaborator, b.permission as robot,
      case when r.visibility = 'private' then (select count(*) from repository o where o.account_id = a.id
        and o.visibility = 'private' and o.delete_at is null and o.id <= r.id) else 0 end as rank,
      coalesce(s.default_visibility, 'private') as default_visibility, coalesce(s.size_bytes, 0) as storage_bytes,
      (select count(*) from repository o where o.account_id = a.id and o.visibility = 'private' and o.delete_at is null)
        as private_repositories,
      coalesce((select sum(d.pulls) from registry_day d where d.account_id = a.id and d.day = ${now}::timestamptz::date),
        0)::bigint as pulls_today,
      coalesce((select jsonb_agg(jsonb_build_object('key', e.key, 'value', e.value::text)) from entitlement e
        where e.account_id = a.id), '[]') as limits
    from asked k
    left join repository r on r.id = k.id
    join account a on a.closed_at is null
      and case when r.id is null then a.name = split_part(k.asked, '/', 1) else a.id = r.account_id end
    left join account_member m on m.account_id = a.id and m.user_id = ${who.userId}
    left join repository_collaborator c on c.repository_id = r.id and c.user_id = ${who.userId}
    left join robot_repository b on b.repository_id = r.id and b.robot_id = ${who.robotId}
    left join registry_account s on s.account_id = a.id`
