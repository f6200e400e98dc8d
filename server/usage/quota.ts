/** Which limit applies to what, and what crossing it means. Pure: used amounts and the time come with each call. */

export const QUOTA_METERS = ['memory', 'disk', 'logs', 'egress', 'containers'] as const
export type QuotaMeter = (typeof QUOTA_METERS)[number]
export const QUOTA_SCOPES = ['account', 'app', 'container'] as const
export type QuotaScope = (typeof QUOTA_SCOPES)[number]
export const QUOTA_ACTIONS = ['notice', 'throttle', 'stop', 'truncate_log'] as const
export type QuotaAction = (typeof QUOTA_ACTIONS)[number]

/** MiB for memory, disk and logs, bytes in the calendar month for egress, containers by number. */
export type Limits = {
  soft: bigint | null
  hard: bigint | null
  graceSeconds: number
  action: QuotaAction
}

export type Quota = Limits & {
  id: bigint
  plan: string | null
  accountId: bigint | null
  app: string | null
  scope: QuotaScope
  meter: QuotaMeter
}

/** Whether a meter can be limited in a scope: a container is one container, and its egress has no month of its own. */
export const isLimitable = (scope: QuotaScope, meter: QuotaMeter) =>
  scope !== 'container' || (meter !== 'containers' && meter !== 'egress')

export type Owner = { accountId: bigint; plan: string; app: string | null }

/** The limit of a scope and meter that holds for an owner: of account and app before account before plan. */
export const quotaFor = (
  quotas: readonly Quota[],
  owner: Owner,
  scope: QuotaScope,
  meter: QuotaMeter,
): Quota | undefined => {
  const rank = (q: Quota): number => {
    if (q.scope !== scope || q.meter !== meter) return 0
    if (q.accountId === null) return q.plan === owner.plan ? 1 : 0
    if (q.accountId !== owner.accountId) return 0
    if (q.app === null) return 2
    return q.app === owner.app ? 3 : 0
  }
  let best: Quota | undefined
  for (const quota of quotas) if (rank(quota) > (best ? rank(best) : 0)) best = quota
  return best
}

/** How the hard limit stood before: since when it is crossed, and when it was last acted on. */
export type Since = { hardSince: Date | null; actedAt: Date | null }
export type Verdict = {
  level: 'within' | 'soft' | 'hard'
  /** The limit that was crossed. */
  limit: bigint | null
  /** Since when the hard limit is crossed; null where it is not. */
  hardSince: Date | null
  /** When the action is due; null where none follows. */
  actsAt: Date | null
  /** What is due now. */
  act: Exclude<QuotaAction, 'notice'> | null
}

/** Judges an amount. An amount that equals a limit is within it. What was done in vain is done again a grace later. */
export const judge = (used: bigint, limits: Limits, since: Since, now: Date): Verdict => {
  const { soft, hard, graceSeconds, action } = limits
  if (hard !== null && used > hard) {
    const hardSince = since.hardSince ?? now
    const from = since.actedAt && since.actedAt > hardSince ? since.actedAt : hardSince
    const actsAt = action === 'notice' ? null : new Date(from.getTime() + graceSeconds * 1000)
    const isDue = actsAt !== null && actsAt <= now
    return { level: 'hard', limit: hard, hardSince, actsAt, act: isDue && action !== 'notice' ? action : null }
  }
  const level = soft !== null && used > soft ? 'soft' : 'within'
  return { level, limit: level === 'soft' ? soft : null, hardSince: null, actsAt: null, act: null }
}

const GIB = 1024n
const TB = 1_000_000_000_000n
const plan = (memory: bigint, disk: bigint, logs: bigint, egress: bigint, containers: bigint) =>
  [
    { scope: 'account', meter: 'memory', soft: memory, action: 'notice' },
    { scope: 'account', meter: 'disk', soft: disk, action: 'notice' },
    { scope: 'account', meter: 'egress', soft: egress, action: 'notice' },
    { scope: 'account', meter: 'containers', soft: containers, action: 'notice' },
    { scope: 'container', meter: 'logs', soft: logs, action: 'truncate_log' },
  ] as const

/** What a plan allows until an admin changes it. The hard limit is twice the soft one, a day later for all but logs. */
export const PLAN_DEFAULTS = {
  free: plan(4n * GIB, 20n * GIB, GIB, TB / 10n, 20n),
  team: plan(128n * GIB, 1024n * GIB, 5n * GIB, 5n * TB, 500n),
  business: plan(1024n * GIB, 10_240n * GIB, 20n * GIB, 50n * TB, 5_000n),
} as const
