import type { Context } from '../context.ts'
import { FORGET_AFTER_MS } from './lockout.ts'

/** Job `accounts.tidy`: deletes what nothing can be done with any more. Nobody loses anything, so it is not audited. */
export const tidy = async (ctx: Context): Promise<void> => {
  const { sql, now } = ctx
  const dayAgo = new Date(now.getTime() - FORGET_AFTER_MS)
  await sql`delete from auth_session where expires_at < ${now}`
  await sql`delete from auth_verification where expires_at < ${dayAgo}`
  await sql`delete from sign_in_failure
    where first_at < ${dayAgo} and (locked_until is null or locked_until < ${now})`
}
