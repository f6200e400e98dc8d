import type { Sql } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { addJob } from '../jobs.ts'
import { notify } from '../notices/notify.ts'

/** Fewer stops than this say nothing of a share. */
export const LEAST_STOPS_FOR_SHARE = 20
const ACCOUNTS_WINDOW_MS = 600_000
const SHARE_WINDOW_MS = 3_600_000

export type Stops = { accounts: number; stops: number; containers: number }
export type Limits = { accounts: number; share: number }

/** Why a rule stops too much; null where it does not. Pure. */
export const tripped = ({ accounts, stops, containers }: Stops, limits: Limits): string | null => {
  if (accounts > limits.accounts) return `it stopped ${accounts} accounts within 10 minutes, over ${limits.accounts}`
  if (stops >= LEAST_STOPS_FOR_SHARE && stops > limits.share * containers) {
    return `it stopped ${stops} of ${containers} containers within an hour, over ${limits.share * 100} %`
  }
  return null
}

const stopsBy = async (tx: Sql, rule: string, now: Date): Promise<Stops> => {
  const [row] = await tx<{ accounts: bigint; stops: bigint }[]>`
    select count(distinct owner) filter (where seen_at > ${new Date(now.getTime() - ACCOUNTS_WINDOW_MS)}) as accounts,
      count(distinct (host_id, epoch)) as stops
    from abuse_sighting
    where seen_at > ${new Date(now.getTime() - SHARE_WINDOW_MS)} and seen_at <= ${now} and verdict = 'stop'
      and held_by is null and rules @> array[${rule}]
      and seen_at > coalesce((select since from abuse_rule_state where rule_id = ${rule} and state = 'armed'), '-infinity')`
  const [fleet] = await tx<{ containers: bigint }[]>`
    select count(*) as containers from epoch where kind = 'container' and ended_at is null`
  const stops = Number(row?.stops ?? 0)
  return { accounts: Number(row?.accounts ?? 0), stops, containers: Math.max(stops, Number(fleet?.containers ?? 0)) }
}

/** Puts those of the rules that stop too much into dry-run, and has operators told at once. Gives which. */
export const breakers = async (tx: Sql, ctx: Context, rules: readonly string[]): Promise<string[]> => {
  const limits = { accounts: ctx.env.WHARF_ABUSE_BREAKER_ACCOUNTS, share: ctx.env.WHARF_ABUSE_BREAKER_SHARE }
  const dropped: string[] = []
  for (const rule of rules) {
    const why = tripped(await stopsBy(tx, rule, ctx.now), limits)
    if (why === null) continue
    const [row] = await tx`insert into abuse_rule_state (rule_id, state, since, arms_at, reason, changed_by)
      values (${rule}, 'dry_run', ${ctx.now}, null, ${`Breaker: ${why}`}, ${labelOf(ctx.actor)})
      on conflict (rule_id) do update set state = 'dry_run', since = excluded.since, arms_at = null,
        reason = excluded.reason, changed_by = excluded.changed_by
        where abuse_rule_state.state = 'armed' returning rule_id`
    if (!row) continue
    dropped.push(rule)
    await audit(tx, ctx, {
      action: 'abuse.rule.trip',
      subject: { kind: 'abuse_rule', id: rule },
      after: { state: 'dry_run', why },
    })
    await notify(tx, ctx, {
      audience: 'operators',
      severity: 'critical',
      kind: 'abuse.breaker',
      title: `The rule ${rule} stops too much and only counts now`,
      body: `A breaker put it into dry-run: ${why}. Look at what it stopped, clear what was honest work, then arm it again.`,
      href: '/ops/abuse/rules',
      key: `abuse:breaker:${rule}:${ctx.now.toISOString()}`,
    })
    await addJob(tx, 'incidents.page', {
      key: `abuse:breaker:${rule}:${ctx.now.toISOString()}`,
      title: `Abuse rule ${rule} stops too much and only counts now`,
      body: why,
    })
    await addJob(tx, 'abuse.publish', {}, { key: 'abuse:publish' })
  }
  return dropped
}
