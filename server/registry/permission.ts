import type { MemberRole } from '../context.ts'

export type Permission = 'read' | 'write' | 'admin'
export type Action = 'pull' | 'push' | 'delete'
export type Visibility = 'public' | 'private'

export const PERMISSIONS = ['read', 'write', 'admin'] as const satisfies readonly Permission[]

const ACTIONS: Record<Permission, readonly Action[]> = {
  read: ['pull'],
  write: ['pull', 'push'],
  admin: ['pull', 'push', 'delete'],
}

/** What a permission lets one do through the registry. */
export const actionsOf = (permission: Permission | undefined): readonly Action[] =>
  permission ? ACTIONS[permission] : []

/** What a role in an account is worth in each of its repositories; other members have what teams and repositories give. */
export const roleGives = (role: MemberRole | null): Permission | undefined =>
  role === 'owner' || role === 'admin' ? 'admin' : undefined

/** The greatest of some permissions. */
export const greatest = (given: readonly (Permission | null | undefined)[]): Permission | undefined =>
  PERMISSIONS.findLast((permission) => given.includes(permission))

/** Whether `mine` is at least `needed`. */
export const isEnough = (mine: Permission | undefined, needed: Permission): boolean =>
  mine !== undefined && PERMISSIONS.indexOf(mine) >= PERMISSIONS.indexOf(needed)
