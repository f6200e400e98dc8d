import type { Sql } from '#db/client.ts'
import { isReturning } from './links.ts'
import { NOBODY, type Owner } from './owner.ts'
import { STRIKE_DAYS, type History, type StandingStrike } from './machine.ts'

const DAY_MS = 86_400_000

/** When a strike given now expires. */
export const expiryOf = (now: Date): Date => new Date(now.getTime() + STRIKE_DAYS * DAY_MS)

/** The strikes of an owner that stand at a moment, oldest first. */
export const standingStrikes = async (
  sql: Sql,
  owner: string,
  now: Date,
): Promise<(StandingStrike & { id: bigint })[]> => {
  const rows = await sql<(Omit<StandingStrike, 'epoch'> & { id: bigint; epoch: bigint })[]>`
    select id, host_id, epoch, app, image, name, started_at, at, told_at, carried from abuse_strike
    where owner = ${owner} and erased_at is null and expires_at > ${now} order by id`
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch) }))
}

/** When apps of the owner were deleted and not given back, in the time that strikes last. */
export const standingDeletions = async (sql: Sql, owner: string, now: Date): Promise<Date[]> => {
  const since = new Date(now.getTime() - STRIKE_DAYS * DAY_MS)
  const rows = await sql<{ at: Date }[]>`select at from abuse_deletion
    where owner = ${owner} and restored_at is null and at > ${since} order by at`
  return rows.map(({ at }) => at)
}

/** All that counts for an owner's next strike. Containers without a label have nobody in common: there an app stands alone. */
export const historyOf = async (
  sql: Sql,
  { owner, app }: Pick<Owner, 'owner' | 'app'>,
  now: Date,
): Promise<History> => {
  const strikes = await standingStrikes(sql, owner, now)
  if (owner === NOBODY) return { strikes: strikes.filter((one) => one.app === app), deletions: [], returning: false }
  return {
    strikes,
    deletions: await standingDeletions(sql, owner, now),
    returning: await isReturning(sql, owner, now),
  }
}
