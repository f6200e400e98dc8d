import type { Tx } from '#db/client.ts'
import { hashOf, makeLinkSecret } from '../../accounts/token.ts'
import { audit } from '../../audit.ts'
import { labelOf, type Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { announce } from '../../live.ts'
import type { IncomingAlert } from './parseAlerts.ts'

const MINUTE_MS = 60_000

export type NewHeartbeat = { name: string; everyMinutes: number; graceMinutes: number }

/** Makes a dead man's switch; the secret is in the address it is called by, and is never shown again. */
export const addHeartbeat = async (ctx: Context, input: NewHeartbeat): Promise<{ id: bigint; token: string }> =>
  await ctx.sql.begin(async (tx) => {
    const token = makeLinkSecret()
    const [row] = await tx<{ id: bigint }[]>`
      insert into heartbeat (name, token_hash, every_minutes, grace_minutes, created_by, created_at)
      values (${input.name}, ${hashOf(token)}, ${input.everyMinutes}, ${input.graceMinutes}, ${labelOf(ctx.actor)}, ${ctx.now})
      on conflict (name) do nothing returning id`
    if (!row) throw new DomainError('CONFLICT', `there is a heartbeat "${input.name}" already`, { path: 'name' })
    await audit(tx, ctx, {
      action: 'incidents.heartbeat.add',
      subject: { kind: 'heartbeat', id: row.id },
      after: input,
    })
    await announce(tx, 'alerts')
    return { id: row.id, token }
  })

/** It is not waited for any more. @throws DomainError NOT_FOUND */
export const removeHeartbeat = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ name: string }[]>`select name from heartbeat
      where id = ${id} and removed_at is null for update`
    if (!before) throw new DomainError('NOT_FOUND', `no heartbeat ${id}`)
    // Its name is free again.
    await tx`update heartbeat set removed_at = ${ctx.now}, name = ${`${before.name} (removed ${id})`} where id = ${id}`
    await audit(tx, ctx, { action: 'incidents.heartbeat.remove', subject: { kind: 'heartbeat', id }, before })
    await announce(tx, 'alerts')
  })

/** A sign of life. @throws DomainError NOT_FOUND for a secret that is not known */
export const beat = async (ctx: Context, token: string): Promise<{ name: string; nextBy: Date }> => {
  const [row] = await ctx.sql<{ name: string; everyMinutes: number; graceMinutes: number }[]>`
    update heartbeat set last_at = greatest(last_at, ${ctx.now}) where token_hash = ${hashOf(token)} and removed_at is null
    returning name, every_minutes, grace_minutes`
  if (!row) throw new DomainError('NOT_FOUND', 'no heartbeat has this address; it may have been removed')
  const { name, everyMinutes, graceMinutes } = row
  return { name, nextBy: new Date(ctx.now.getTime() + (everyMinutes + graceMinutes) * MINUTE_MS) }
}

/** Signs of life that are missed, as alerts that page; and those that came back or were removed, as ended ones. */
export const alertsOfHeartbeats = async (tx: Tx, ctx: Context): Promise<IncomingAlert[]> => {
  const rows = await tx<
    { id: bigint; name: string; lastAt: Date | null; missedAt: Date | null; dueAt: Date | null; isRemoved: boolean }[]
  >`select id, name, last_at, missed_at, removed_at is not null as is_removed,
      last_at + (every_minutes + grace_minutes) * interval '1 minute' as due_at from heartbeat
    where last_at is not null and (removed_at is null or missed_at is not null) order by id for update`
  const alerts: IncomingAlert[] = []
  for (const { id, name, lastAt, missedAt, dueAt, isRemoved } of rows) {
    const isMissed = !isRemoved && dueAt !== null && dueAt <= ctx.now
    if (!isMissed && missedAt === null) continue
    const startsAt = missedAt ?? dueAt!
    await tx`update heartbeat set missed_at = ${isMissed ? startsAt : null} where id = ${id}`
    alerts.push({
      fingerprint: `heartbeat:${id}`,
      startsAt,
      endsAt: isMissed ? null : ctx.now,
      severity: 'critical',
      title: `No sign of life from ${name}`,
      labels: { alertname: 'HeartbeatMissed', heartbeat: name, severity: 'critical' },
      annotations: { description: `It last called at ${lastAt!.toISOString().slice(0, 16).replace('T', ' ')} UTC.` },
      link: null,
      groupKey: `heartbeat:${id}`,
    })
  }
  return alerts
}

/** How long paging may have said nothing before an outside watcher is told that it is not well. */
const QUIET_MS = 3 * MINUTE_MS
const LATE_MS = 2 * MINUTE_MS

/** For a watcher outside: whether the job that pages ran lately, and no page waits that should have gone out. */
export const pagingHealth = async (
  ctx: Context,
): Promise<{ ok: boolean; watchedAt: Date | null; latePages: number }> => {
  const [row] = await ctx.sql<
    { at: Date | null; late: number }[]
  >`select (select at from paging_watch where id = 1) as at,
    ((select count(*) from page where state = 'open' and next_at < ${new Date(ctx.now.getTime() - LATE_MS)})
      + (select count(*) from page_message where state = 'pending'
        and created_at < ${new Date(ctx.now.getTime() - LATE_MS)} and attempts = 0))::int as late`
  const { at, late } = row!
  return {
    ok: at !== null && ctx.now.getTime() - at.getTime() < QUIET_MS && late === 0,
    watchedAt: at,
    latePages: late,
  }
}
