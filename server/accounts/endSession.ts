import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { actAs } from './origin.ts'

/** Ends one of a user's sessions, or all but one. The trigger on the table writes the audit rows. */
export const endSessions = async (
  ctx: Context,
  userId: string,
  which: { id: string } | { allBut: string },
): Promise<{ ended: number }> =>
  ctx.sql.begin(async (tx) => {
    await actAs(tx, ctx)
    const rows =
      'id' in which
        ? await tx`delete from auth_session where user_id = ${userId} and id = ${which.id} returning id`
        : await tx`delete from auth_session where user_id = ${userId} and id <> ${which.allBut} returning id`
    if ('id' in which && rows.length === 0) throw new DomainError('NOT_FOUND', 'that session has ended')
    return { ended: rows.length }
  })
