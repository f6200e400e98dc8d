import { allocate, sumOf, type Minor } from '../money.ts'
import { startOfHour, type Window } from '../time.ts'
import { rateInput } from './rate.ts'
import type { RatedLine, Stretch } from './rated.ts'
import { BILLABLE_METERS, type BillableMeter, type Used } from './terms.ts'

/** What an app used, in base units. */
export type AppUse = { app: string; used: Used }
/** Terms of a period, and what each app used while they held. */
export type StretchUse = { stretch: Stretch; use: readonly AppUse[] }
/** What an app's use of one meter came to in one stretch (by its place). */
export type Share = { stretch: number; app: string; meter: BillableMeter; amount: Minor }
export type LiveCost = {
  /** As an invoice would have them: of usage, and what is missing to the plan's minimum. */
  lines: RatedLine[]
  /** The usage lines' sum, before discount and tax. */
  usage: Minor
  /** What the plan's minimum adds to it. */
  minimum: Minor
  /** The usage lines shared out; they sum to `usage`. */
  shares: Share[]
}
export type AppCost = { app: string; used: Used; cost: Minor; byMeter: Record<BillableMeter, Minor> }

export const nothingUsed = (): Used => ({ cpu: 0n, memory: 0n, disk: 0n, egress: 0n })

const isOf = (line: RatedLine, { start, end, version }: Stretch) =>
  line.planVersionId === version.id && line.service.start <= start && line.service.end >= end

type Uses = { stretch: Stretch; index: number; byApp: ReadonlyMap<string, Used> }

/** A line's amount over the apps and stretches it is made of, by quantity. */
const sharesOf = (line: RatedLine, uses: readonly Uses[]): Share[] => {
  const { meter, app: ofApp } = line
  if (meter === null) return []
  const rows = uses
    .filter(({ stretch }) => isOf(line, stretch))
    .flatMap(({ index, byApp: used }) =>
      (ofApp === null ? [...used.keys()] : [ofApp]).map((app) => ({
        index,
        app,
        quantity: used.get(app)?.[meter] ?? 0n,
      })),
    )
    .filter(({ quantity }) => quantity > 0n)
  const amounts = allocate(
    line.amount,
    rows.map((row) => row.quantity),
  )
  return rows.map(({ index, app }, i) => ({ stretch: index, app, meter, amount: amounts[i]! }))
}

const usesOf = (parts: readonly StretchUse[]): Uses[] =>
  parts.map(({ stretch, use }, index) => ({ stretch, index, byApp: summedByApp(use) }))

const summedByApp = (use: readonly AppUse[]): Map<string, Used> => {
  const apps = new Map<string, Used>()
  for (const { app, used } of use) {
    const sum = apps.get(app) ?? nothingUsed()
    for (const meter of BILLABLE_METERS) sum[meter] += used[meter]
    apps.set(app, sum)
  }
  return apps
}

/**
 * What a period's usage costs by the terms it was used under: exactly the lines an invoice would have if no more came.
 * Uses are sums of a whole stretch, so that a month of a thousand containers is a row an app.
 * @param asOf hours that begin then or later are left out
 */
export const liveCost = (currency: string, period: Window, parts: readonly StretchUse[], asOf: Date): LiveCost => {
  const lines = rateInput({
    currency,
    period,
    asOf,
    stretches: parts.map(({ stretch }) => stretch),
    hours: parts.flatMap(({ stretch, use }) =>
      startOfHour(stretch.fromHour) < asOf ? use.map(({ app, used }) => ({ app, hour: stretch.fromHour, used })) : [],
    ),
  })
  const uses = usesOf(parts)
  const ofKind = (kind: RatedLine['kind']) => lines.filter((line) => line.kind === kind)
  return {
    lines,
    usage: sumOf(ofKind('usage').map((line) => line.amount)),
    minimum: sumOf(ofKind('minimum').map((line) => line.amount)),
    shares: ofKind('usage').flatMap((line) => sharesOf(line, uses)),
  }
}

/** Each app's use and cost in the period, the dearest first. */
export const byApp = (parts: readonly StretchUse[], shares: readonly Share[]): AppCost[] => {
  const apps = new Map<string, { used: Used; byMeter: Used }>()
  const of = (app: string) => {
    const known = apps.get(app) ?? { used: nothingUsed(), byMeter: nothingUsed() }
    apps.set(app, known)
    return known
  }
  for (const { use } of parts)
    for (const { app, used } of use) for (const meter of BILLABLE_METERS) of(app).used[meter] += used[meter]
  for (const { app, meter, amount } of shares) of(app).byMeter[meter] += amount
  return [...apps]
    .map(([app, { used, byMeter }]) => ({
      app,
      used,
      byMeter: byMeter as AppCost['byMeter'],
      cost: sumOf(Object.values(byMeter)),
    }))
    .toSorted((a, b) => (a.cost === b.cost ? (a.app < b.app ? -1 : 1) : a.cost > b.cost ? -1 : 1))
}

/** A part of what an app, or several under one key, used: on a day, in a container. */
export type PartUse<P> = { stretch: number; key: string; part: P; used: Used }
export type PartCost<P> = { key: string; part: P; meter: BillableMeter; amount: Minor }

/**
 * Shares out what apps came to over the parts of their use (days, containers) by quantity, so that the parts sum to it.
 * `keyOf` puts apps under the keys of `use`; an app without a key, or without parts that used anything, is left out.
 */
export const overParts = <P>(
  shares: readonly Share[],
  use: readonly PartUse<P>[],
  keyOf: (app: string) => string | undefined,
): PartCost<P>[] => {
  const totals = new Map<string, { stretch: number; key: string; meter: BillableMeter; amount: bigint }>()
  for (const { stretch, app, meter, amount } of shares) {
    const key = keyOf(app)
    if (key === undefined) continue
    const name = JSON.stringify([stretch, key, meter])
    const total = totals.get(name) ?? { stretch, key, meter, amount: 0n }
    totals.set(name, { ...total, amount: total.amount + amount })
  }
  const rows = Map.groupBy(use, ({ stretch, key }) => JSON.stringify([stretch, key]))
  return [...totals.values()].flatMap(({ stretch, key, meter, amount }) => {
    const of = (rows.get(JSON.stringify([stretch, key])) ?? []).filter(({ used }) => used[meter] > 0n)
    if (of.length === 0) return []
    const amounts = allocate(
      amount,
      of.map(({ used }) => used[meter]),
    )
    return of.map(({ part }, i) => ({ key, part, meter, amount: amounts[i]! }))
  })
}
