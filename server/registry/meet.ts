import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { permissionIn } from './allow.ts'
import { findPaths, nobody, userWho, type Who } from './allowSql.ts'
import { pathOf } from './path.ts'
import { isEnough, type Permission, type Visibility } from './permission.ts'

/** A repository as the asking one meets it. `permission` is undefined for who only sees that it is public. */
export type Met = {
  id: bigint
  accountId: bigint
  account: string
  name: string
  path: string
  visibility: Visibility
  deleteAt: Date | null
  isMoving: boolean
  permission: Permission | undefined
  /** Reasons why its account is suspended. */
  holds: string[]
}

/** Who an actor is in the registry. Platform operators look on everywhere, admins of it may do anything. */
export const whoAsks = async (ctx: Context): Promise<Who & { looksOn: boolean; administers: boolean }> => {
  const who = await whoOf(ctx)
  const has = (scope: 'operate' | 'admin') => who.scopes === null || who.scopes.includes(scope)
  const administers = ctx.actor.kind === 'system' || (who.roles.includes('admin') && has('admin'))
  return { ...who, administers, looksOn: administers || (who.roles.length > 0 && has('operate')) }
}

const whoOf = async ({ sql, actor }: Context): Promise<Who> => {
  if (actor.kind === 'user') return userWho(sql, actor.userId)
  if (actor.kind !== 'token') return nobody
  const { userId, scopes, accountId: onlyAccountId, roles } = actor
  return { ...(userId === null ? nobody : await userWho(sql, userId)), scopes, onlyAccountId, roles }
}

/** The repository under a path or its old name, where the asking one can see it. @throws NOT_FOUND in the same words else */
export const meet = async (ctx: Context, asked: string): Promise<Met> => {
  const unknown = new DomainError('NOT_FOUND', `no repository "${asked}" that you can see`, { path: 'path' })
  const path = pathOf(asked)
  if ('fault' in path) throw unknown
  const who = await whoAsks(ctx)
  const [found] = await findPaths(ctx.sql, who, [path.path], ctx.now)
  if (!found || found.repositoryId === null || found.path === null || found.visibility === null) throw unknown
  const permission = who.administers ? 'admin' : permissionIn(who, found)
  const isOpen = found.visibility === 'public' && found.deleteAt === null
  if (permission === undefined && !isOpen && !who.looksOn) throw unknown
  return {
    id: found.repositoryId,
    accountId: found.accountId,
    account: found.account,
    name: found.path.slice(found.path.indexOf('/') + 1),
    path: found.path,
    visibility: found.visibility,
    deleteAt: found.deleteAt,
    isMoving: found.isMoving ?? false,
    permission: who.administers ? 'admin' : permission,
    holds: who.administers ? [] : found.holds,
  }
}

/** The same for who changes it: needs a permission, and an account that is not suspended. @throws FORBIDDEN, CONFLICT */
export const meetToChange = async (ctx: Context, asked: string, needed: Permission = 'admin'): Promise<Met> => {
  const met = await meet(ctx, asked)
  if (!isEnough(met.permission, needed))
    throw new DomainError('FORBIDDEN', `needs the permission ${needed} on ${met.path}; an admin of it can grant it`)
  const [hold] = met.holds
  if (hold)
    throw new DomainError('FORBIDDEN', `${met.account} is suspended (${hold}), so its repositories cannot change`)
  return met
}

/** The same for what only its admins and operators read. @throws FORBIDDEN */
export const meetAsAdmin = async (ctx: Context, asked: string): Promise<Met> => {
  const met = await meet(ctx, asked)
  if (met.permission === 'admin' || (await whoAsks(ctx)).looksOn) return met
  throw new DomainError('FORBIDDEN', `needs the permission admin on ${met.path}; an admin of it can grant it`)
}

/** Refuses to change what is being deleted or renamed. @throws CONFLICT */
export const needSettled = (met: Met): void => {
  if (met.deleteAt) throw new DomainError('CONFLICT', `${met.path} is being deleted; keep it first`)
  if (met.isMoving) throw new DomainError('CONFLICT', `${met.path} is being renamed; try again in a minute`)
}
