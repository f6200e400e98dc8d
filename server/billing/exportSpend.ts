import type { Pool } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { majorText } from '../money.ts'
import { DAY_MS, hourOf } from '../time.ts'
import { nothingUsed, overParts, type PartUse } from './liveCost.ts'
import { inOneState, spendOf } from './spendOf.ts'
import { spendPeriod } from './spendPeriod.ts'
import { dayUse } from './spendSql.ts'
import { BILLABLE_METERS, type Used } from './terms.ts'

export type SpendExport = { fileName: string; contentType: string; text: string; rows: number }
type Row = { day: string; app: string; used: Used; amount: bigint }

/** One CSV cell (RFC 4180). What a spreadsheet would take for a formula is made text. */
const cell = (value: string) => {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const UNITS = { cpu: 'cpu_us', memory: 'memory_mib_s', disk: 'storage_mib_s', egress: 'egress_bytes' } as const

/**
 * What each app used and cost on each UTC day of a billing period, before discount and tax. Days are shares of the period's
 * amounts by quantity, so that they sum to them.
 * @throws NOT_FOUND where the account had no plan then
 */
export const exportSpend = async (
  sql: Pool,
  account: { id: bigint; name: string },
  now: Date,
  { at, format }: { at?: Date | undefined; format: 'csv' | 'json' },
): Promise<SpendExport> => {
  const { period, rows } = await inOneState(sql, async (tx) => {
    const found = await spendPeriod(tx, account.id, now, at)
    if (!found) throw new DomainError('NOT_FOUND', `${account.name} had no plan then`)
    const spend = await spendOf(tx, account.id, found, now)
    const apps = [...new Set(spend.parts.flatMap(({ use }) => use.map((one) => one.app)))]
    const use: PartUse<number>[] = []
    for (const [stretch, { stretch: of }] of spend.parts.entries()) {
      const hours = { fromHour: of.fromHour, untilHour: Math.min(of.untilHour, hourOf(now) + 1) }
      for (const one of await dayUse(tx, account.id, hours, apps)) use.push({ ...one, stretch })
    }
    const costs = overParts(spend.live.shares, use, (app) => app)
    const byDay = new Map<string, Row>()
    const rowOf = (key: string, part: number): Row => {
      const name = `${part}:${key}`
      const day = new Date(part * DAY_MS).toISOString().slice(0, 10)
      const row = byDay.get(name) ?? { day, app: key, used: nothingUsed(), amount: 0n }
      byDay.set(name, row)
      return row
    }
    for (const { key, part, used } of use) {
      const row = rowOf(key, part)
      for (const meter of BILLABLE_METERS) row.used[meter] += used[meter]
    }
    for (const { key, part, amount } of costs) rowOf(key, part).amount += amount
    return {
      period: found,
      rows: [...byDay.values()].toSorted((a, b) => order(a) - order(b) || (a.app < b.app ? -1 : 1)),
    }
  })
  const { currency, window } = period
  const fileName = `${account.name}-spend-${window.start.toISOString().slice(0, 10)}.${format}`
  if (format === 'json') {
    const text = JSON.stringify({
      account: account.name,
      start: window.start,
      end: window.end,
      currency,
      rows: rows.map(({ day, app, used, amount }) => ({
        day,
        app,
        ...Object.fromEntries(BILLABLE_METERS.map((meter) => [UNITS[meter], used[meter].toString()])),
        amount: majorText(amount, currency),
      })),
    })
    return { fileName, contentType: 'application/json', text, rows: rows.length }
  }
  const head = ['day', 'app', ...BILLABLE_METERS.map((meter) => UNITS[meter]), 'amount', 'currency']
  const lines = rows.map(({ day, app, used, amount }) => [
    day,
    cell(app),
    ...BILLABLE_METERS.map((meter) => used[meter].toString()),
    majorText(amount, currency),
    currency,
  ])
  const text = [head, ...lines].map((line) => line.join(',')).join('\r\n')
  return { fileName, contentType: 'text/csv; charset=utf-8', text: `${text}\r\n`, rows: rows.length }
}

const order = ({ day }: Row) => Date.parse(day)
