import { METERS } from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import type { Window } from '../time.ts'
import { NOTHING } from './hour.ts'
import { appsOf, appTotals, containersOf, meteredTo, type Amounts, type ContainerRow } from './sql.ts'
import { listViolations } from './violationSql.ts'
import { periodBefore } from './window.ts'

const none = (): Amounts => Object.fromEntries(METERS.map((meter, i) => [meter, NOTHING[i]!])) as Amounts
const added = (a: Amounts, b: Amounts): Amounts =>
  Object.fromEntries(METERS.map((meter) => [meter, a[meter] + b[meter]])) as Amounts

/** What runs now, summed. Null where there are no two readings to take it from. */
export type Present = {
  running: number
  cpuCores: number | null
  memoryMib: number | null
  diskBytes: bigint
  logBytes: bigint
}

/** Sums what containers hold at present; storage counts whether they run or not. */
export const presentOf = (containers: readonly ContainerRow[]): Present => {
  const running = containers.filter((c) => c.running)
  const total = (of: (c: ContainerRow) => number | null) => {
    const known = running.map(of).filter((value) => value !== null)
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0)
  }
  return {
    running: running.length,
    cpuCores: total((c) => c.cpuCores),
    memoryMib: total((c) => c.memoryMib),
    diskBytes: containers.reduce((sum, c) => sum + c.diskBytes, 0n),
    logBytes: containers.reduce((sum, c) => sum + c.logBytes, 0n),
  }
}

export const monthOf = (now: Date): Window => ({
  start: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)),
  end: now,
})

/** An account at a glance: what runs now, the calendar month so far beside the one before, its apps, its violations. */
export const overview = async (sql: Sql, accountId: bigint, now: Date) => {
  const month = monthOf(now)
  const compared = periodBefore(month)
  const [containers, apps, totals, earlier, metered, violations] = await Promise.all([
    containersOf(sql, accountId, null),
    appsOf(sql, accountId),
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
    now: presentOf(containers),
    used: sumOf(totals),
    before: sumOf(earlier),
    apps: apps.map((app) => ({
      name: app.name,
      firstSeenAt: app.firstSeenAt,
      isProtected: app.protectedAt !== null,
      now: presentOf(of(containers, app.name)),
      used: sumOf(of(totals, app.name)),
      before: sumOf(of(earlier, app.name)),
      violations: violations.filter((v) => v.app === app.name).length,
    })),
  }
}
