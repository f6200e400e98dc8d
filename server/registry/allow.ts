import type { Sql } from '#db/client.ts'
import { findPaths, nobody, robotWho, tokenWho, userWho, type Found, type Who } from './allowSql.ts'
import {
  fullText,
  hasRoom,
  isFull,
  isOver,
  isPulledOut,
  limitsOf,
  noRoomText,
  overText,
  pulledOutText,
  type Held,
  type Limits,
} from './limits.ts'
import { OFFICIAL, pathOf } from './path.ts'
import { actionsOf, greatest, roleGives, type Action, type Permission, type Visibility } from './permission.ts'

/** Who asks: a signed-in user, an API token, a robot, or anybody. */
export type Subject = { userId: string } | { tokenId: bigint } | { robotId: bigint } | { anonymous: true }

/** What a subject may do under one name. */
export type Grant = {
  /** The repository's present name: another than the asked one where it was renamed, or the asked one was short. */
  path: string
  repositoryId?: bigint
  accountId?: bigint
  actions: Action[]
  /** A push makes the repository with this visibility: call `createByPush` before granting it. */
  creates?: Visibility
  /** Why not more, for the client to show. Never says of a repository the subject cannot see that it is there. */
  reason?: string
  /** Pulls are used up for today: 429 rather than 401. */
  isLimited?: boolean
}

const UNLIMITED: Limits = { privateRepositories: null, storageMib: null, pullsADay: null }

/**
 * What a subject may do in the registry under each of `names` (as clients write them: `acme/api`, `alpine`). The one place
 * that decides it; pages, tokens and the command line ask here. A name nobody may use has no actions and says why.
 */
export const allowed = async (
  sql: Sql,
  subject: Subject,
  names: readonly string[],
  at: { now: Date; publicUrl: string },
): Promise<Map<string, Grant>> => {
  const who = await resolve(sql, subject, at.now)
  const paths = new Map(names.map((name) => [name, pathOf(name)]))
  const asked = [...new Set([...paths.values()].flatMap((path) => ('fault' in path ? [] : [path.path])))]
  const found = new Map((await findPaths(sql, who, asked, at.now)).map((row) => [row.asked, row]))
  const grants = new Map<string, Grant>()
  for (const [name, path] of paths) {
    if ('fault' in path) grants.set(name, { path: name, actions: [], reason: path.fault })
    else grants.set(name, judge(who, path.path, found.get(path.path), at.publicUrl))
  }
  return grants
}

/** A token or robot that ended since it signed in is worth what anybody is. */
const resolve = async (sql: Sql, subject: Subject, now: Date): Promise<Who> => {
  if ('userId' in subject) return userWho(sql, subject.userId)
  if ('tokenId' in subject) return (await tokenWho(sql, subject.tokenId, now)) ?? nobody
  if ('robotId' in subject) return (await robotWho(sql, subject.robotId, now)) ?? nobody
  return nobody
}

/** The subject's permission in what was found, before limits and holds. */
export const permissionIn = (who: Who, found: Found): Permission | undefined => {
  if (who.onlyAccountId !== null && who.onlyAccountId !== found.accountId) return undefined
  if (found.account === OFFICIAL && who.roles.includes('admin')) return 'admin'
  const every = who.robotAccountId === found.accountId ? who.everyPermission : null
  const given = greatest([roleGives(found.role), found.collaborator, found.robot, every, ...found.team])
  if (who.scopes?.includes('write') === false) {
    return given && who.scopes.includes('read') ? 'read' : undefined
  }
  return given
}

const judge = (who: Who, asked: string, found: Found | undefined, publicUrl: string): Grant => {
  if (!found) return { path: asked, actions: [] }
  const limits =
    found.account === OFFICIAL
      ? UNLIMITED
      : limitsOf(found.limits.map(({ key, value }) => ({ key, value: value === null ? null : BigInt(value) })))
  const held = {
    privateRepositories: found.privateRepositories,
    storageBytes: found.storageBytes,
    pullsToday: found.pullsToday,
  }
  const room = { limits, held, planUrl: `${publicUrl}/${found.account}/plan` }
  if (found.repositoryId === null) return judgeNew(who, asked, found, room)
  return judgeOld(who, found, found.repositoryId, room)
}

type Room = { limits: Limits; held: Held; planUrl: string }

/** A name without a repository: who may make repositories in the account makes this one by pushing to it. */
const judgeNew = (who: Who, path: string, found: Found, { limits, held, planUrl }: Room): Grant => {
  const permission = permissionIn(who, found)
  const mayCreate = permission === 'admin' || (who.robotId !== null && permission === 'write')
  const nothing = { path, accountId: found.accountId, actions: [] }
  if (!mayCreate) {
    return unseen(path, found)
  }
  const stop = stopsPush(who, found)
  if (stop) return { ...nothing, reason: stop }
  const creates = found.account === OFFICIAL ? 'public' : found.defaultVisibility
  if (creates === 'private' && !hasRoom(limits, held)) {
    return { ...nothing, reason: noRoomText(found.account, limits, planUrl) }
  }
  if (isFull(limits, held)) return { ...nothing, reason: fullText(found.account, limits, held, planUrl) }
  return { ...nothing, actions: ['pull', 'push'], creates }
}

/** The same answer whether a repository is there that the subject cannot see or none is. */
const unseen = (path: string, found: Found): Grant =>
  found.role === null
    ? { path, actions: [] }
    : {
        path,
        actions: [],
        reason: `there is no ${path} that you can use; an owner or admin of ${found.account} can help`,
      }

const judgeOld = (who: Who, found: Found, repositoryId: bigint, { limits, held, planUrl }: Room): Grant => {
  const path = found.path ?? found.asked
  const permission = permissionIn(who, found)
  const isPublic = found.visibility === 'public' && found.deleteAt === null
  if (permission === undefined && !isPublic) return unseen(found.asked, found)
  const base = { path, repositoryId, accountId: found.accountId }
  const given = permission ? actionsOf(permission) : (['pull'] as const)
  const isOwn = found.role !== null || who.robotAccountId === found.accountId
  if (found.deleteAt !== null) {
    const mayKeep = permission === 'admin'
    const when = found.deleteAt.toISOString().slice(0, 10)
    return {
      ...base,
      actions: mayKeep ? ['pull'] : [],
      reason: `${path} is being deleted on ${when}; an admin can keep it`,
    }
  }
  if (!isOwn && found.holds.some((kind) => kind !== 'billing')) {
    return { ...base, actions: [], reason: `${found.account} is suspended` }
  }
  const isBeyond = isOver(limits, found.visibility ?? 'private', found.rank)
  if (!isOwn && isBeyond) return { ...base, actions: [], reason: overText(path, limits, planUrl) }
  if (!isOwn && isPulledOut(limits, held)) {
    return { ...base, actions: [], isLimited: true, reason: pulledOutText(found.account, limits) }
  }
  const stop =
    stopsPush(who, found) ??
    (found.isMoving ? `${path} is being renamed; push again in a minute` : undefined) ??
    (isBeyond ? overText(path, limits, planUrl) : undefined)
  if (stop && given.includes('push')) return { ...base, actions: ['pull'], reason: stop }
  if (isFull(limits, held) && given.includes('push')) {
    // Deleting is what makes room again.
    const left = given.filter((action) => action !== 'push')
    return { ...base, actions: left, reason: fullText(found.account, limits, held, planUrl) }
  }
  if (given.includes('push')) return { ...base, actions: [...given] }
  return { ...base, actions: [...given], reason: `you may pull ${path}, not push to it; an admin of it can let you` }
}

/** What stops changes whatever the permission. */
const stopsPush = (who: Who, found: Found): string | undefined => {
  const [hold] = found.holds
  if (hold) return `${found.account} is suspended (${hold}), so its repositories are read-only`
  return who.isHeld ? 'your account is suspended, so you can pull but not push' : undefined
}
