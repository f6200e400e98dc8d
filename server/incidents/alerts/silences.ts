import type { Tx } from '#db/client.ts'
import { audit } from '../../audit.ts'
import { labelOf, type Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { announce } from '../../live.ts'
import { matchesAll, type Matcher } from './matchers.ts'
import { settleGroups } from './settleGroups.ts'
import { wakeFor, type Fresh } from './wakeFor.ts'

/** Silences that hold at that instant, oldest first. */
export const silencesNow = async (tx: Tx, now: Date): Promise<{ id: bigint; matchers: Matcher[] }[]> => [
  ...(await tx<{ id: bigint; matchers: Matcher[] }[]>`select id, matchers from silence
    where starts_at <= ${now} and ends_at > ${now} and ended_at is null order by id`),
]

/** Alerts whose silence ended while they fire wake people now. For the job `incidents.watch`. */
export const wakeUnsilenced = async (tx: Tx, ctx: Context): Promise<void> => {
  const rows = await tx<(Fresh & { source: string })[]>`
    update alert a set silenced_by = null from silence s where s.id = a.silenced_by and a.ends_at is null
      and (s.ends_at <= ${ctx.now} or s.ended_at is not null)
    returning a.id, a.source, a.title, a.severity, a.labels, a.annotations, a.host_ids, a.group_key, a.starts_at`
  const silences = await silencesNow(tx, ctx.now)
  for (const source of new Set(rows.map((row) => row.source))) {
    const free: Fresh[] = []
    for (const row of rows.filter((one) => one.source === source)) {
      const other = silences.find(({ matchers }) => matchesAll(matchers, row.labels))
      if (other) await tx`update alert set silenced_by = ${other.id} where id = ${row.id}`
      else free.push(row)
    }
    await wakeFor(tx, ctx, source, free)
  }
  if (rows.length > 0) await announce(tx, 'alerts')
}

/**
 * Keeps alerts that match silent for a while; they stay in the list. In the place of another silence, what that kept silent
 * and this does not wakes people now. @throws DomainError BAD_REQUEST; NOT_FOUND where the other holds no more
 */
export const addSilence = async (
  ctx: Context,
  input: { matchers: readonly Matcher[]; endsAt: Date; comment: string; instead?: bigint | undefined },
): Promise<bigint> =>
  await ctx.sql.begin(async (tx) => {
    if (input.endsAt <= ctx.now)
      throw new DomainError('BAD_REQUEST', 'it would end before it begins', { path: 'endsAt' })
    if (input.instead !== undefined) await endIn(tx, ctx, input.instead)
    const [row] = await tx<
      { id: bigint }[]
    >`insert into silence (matchers, starts_at, ends_at, comment, created_by, created_at)
      values (${JSON.stringify(input.matchers)}::text::jsonb, ${ctx.now}, ${input.endsAt}, ${input.comment}, ${labelOf(ctx.actor)}, ${ctx.now})
      returning id`
    const firing = await tx<{ id: bigint; source: string; groupKey: string; labels: Record<string, string> }[]>`
      select id, source, group_key, labels from alert where ends_at is null and silenced_by is null`
    const hit = firing.filter(({ labels }) => matchesAll(input.matchers, labels))
    await tx`update alert set silenced_by = ${row!.id} where id = any(${hit.map(({ id }) => String(id))}::bigint[])`
    for (const source of new Set(hit.map((one) => one.source)))
      await settleGroups(
        tx,
        ctx,
        source,
        hit.filter((one) => one.source === source).map(({ groupKey }) => groupKey),
      )
    await audit(tx, ctx, {
      action: 'incidents.silence.add',
      subject: { kind: 'silence', id: row!.id },
      after: { ...input, alerts: hit.length },
    })
    if (input.instead !== undefined) await wakeUnsilenced(tx, ctx)
    await announce(tx, 'alerts')
    return row!.id
  })

/** Ends a silence before its time; what it kept silent and still fires wakes people now. @throws DomainError NOT_FOUND */
export const endSilence = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    await endIn(tx, ctx, id)
    await wakeUnsilenced(tx, ctx)
    await announce(tx, 'alerts')
  })

const endIn = async (tx: Tx, ctx: Context, id: bigint) => {
  const [row] = await tx`update silence set ended_at = ${ctx.now} where id = ${id} and ended_at is null
    and ends_at > ${ctx.now} returning comment`
  if (!row) throw new DomainError('NOT_FOUND', `no silence ${id} that holds`)
  await audit(tx, ctx, { action: 'incidents.silence.end', subject: { kind: 'silence', id }, before: row })
}
