import { initTRPC, TRPCError } from '@trpc/server'
import { z } from 'zod'
import { accountFor, type AccountView } from './accounts/sql.ts'
import type { Actor, Context, MemberRole, PlatformRole } from './context.ts'
import { DomainError, type ErrorCode } from './errors.ts'

/** Who may call a procedure. Set by the builders below and read by the authorization test. */
export type Access =
  | { who: 'anyone' }
  | { who: 'signed-in' }
  | { who: 'platform'; role: PlatformRole }
  | { who: 'account'; roles: readonly MemberRole[]; whileHeld: boolean }

const CODES = {
  BAD_REQUEST: 'BAD_REQUEST',
  UNAUTHENTICATED: 'UNAUTHORIZED',
  FORBIDDEN: 'FORBIDDEN',
  NOT_FOUND: 'NOT_FOUND',
  CONFLICT: 'CONFLICT',
  TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  UNPROCESSABLE: 'UNPROCESSABLE_CONTENT',
  LIMITED: 'TOO_MANY_REQUESTS',
  UNAVAILABLE: 'SERVICE_UNAVAILABLE',
} as const satisfies Record<ErrorCode, TRPCError['code']>

/** Bigints leave as decimal strings: JSON has no integers beyond 2^53. */
const toJson = (value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Date || value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(toJson)
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, toJson(v)]))
}

/** The first thing wrong with an input, in words, and where: what a form shows beside the field. */
const inputFault = (error: TRPCError): { message: string; path: string } | undefined => {
  const issue =
    error.code === 'BAD_REQUEST' && error.cause instanceof z.core.$ZodError ? error.cause.issues[0] : undefined
  return issue && { message: issue.message, path: issue.path.join('.') }
}

const t = initTRPC
  .context<Context>()
  .meta<{ access: Access }>()
  .create({
    transformer: { serialize: toJson, deserialize: (value: unknown) => value },
    sse: { ping: { enabled: true, intervalMs: 15_000 } },
    errorFormatter: ({ shape, error, ctx }) => ({
      ...shape,
      message:
        error.code === 'INTERNAL_SERVER_ERROR'
          ? 'something failed on our side; it was logged'
          : (inputFault(error)?.message ?? shape.message),
      data: {
        code: shape.data.code,
        httpStatus: shape.data.httpStatus,
        path: error.cause instanceof DomainError ? error.cause.path : inputFault(error)?.path,
        requestId: ctx?.requestId,
      },
    }),
  })

export const router = t.router
export const createCallerFactory = t.createCallerFactory

const translated = t.procedure.use(async ({ next }) => {
  const result = await next()
  if (result.ok || !(result.error.cause instanceof DomainError)) return result
  const { cause } = result.error
  throw new TRPCError({ code: CODES[cause.code], message: cause.message, cause })
})

type SignedIn = Extract<Actor, { kind: 'user' | 'token' | 'system' }>

const requireScope = (actor: Actor, scope: 'read' | 'write' | 'operate' | 'admin') => {
  if (actor.kind !== 'token' || actor.scopes.includes(scope)) return
  throw new TRPCError({ code: 'FORBIDDEN', message: `this token lacks the scope "${scope}"` })
}

const signedInActor = (actor: Actor): SignedIn => {
  if (actor.kind === 'user' || actor.kind === 'token' || actor.kind === 'system') return actor
  const reason = actor.kind === 'anonymous' ? actor.reason : undefined
  throw new TRPCError({ code: 'UNAUTHORIZED', message: reason ?? 'sign in first' })
}

/** True where the actor has the platform role; admins are operators too. */
export const hasRole = (actor: Actor, role: PlatformRole): boolean =>
  actor.kind === 'system' ||
  ((actor.kind === 'user' || actor.kind === 'token') && (actor.roles.includes('admin') || actor.roles.includes(role)))

/** Anybody, also without a session. */
export const open = translated.meta({ access: { who: 'anyone' } })

/** Any user or token. Suspended users too: they may see why. */
export const signedIn = translated.meta({ access: { who: 'signed-in' } }).use(({ ctx, type, next }) => {
  const actor = signedInActor(ctx.actor)
  requireScope(actor, type === 'mutation' ? 'write' : 'read')
  return next({ ctx: { actor } })
})

const platform = (role: PlatformRole) =>
  translated.meta({ access: { who: 'platform', role } }).use(({ ctx, next }) => {
    const actor = signedInActor(ctx.actor)
    if (!hasRole(actor, role)) {
      throw new TRPCError({ code: 'FORBIDDEN', message: `needs the ${role} role; an admin can grant it` })
    }
    requireScope(actor, role === 'admin' ? 'admin' : 'operate')
    return next({ ctx: { actor } })
  })

/** The platform's operators (and admins). */
export const operator = platform('operator')
/** The platform's admins. */
export const admin = platform('admin')

/**
 * One account, named in the input as `account`. Queries: its members, and operators looking on.
 * Mutations: members with one of `roles`, and admins; refused while a hold is on the account
 * unless `whileHeld`. To outsiders an account does not exist (NOT_FOUND).
 */
export const inAccount = (
  roles: readonly MemberRole[] = ['owner', 'admin', 'billing', 'member'],
  { whileHeld = false }: { whileHeld?: boolean } = {},
) =>
  translated
    .meta({ access: { who: 'account', roles, whileHeld } })
    .input(z.object({ account: z.string().max(64) }))
    .use(async ({ ctx, input, type, next }) => {
      const actor = signedInActor(ctx.actor)
      requireScope(actor, type === 'mutation' ? 'write' : 'read')
      const account = await visibleAccount(ctx, actor, input.account)
      if (type === 'mutation') mayChange(actor, account, roles, whileHeld)
      return next({ ctx: { actor, account } })
    })

const visibleAccount = async (ctx: Context, actor: SignedIn, name: string): Promise<AccountView> => {
  const account = await accountFor(ctx.sql, name, actor.kind === 'system' ? null : actor.userId)
  const inReach = account && (actor.kind !== 'token' || actor.accountId === null || actor.accountId === account.id)
  const looksOn = hasRole(actor, 'operator') && (actor.kind !== 'token' || actor.scopes.includes('operate'))
  if (account && ((inReach && account.role !== null) || looksOn)) return account
  throw new TRPCError({ code: 'NOT_FOUND', message: `no account "${name}" that you can see` })
}

const mayChange = (actor: SignedIn, account: AccountView, roles: readonly MemberRole[], whileHeld: boolean) => {
  const asAdmin = hasRole(actor, 'admin') && (actor.kind !== 'token' || actor.scopes.includes('admin'))
  if (asAdmin) return
  if (account.role === null || !roles.includes(account.role)) {
    const needed = roles.length > 1 ? `one of the roles ${roles.join(', ')}` : `the role ${roles[0]}`
    throw new TRPCError({ code: 'FORBIDDEN', message: `needs ${needed} in ${account.name}; an owner can grant it` })
  }
  const [hold] = account.holds
  if (hold && !whileHeld) {
    throw new TRPCError({ code: 'FORBIDDEN', message: `${account.name} is suspended (${hold.kind}: ${hold.reason})` })
  }
}
