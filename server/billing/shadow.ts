import { z } from 'zod'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { sumOf } from '../money.ts'
import type { Window } from '../time.ts'
import { amountIn } from './amount.ts'
import { hoursOf } from './period.ts'
import { newestVersion, planVersionOf } from './planVersion.ts'
import { advanceLines } from './prorate.ts'
import { quantitiesFor } from './quantities.ts'
import { rateInput } from './rate.ts'
import type { RatedLine } from './rated.ts'
import { rowsOf } from '../rowsOf.ts'
import { liveSubscription, type Quantities } from './subscriptionSql.ts'
import type { PriceVersion } from './terms.ts'
import { usageHours } from './usageHours.ts'

/** A line of the old bill: which price it stands for here, for one app or all, and what it came to before tax. */
const oldLine = z.strictObject({
  price: z.string().trim().min(1).max(60),
  app: z.string().trim().min(1).max(200).optional(),
  description: z.string().trim().max(200).optional(),
  amount: z.union([z.string(), z.number().transform(String)]),
})
type OldLine = { line: number; price: string; app: string | null; description: string; amountMinor: bigint }

/** Both sides of one price (and app): null where a side has no such line. Amounts in minor units before tax. */
export type ShadowLine = {
  price: string
  app: string | null
  description: string
  /** The old bill's lines, by their number in the file. */
  lines: number[]
  oldMinor: bigint | null
  newMinor: bigint | null
  differenceMinor: bigint
}
export type Shadow = {
  plan: string
  version: number
  currency: string
  period: Window
  lines: ShadowLine[]
  oldMinor: bigint
  newMinor: bigint
}

const keyOf = (price: string, app: string | null) => JSON.stringify([price, app])

/**
 * What we would have billed beside what the old system did, a row a price. An old line without an app stands for all apps of
 * its price. Pure; sorted by how far apart the two are.
 */
export const compareBills = (ours: readonly RatedLine[], old: readonly OldLine[]): ShadowLine[] => {
  const byApp = new Set(old.filter((line) => line.app !== null).map((line) => line.price))
  const rows = new Map<string, ShadowLine>()
  const rowAt = (price: string, app: string | null, description: string) => {
    const key = keyOf(price, app)
    const row = rows.get(key) ?? {
      ...{ price, app, description, lines: [], oldMinor: null, newMinor: null, differenceMinor: 0n },
    }
    rows.set(key, row)
    return row
  }
  for (const line of old) {
    const row = rowAt(line.price, line.app, line.description)
    row.oldMinor = (row.oldMinor ?? 0n) + line.amountMinor
    row.lines.push(line.line)
  }
  for (const line of ours) {
    const price = line.price ?? line.kind
    const app = byApp.has(price) ? line.app : null
    const row = rowAt(price, app, line.description)
    row.newMinor = (row.newMinor ?? 0n) + line.amount
  }
  const size = (amount: bigint) => (amount < 0n ? -amount : amount)
  return [...rows.values()]
    .map((row) => ({ ...row, differenceMinor: (row.newMinor ?? 0n) - (row.oldMinor ?? 0n) }))
    .toSorted((a, b) => Number(size(b.differenceMinor) - size(a.differenceMinor)) || a.price.localeCompare(b.price))
}

const readOld = (text: string, currency: string): OldLine[] =>
  rowsOf(text).map(({ line, value }) => {
    const parsed = oldLine.safeParse(value)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      throw new DomainError('BAD_REQUEST', `line ${line}: ${issue?.path.join('.')}: ${issue?.message}`, {
        path: 'text',
      })
    }
    const { price, app = null, description = price, amount } = parsed.data
    return { line, price, app, description, amountMinor: amountIn(amount, currency, `text, line ${line}`) }
  })

/**
 * Rates a period of the past by a plan, as if it had been sold here, beside the lines of the bill that was sent. Changes
 * nothing. Without a plan it is the account's own. @throws BAD_REQUEST, NOT_FOUND
 */
export const shadowBill = async (
  ctx: Pick<Context, 'sql' | 'now'>,
  input: {
    accountId: bigint
    period: Window
    text: string
    plan?: { key: string; currency: string; interval: 'month' | 'year'; quantities: Quantities } | undefined
  },
): Promise<Shadow> => {
  const { accountId, period } = input
  if (period.start >= period.end || period.end > ctx.now)
    throw new DomainError('BAD_REQUEST', 'a period that is over, from before to', { path: 'to' })
  const { version, quantities } = await planOf(ctx, input)
  const old = readOld(input.text, version.currency)
  const edges = hoursOf(period, { starts: false, ends: true })
  const hours = await usageHours(ctx.sql, accountId, edges.fromHour, edges.untilHour)
  const stretch = { ...period, ...edges, version, quantities, state: 'active' as const }
  const { currency } = version
  const ours = [
    ...advanceLines(version, quantities, period),
    ...rateInput({ currency, period, asOf: ctx.now, stretches: [stretch], hours }),
  ]
  return {
    ...{ plan: version.plan, version: version.version, currency, period, lines: compareBills(ours, old) },
    oldMinor: sumOf(old.map((line) => line.amountMinor)),
    newMinor: sumOf(ours.map((line) => line.amount)),
  }
}

const planOf = async (
  ctx: Pick<Context, 'sql'>,
  { accountId, plan }: Parameters<typeof shadowBill>[1],
): Promise<{ version: PriceVersion; quantities: Quantities }> => {
  if (plan) {
    const version = await newestVersion(ctx.sql, plan.key, plan.currency, plan.interval)
    return { version, quantities: quantitiesFor(version, plan.quantities) }
  }
  const live = await liveSubscription(ctx.sql, accountId)
  if (!live) throw new DomainError('NOT_FOUND', 'this account has no plan; name one', { path: 'plan' })
  return { version: await planVersionOf(ctx.sql, live.planVersionId), quantities: live.quantities }
}
