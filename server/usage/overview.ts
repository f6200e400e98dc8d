import { METERS } from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import type { Window } from '../time.ts'
import { NOTHING } from './hour.ts'
import { presentOfApps, type AppPresent } from './containerSql.ts'
import { appsOf, appTotals, meteredTo, type Amounts } from './sql.ts'
import { listViolations } from './violationSql.ts'
import { periodBefore } from './window.ts'

const none = (): Amounts => Object.fromEntries(METERS.map((meter, i) => [meter, NOTHING[i]!])) as Amounts
const added = (a: Amounts, b: Amounts): Amounts =>
  Object.fromEntries(METERS.map((meter) => [meter, a[meter] + b[meter]])) as Amounts

/** What runs now, summed. Null where there are no two readings to take it from. */
export type Present = Omit<AppPresent, 'app'>

/** Sums what apps hold at present. */
export const presentOf = (apps: readonly Present[]): Present => {
  const total = (of: (app: Present) => number | null) => {
    const known = apps.map(of).filter((value) => value !== null)
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0)
  }
  return {
    running: apps.reduce((sum, app) => sum + app.running, 0),
    cpuCores: total((app) => app.cpuCores),
    memoryMib: total((app) => app.memoryMib),
    diskBytes: apps.reduce((sum, app) => sum + app.diskBytes, 0n),
    logBytes: apps.reduce((sum, app) => sum + app.logBytes, 0n),
  }
}

/** Apps of an account, or one of it, with what runs now. */
export const appsWithPresent = async (sql: Sql, accountId: bigint, app?: string) => {
  const [apps, present] = await Promise.all([appsOf(sql, accountId, app), presentOfApps(sql, accountId, app)])
  return apps.map((one) => ({ ...one, now: presentOf(present.filter((p) => p.app === one.name)) }))
}

export const monthOf = (now: Date): Window => ({
  start: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)),
  end: now,
})

/** An account at a glance: what runs now, the calendar month so far beside the one before, its apps, its violations. */
export const overview = async (sql: Sql, accountId: bigint, now: Date) => {
  const month = monthOf(now)
  const compared = periodBefore(month)
  const [apps, totals, earlier, metered, violations] = await Promise.all([
    appsWithPresent(sql, accountId),
    appTotals(sql, accountId, month),
    appTotals(sql, accountId, compared),
    meteredTo(sql, accountId, now),
    listViolations(sql, { accountId, state: 'unresolved', limit: 50 }),
  ])
  const of = <T extends { app: string }>(rows: readonly T[], app: string) => rows.filter((row) => row.app === app)
  const sumOf = (rows: readonly Amounts[]) => rows.reduce(added, none())
  return {
    month,
    compared,
    metered,
    violations,
    now: presentOf(apps.map((app) => app.now)),
    used: sumOf(totals),
    before: sumOf(earlier),
    apps: apps.map((app) => ({
      name: app.name,
      firstSeenAt: app.firstSeenAt,
      isProtected: app.protectedAt !== null,
      now: app.now,
      used: sumOf(of(totals, app.name)),
      before: sumOf(of(earlier, app.name)),
      violations: violations.filter((v) => v.app === app.name).length,
    })),
  }
}
