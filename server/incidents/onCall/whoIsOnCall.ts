import type { Sql } from '#db/client.ts'
import type { Target } from './policy.ts'
import { onCallAt, type Override, type Schedule } from './schedule.ts'

export type KeptSchedule = { id: bigint; name: string; schedule: Schedule; overrides: (Override & { id: bigint })[] }

/** Schedules in use with the overrides that end after `since`, in the order they were made. */
export const readSchedules = async (sql: Sql, since: Date): Promise<KeptSchedule[]> => {
  const rows = await sql<{ id: bigint; name: string; timeZone: string; layers: Schedule['layers'] }[]>`
    select id, name, time_zone, layers from on_call_schedule where removed_at is null order by name`
  const overrides = await sql<{ id: bigint; scheduleId: bigint; userId: string; from: Date; until: Date }[]>`
    select id, schedule_id, user_id, from_at as "from", until_at as until from on_call_override
    where removed_at is null and until_at > ${since} order by id`
  return rows.map(({ id, name, timeZone, layers }) => ({
    id,
    name,
    schedule: { timeZone, layers },
    overrides: overrides.filter(({ scheduleId }) => scheduleId === id),
  }))
}

/** The people behind targets at that instant, each once. Who is no operator any more is left out. */
export const peopleOf = async (sql: Sql, targets: readonly Target[], at: Date): Promise<string[]> => {
  const schedules = await readSchedules(sql, at)
  const found = targets.flatMap((target) => {
    if ('user' in target) return [target.user]
    const one = schedules.find(({ id }) => String(id) === target.schedule)
    const userId = one && onCallAt(one.schedule, one.overrides, at)
    return userId ? [userId] : []
  })
  const operators = await allOperators(sql)
  return [...new Set(found)].filter((userId) => operators.includes(userId))
}

/** Everybody who operates the platform: who is woken where nobody else is named. */
export const allOperators = async (sql: Sql): Promise<string[]> => {
  const rows = await sql<{ userId: string }[]>`select distinct user_id from platform_role order by user_id`
  return rows.map(({ userId }) => userId)
}
