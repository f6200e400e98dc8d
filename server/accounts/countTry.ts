import type { Pool, Sql } from '#db/client.ts'
import { FORGET_AFTER_MS, waitSeconds } from './lockout.ts'

const keyOf = (email: string) => email.trim().toLowerCase().slice(0, 320)

/**
 * Counts a try with a password before it is checked, so that parallel tries cannot all slip through, and says for how
 * many seconds the address is locked (0: go on). The row exists whether or not anybody has that address.
 */
export const countTry = async (sql: Pool, email: string, now: Date, ip: string | null): Promise<number> => {
  const key = keyOf(email)
  return sql.begin(async (tx) => {
    const old = new Date(now.getTime() - FORGET_AFTER_MS)
    await tx`insert into sign_in_failure (email, count, first_at) values (${key}, 0, ${now}) on conflict do nothing`
    const [row] = await tx<{ count: number; firstAt: Date; lockedUntil: Date | null }[]>`
      select count, first_at, locked_until from sign_in_failure where email = ${key} for update`
    if (row?.lockedUntil && row.lockedUntil > now) return Math.ceil((row.lockedUntil.getTime() - now.getTime()) / 1000)
    const fresh = !row || row.firstAt < old
    const count = fresh ? 1 : row.count + 1
    const wait = waitSeconds(count)
    const until = wait === 0 ? null : new Date(now.getTime() + wait * 1000)
    await tx`update sign_in_failure set count = ${count}, first_at = ${fresh ? now : row.firstAt},
      locked_until = ${until} where email = ${key}`
    if (until) await auditLock(tx, key, until, now, ip)
    return 0
  })
}

// The try that reaches the limit still counts; if it was right, clearFailures opens the lock at once.
const auditLock = async (tx: Sql, email: string, until: Date, now: Date, ip: string | null) => {
  await tx`insert into audit_event (at, actor_kind, actor_id, actor_label, action, subject_kind, subject_id, after, ip)
    values (${now}, 'system', 'sign-in', 'sign-in', 'accounts.sign_in.lock', 'email', ${email},
      ${JSON.stringify({ lockedUntil: until })}::text::jsonb, ${ip})`
}

/** Forgets wrong passwords: after a right one, and after a reset by mail. */
export const clearFailures = async (sql: Sql, email: string): Promise<void> => {
  await sql`delete from sign_in_failure where email = ${keyOf(email)}`
}
