import {
  compare,
  exact,
  exactText,
  inMinor,
  least,
  minor,
  minus,
  over,
  parseExact,
  plus,
  roundHalfEven,
} from '../money.ts'
import { ceilOf, sumOf, times, ZERO } from '../money.ts'
import type { Exact } from '../money.ts'
import { startOfHour } from '../time.ts'
import type { Window } from '../time.ts'
import { shareOf } from './period.ts'
import type { InvoiceInput, RatedLine, Stretch, UsageHour } from './rated.ts'
import { BILLABLE, BILLABLE_METERS, isMetered } from './terms.ts'
import type { MeteredPrice, PriceVersion, Used } from './terms.ts'

type Tier = Extract<MeteredPrice, { model: 'graduated' | 'volume' }>['tiers'][number]
/** What a quantity comes to: in major units, and how. */
type Cost = { amount: Exact; unitAmount: string | null; detail: Record<string, unknown> }

const tierCost = (tier: Tier, units: Exact, share: Exact): Exact =>
  plus(times(units, parseExact(tier.unitAmount)), times(parseExact(tier.flatAmount ?? '0'), share))

/** The tiers with the units they begin at and end before, in this part of the period. */
const boundsOf = (tiers: readonly Tier[], share: Exact) =>
  tiers.map((tier, i) => ({
    tier,
    from: times(parseExact(tiers[i - 1]?.upTo ?? '0'), share),
    // The last tier has no end, whatever it says: usage must not fall out of a price.
    upTo: tier.upTo === null || i === tiers.length - 1 ? null : times(parseExact(tier.upTo), share),
  }))

const graduated = (tiers: readonly Tier[], units: Exact, share: Exact): Cost => {
  let amount = ZERO
  const parts = []
  for (const { tier, from, upTo } of boundsOf(tiers, share)) {
    if (compare(units, from) <= 0) break
    const within = minus(upTo ? least(units, upTo) : units, from)
    amount = plus(amount, tierCost(tier, within, share))
    parts.push({ units: exactText(within), unitAmount: tier.unitAmount, flatAmount: tier.flatAmount ?? '0' })
  }
  return { amount, unitAmount: null, detail: { tiers: parts } }
}

/** Never more than where a higher tier begins, so that using more cannot have cost less. */
const volume = (tiers: readonly Tier[], units: Exact, share: Exact): Cost => {
  let cost: Cost | null = null
  for (const { tier, from, upTo } of boundsOf(tiers, share)) {
    const reached = compare(units, from) > 0
    if (reached && upTo && compare(units, upTo) > 0) continue
    const amount = tierCost(tier, reached ? units : from, share)
    if (cost && compare(amount, cost.amount) >= 0) continue
    const detail: Cost['detail'] = {
      tierFrom: exactText(from),
      flatAmount: tier.flatAmount ?? '0',
      ...(cost ? { capped: true } : {}),
    }
    cost = { amount, unitAmount: tier.unitAmount, detail }
  }
  return cost ?? { amount: ZERO, unitAmount: null, detail: {} }
}

const beyond = (included: string, units: Exact, share: Exact): Exact => {
  const rest = minus(units, times(parseExact(included), share))
  return compare(rest, ZERO) > 0 ? rest : ZERO
}

const costOf = (price: MeteredPrice, units: Exact, share: Exact): Cost => {
  switch (price.model) {
    case 'per_unit': {
      const included = times(parseExact(price.included), share)
      const amount = times(beyond(price.included, units, share), parseExact(price.unitAmount))
      const detail = compare(included, ZERO) > 0 ? { included: exactText(included) } : {}
      return { amount, unitAmount: price.unitAmount, detail }
    }
    case 'package': {
      const packages = ceilOf(over(beyond(price.included, units, share), parseExact(price.size)))
      const detail = { packages, size: price.size, included: exactText(times(parseExact(price.included), share)) }
      return { amount: times(exact(packages), parseExact(price.amount)), unitAmount: price.amount, detail }
    }
    case 'graduated':
      return graduated(price.tiers, units, share)
    case 'volume':
      return volume(price.tiers, units, share)
  }
}

/** A price that is the same for every unit can be told app by app. */
const isByApp = (price: MeteredPrice) => price.model === 'per_unit' && compare(parseExact(price.included), ZERO) === 0

const byApp = (hours: readonly UsageHour[], counts: (hour: number) => boolean): [string, Used][] => {
  const sums = new Map<string, Used>()
  for (const { app, hour, used } of hours) {
    if (!counts(hour)) continue
    const sum = sums.get(app) ?? { cpu: 0n, memory: 0n, disk: 0n, egress: 0n }
    for (const meter of BILLABLE_METERS) sum[meter] += used[meter]
    sums.set(app, sum)
  }
  return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

const usageLine = (
  version: PriceVersion,
  price: MeteredPrice,
  app: string | null,
  quantity: bigint,
  share: Exact,
  service: Window,
): RatedLine => {
  const { amount, unitAmount, detail } = costOf(price, exact(quantity, BILLABLE[price.meter].perUnit), share)
  const inMinors = inMinor(amount, version.currency)
  return {
    kind: 'usage',
    description: app ? `${price.name}, ${app}` : price.name,
    planVersionId: version.id,
    price: price.key,
    meter: price.meter,
    app,
    quantity,
    unitAmount,
    exact: exactText(inMinors),
    amount: minor(roundHalfEven(inMinors)),
    service,
    detail: share.n === share.d ? detail : { ...detail, share: exactText(share) },
  }
}

const minimumLine = (version: PriceVersion, lines: RatedLine[], share: Exact, service: Window): RatedLine[] => {
  if (version.terms.minimum === null) return []
  const least = times(inMinor(parseExact(version.terms.minimum), version.currency), share)
  const missing = minus(least, exact(sumOf(lines.map((line) => line.amount))))
  const amount = roundHalfEven(missing)
  if (amount <= 0n) return []
  const detail = { minimum: version.terms.minimum, ...(share.n === share.d ? {} : { share: exactText(share) }) }
  return [
    {
      kind: 'minimum',
      description: 'Up to the minimum',
      planVersionId: version.id,
      price: null,
      meter: null,
      app: null,
      quantity: null,
      unitAmount: null,
      exact: exactText(missing),
      amount: minor(amount),
      service,
      detail,
    },
  ]
}

/** While paused no fee is paid: there is no minimum and nothing is included. */
const unpaid = (version: PriceVersion): PriceVersion => {
  const prices = version.terms.prices.map((price) =>
    isMetered(price) && 'included' in price ? { ...price, included: '0' } : price,
  )
  return { ...version, terms: { ...version.terms, prices, minimum: null } }
}

/**
 * The usage lines of one stretch, then what is missing to its minimum. Pure: the same inputs in any order of hours give the
 * same lines. A price that is the same for every unit gives a line an app; included units, tiers and packages give one line
 * of the whole account. Included units, tiers' bounds and the minimum hold in proportion to the stretch's part of the
 * period. Usage in a trial is free; while paused there is no minimum and nothing included.
 * @param asOf hours that begin then or later are left out
 */
export const rate = (
  held: PriceVersion,
  window: Stretch & { period: Window; hours: readonly UsageHour[] },
  asOf: Date,
): RatedLine[] => {
  if (window.state === 'trialing') return []
  const version = window.state === 'paused' ? unpaid(held) : held
  const { start, end, fromHour, untilHour } = window
  const service = { start, end }
  const { partMs, wholeMs } = shareOf(service, window.period)
  const share = exact(partMs, window.monthMs ?? wholeMs)
  const apps = byApp(window.hours, (hour) => hour >= fromHour && hour < untilHour && startOfHour(hour) < asOf)
  const lines = version.terms.prices.filter(isMetered).flatMap((price) => {
    if (isByApp(price))
      return apps.flatMap(([app, used]) =>
        used[price.meter] === 0n ? [] : usageLine(version, price, app, used[price.meter], exact(1), service),
      )
    const quantity = sumOf(apps.map(([, used]) => used[price.meter]))
    return quantity === 0n ? [] : usageLine(version, price, null, quantity, share, service)
  })
  return [...lines, ...minimumLine(version, lines, share, service)]
}

/** Stretches of the same version that follow each other are one: quantities that changed do not restart a tier. */
export const joined = (stretches: readonly Stretch[]): Stretch[] => {
  const out: Stretch[] = []
  for (const next of stretches.toSorted((a, b) => a.start.getTime() - b.start.getTime())) {
    const last = out.at(-1)
    const follows = last && last.end.getTime() === next.start.getTime() && last.untilHour === next.fromHour
    if (last && follows && last.version.id === next.version.id && last.state === next.state)
      out[out.length - 1] = { ...last, end: next.end, untilHour: next.untilHour }
    else out.push(next)
  }
  return out
}

/** The usage lines and minimums of all stretches of a period, in the order of time. */
export const rateInput = (input: InvoiceInput): RatedLine[] =>
  joined(input.stretches).flatMap((stretch) =>
    rate(stretch.version, { ...stretch, period: input.period, hours: input.hours }, input.asOf),
  )
