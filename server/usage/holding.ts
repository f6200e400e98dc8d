import { isLimitable, quotaFor, QUOTA_METERS, QUOTA_SCOPES } from './quota.ts'
import type { Quota, QuotaMeter, QuotaScope } from './quota.ts'

/** What one container holds at present, running or not. Amounts in MiB. */
export type Holding = {
  accountId: bigint
  app: string
  hostId: number
  /** Of its running life; null where only its storage is left. */
  epoch: number | null
  containerId: string
  name: string
  openedAt: Date | null
  memory: bigint
  disk: bigint
  logs: bigint
}
/** Bytes an app sent in the calendar month. */
export type Egress = { accountId: bigint; app: string; bytes: bigint }
export type AccountPlan = { id: bigint; name: string; plan: string }

/** One amount that a limit applies to. `of` are the containers it is made of. */
export type Amount = {
  subject: string
  scope: QuotaScope
  meter: QuotaMeter
  accountId: bigint
  app: string | null
  container: Holding | null
  used: bigint
  quota: Quota
  of: readonly Holding[]
}

/** The same words for the same thing, so that the store can tell a repeat. */
export const subjectOf = (meter: QuotaMeter, accountId: bigint, app: string | null, container: Holding | null) =>
  `quota:${meter}:${
    container
      ? `container:${container.hostId}:${container.containerId}`
      : `${accountId}${app === null ? '' : `:${app}`}`
  }`

const groupBy = <T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> => {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}

const usedOf = (meter: QuotaMeter, holdings: readonly Holding[], egress: readonly Egress[]): bigint => {
  if (meter === 'containers') return BigInt(holdings.filter((h) => h.epoch !== null).length)
  if (meter === 'egress') return egress.reduce((sum, e) => sum + e.bytes, 0n)
  return holdings.reduce((sum, h) => sum + h[meter], 0n)
}

/** Every amount that a limit applies to, of the meters asked for. */
export const amountsOf = (
  given: { accounts: readonly AccountPlan[]; holdings: readonly Holding[]; egress: readonly Egress[] },
  quotas: readonly Quota[],
  meters: readonly QuotaMeter[] = QUOTA_METERS,
): Amount[] => {
  const amounts: Amount[] = []
  const ofAccount = groupBy(given.holdings, (h) => h.accountId)
  const egressOf = groupBy(given.egress, (e) => e.accountId)
  for (const account of given.accounts) {
    const owner = { accountId: account.id, plan: account.plan }
    const own = quotas.filter((q) => q.accountId === account.id || q.plan === account.plan)
    const held = ofAccount.get(account.id) ?? []
    const sent = egressOf.get(account.id) ?? []
    const add = (scope: QuotaScope, app: string | null, of: readonly Holding[], out: readonly Egress[]) => {
      for (const meter of meters) {
        if (!isLimitable(scope, meter)) continue
        const quota = quotaFor(own, { ...owner, app }, scope, meter)
        if (!quota) continue
        const container = scope === 'container' ? (of[0] ?? null) : null
        const subject = subjectOf(meter, account.id, scope === 'account' ? null : app, container)
        amounts.push({
          subject,
          scope,
          meter,
          accountId: account.id,
          app: scope === 'account' ? null : app,
          container,
          used: usedOf(meter, of, out),
          quota,
          of,
        })
      }
    }
    const scopes = new Set(own.map((q) => q.scope).filter((scope) => QUOTA_SCOPES.includes(scope)))
    if (scopes.has('account')) add('account', null, held, sent)
    if (scopes.has('app')) {
      const apps = new Set([...held.map((h) => h.app), ...sent.map((e) => e.app)])
      for (const app of apps)
        add(
          'app',
          app,
          held.filter((h) => h.app === app),
          sent.filter((e) => e.app === app),
        )
    }
    if (scopes.has('container')) for (const holding of held) add('container', holding.app, [holding], [])
  }
  return amounts
}

/**
 * The running containers to act on, so that the amount falls to the hard limit if each gives up what it holds: the
 * greatest first; the newest first where it is their number; all where nothing given up lowers the amount (egress).
 */
export const targetsOf = ({ meter, used, of, quota }: Amount): Holding[] => {
  const running = of.filter((h) => h.epoch !== null)
  if (meter === 'egress') return running
  const weight = (h: Holding) => (meter === 'containers' ? 1n : h[meter])
  const ordered = running.toSorted((a, b) =>
    meter === 'containers'
      ? Number(b.openedAt ?? 0) - Number(a.openedAt ?? 0)
      : Number(weight(b) - weight(a)) || a.containerId.localeCompare(b.containerId),
  )
  const targets: Holding[] = []
  let left = used
  for (const holding of ordered) {
    if (left <= (quota.hard ?? 0n) || weight(holding) === 0n) break
    targets.push(holding)
    left -= weight(holding)
  }
  return targets
}
