import type { MemberRole } from '../context.ts'

export const MEMBER_ROLES = ['owner', 'admin', 'billing', 'member'] as const satisfies readonly MemberRole[]

/**
 * Whether somebody with `mine` may give, change or take away `theirs`: owners any role, admins every role but owner.
 * `mine` is null for the platform's admins, who may all of it.
 */
export const mayManage = (mine: MemberRole | null, theirs: MemberRole): boolean =>
  mine === null || mine === 'owner' || (mine === 'admin' && theirs !== 'owner')
