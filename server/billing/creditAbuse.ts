import type { Sql } from '#db/client.ts'
import type { Context } from '../context.ts'
import type { JobPayload } from '../jobs.ts'
import { sumOf } from '../money.ts'
import { startOfHour } from '../time.ts'
import { proposeIn } from './adjust.ts'
import { lateLines } from './lateLines.ts'
import { periodAt } from './period.ts'
import type { RatedLine, UsageHour } from './rated.ts'
import { subscriptionOf } from './subscriptionSql.ts'
import { stretchesOf } from './subscriptionTerms.ts'
import { usageSums } from './usageSums.ts'

type Use = { app: string; hour: number; cpu: bigint; memory: bigint; disk: bigint; egress: bigint }

/**
 * Job `billing.credit_abuse`: a container that was stopped as abuse ran on a hijacked account. What its use made each period
 * dearer, by the terms that held, is proposed as credit with the use as evidence; an admin decides, always.
 */
export const creditAbuse = async (ctx: Context, payload: JobPayload<'billing.credit_abuse'>): Promise<void> => {
  const accountId = BigInt(payload.accountId)
  const { hostId, epochs, fromHour, untilHour, caseId } = payload
  const used = await useOf(ctx.sql, accountId, payload)
  const lines = await linesWithout(ctx.sql, accountId, used)
  const amountMinor = sumOf(lines.map((line) => line.amount))
  if (amountMinor >= 0n) return
  await ctx.sql.begin((tx) =>
    proposeIn(tx, ctx, {
      accountId,
      kind: 'abuse',
      key: `abuse:${caseId}:${hostId}:${epochs.toSorted().join(',')}`,
      description: `Use of a container that was stopped as abuse (${caseId})`,
      amountMinor,
      service: { start: startOfHour(fromHour), end: startOfHour(untilHour) },
      evidence: { caseId, hostId, epochs, fromHour, untilHour, used, lines },
    }),
  )
}

/** What the container and its storage used, in the hours in which they were this account's. */
const useOf = async (
  sql: Sql,
  accountId: bigint,
  { hostId, epochs, fromHour, untilHour }: JobPayload<'billing.credit_abuse'>,
): Promise<Use[]> =>
  await sql<Use[]>`
    select t.app, u.hour, sum(u.cpu_us)::bigint as cpu, sum(u.memory_mib_s)::bigint as memory,
      sum(u.disk_mib_s + u.volumes_mib_s + u.logs_mib_s)::bigint as disk, sum(u.tx_bytes)::bigint as egress
    from attribution t
    join usage_hour u on u.host_id = t.host_id and u.epoch = t.epoch and u.hour >= greatest(t.from_hour, ${fromHour}::int)
      and u.hour < least(t.until_hour, ${untilHour}::int)
    where t.host_id = ${hostId} and t.epoch = any(${epochs}::bigint[]) and t.account_id = ${accountId}
    group by 1, 2 order by 2, 1`

/** What each period would come to without that use, less what it comes to with it: by stretch, so that tiers hold. */
const linesWithout = async (sql: Sql, accountId: bigint, used: readonly Use[]): Promise<RatedLine[]> => {
  const first = used[0]?.hour
  const last = used.at(-1)?.hour
  if (first === undefined || last === undefined) return []
  const subscriptions = await sql<{ id: bigint }[]>`select distinct subscription_id as id from subscription_term
    where account_id = ${accountId} and from_at < ${startOfHour(last + 1)}
      and (until_at is null or until_at > ${startOfHour(first)}) order by 1`
  const lines: RatedLine[] = []
  for (const { id } of subscriptions) {
    const { anchorAt } = await subscriptionOf(sql, accountId, id)
    for (let at = startOfHour(first); at <= startOfHour(last + 1);) {
      const period = periodAt(anchorAt, at)
      const stretches = await stretchesOf(sql, { accountId, id }, period)
      const sums = await usageSums(
        sql,
        stretches.map(({ fromHour, untilHour }) => ({ accountId, fromHour, untilHour })),
      )
      for (const [i, stretch] of stretches.entries()) {
        const within = used.filter(({ hour }) => hour >= stretch.fromHour && hour < stretch.untilHour)
        if (within.length === 0) continue
        lines.push(...lateLines({ stretch, period, billed: sums[i]!, now: without(sums[i]!, within) }))
      }
      at = period.end
    }
  }
  return lines
}

const without = (hours: readonly UsageHour[], used: readonly Use[]): UsageHour[] =>
  hours.map(({ app, hour, used: all }) => {
    const mine = used.filter((one) => one.app === app)
    const less = (meter: 'cpu' | 'memory' | 'disk' | 'egress') => {
      const rest = all[meter] - mine.reduce((sum, one) => sum + one[meter], 0n)
      return rest > 0n ? rest : 0n
    }
    return { app, hour, used: { cpu: less('cpu'), memory: less('memory'), disk: less('disk'), egress: less('egress') } }
  })
