import { z } from 'zod'
import { DomainError } from '../errors.ts'
import { admin, operator, router, signedIn } from '../trpc.ts'
import { endSessions } from './endSession.ts'
import { mail, personName } from './input.ts'
import { inviteUser } from './inviteUser.ts'
import { listUsers, securityOf } from './peopleSql.ts'
import { setPlatformRole } from './platformRole.ts'
import type { Actor } from '../context.ts'

/** Sessions and second factors are a person's: a token does not see them. */
const person = (actor: Actor) => {
  if (actor.kind !== 'user') throw new DomainError('FORBIDDEN', 'sign in with a browser for this')
  return actor
}

const userId = z.string().min(1).max(64)

export const usersRouter = router({
  /** How I sign in and where I am signed in; `currentSessionId` is this browser's. */
  security: signedIn.query(async ({ ctx }) => {
    const me = person(ctx.actor)
    return { ...(await securityOf(ctx.sql, me.userId, ctx.now)), currentSessionId: me.sessionId }
  }),
  endSession: signedIn
    .input(z.object({ id: z.string().max(64) }))
    .mutation(({ ctx, input }) => endSessions(ctx, person(ctx.actor).userId, input)),
  endOtherSessions: signedIn.mutation(({ ctx }) => {
    const me = person(ctx.actor)
    return endSessions(ctx, me.userId, { allBut: me.sessionId })
  }),

  list: operator
    .input(
      z
        .object({
          search: z.string().trim().max(100).optional(),
          staff: z.boolean().default(false),
          cursor: z.string().max(320).optional(),
          limit: z.number().int().min(1).max(200).default(50),
        })
        .default({ staff: false, limit: 50 }),
    )
    .query(async ({ ctx, input }) => {
      const { cursor, limit, ...filter } = input
      const found = await listUsers(ctx.sql, filter, { after: cursor, limit: limit + 1 })
      const rows = found.slice(0, limit)
      return { rows, nextCursor: found.length > limit ? rows.at(-1)?.email : undefined }
    }),
  invite: admin.input(z.object({ email: mail, name: personName })).mutation(({ ctx, input }) => inviteUser(ctx, input)),
  setPlatformRole: admin
    .input(z.object({ userId, role: z.enum(['operator', 'admin']), has: z.boolean() }))
    .mutation(({ ctx, input }) => setPlatformRole(ctx, input)),
})
