// What an invoice should say, worked out a second time: the slow and plain way, from totals and terms as data. It imports
// nothing, so that no mistake of the server's can be its mistake too. Everything is a whole number of something: amounts are
// fractions with one denominator, instants are milliseconds since 1970, hours are whole hours since 1970.

const HOUR = 3_600_000
export const METERS = ['cpu', 'memory', 'disk', 'egress'] as const
export type Meter = (typeof METERS)[number]
/** Base units in the unit a price is for: µs in a vCPU-hour, MiB·s in a GiB-hour, bytes in a GB. */
const PER_UNIT: Record<Meter, bigint> = {
  cpu: 3_600_000_000n,
  memory: 3_600n * 1_024n,
  disk: 3_600n * 1_024n,
  egress: 1_000_000_000n,
}

// ---- decimals -----------------------------------------------------------------------------------------------------

/** Decimals are kept as whole numbers of 10^-20. */
const ONE = 10n ** 20n
export const decimal = (text: string): bigint => {
  const [whole = '0', rest = ''] = text.replace('-', '').split('.')
  const units = BigInt(whole) * ONE + BigInt((rest + '0'.repeat(20)).slice(0, 20))
  return text.startsWith('-') ? -units : units
}

/** The whole number nearest to `top / bottom`; halves go to the even one. `bottom` is above zero. */
export const nearest = (top: bigint, bottom: bigint): bigint => {
  if (top < 0n) return -nearest(-top, bottom)
  const whole = top / bottom
  const twice = (top % bottom) * 2n
  const up = twice > bottom || (twice === bottom && whole % 2n === 1n)
  return up ? whole + 1n : whole
}

const NO_DECIMALS = new Set(['JPY', 'KRW', 'CLP', 'VND'])
const THREE_DECIMALS = new Set(['BHD', 'KWD', 'JOD', 'OMR', 'TND'])
/** Minor units in one of the currency. */
export const minorsOf = (currency: string): bigint =>
  NO_DECIMALS.has(currency) ? 1n : THREE_DECIMALS.has(currency) ? 1_000n : 100n

// ---- months -------------------------------------------------------------------------------------------------------

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

/** The instant `n` months after another; a day that the month lacks is its last. */
export const monthsAfter = (anchorMs: number, n: number): number => {
  const anchor = new Date(anchorMs)
  let [year, month] = [anchor.getUTCFullYear(), anchor.getUTCMonth()]
  for (let i = 0; i < n; i++) [year, month] = month === 11 ? [year + 1, 0] : [year, month + 1]
  const days = month === 1 && isLeap(year) ? 29 : DAYS[month]!
  const ofDay = ((anchorMs % 86_400_000) + 86_400_000) % 86_400_000
  return Date.UTC(year, month, Math.min(anchor.getUTCDate(), days)) + ofDay
}

// ---- what was used ------------------------------------------------------------------------------------------------

export type Amounts = Record<Meter, bigint>
/** A total of a container, true at `atMs`, known to the control plane from `knownMs` on. */
export type Reading = { atMs: number; totals: Amounts; knownMs: number }
/**
 * One life of a container: its totals are zero at `openedMs`; it is the customer's from one hour until another. From
 * `takenBackMs` on it is known to have been another's all along.
 */
export type Life = {
  openedMs: number
  readings: readonly Reading[]
  owned: readonly { app: string; fromHour: number; untilHour: number }[]
  takenBackMs?: number | null
}

/** The total at an instant by what was known at another: between two readings in proportion to time, rounded down. */
const totalAt = (life: Life, meter: Meter, atMs: number, knownMs: number): bigint => {
  let before = { atMs: life.openedMs, total: 0n }
  let after: { atMs: number; total: bigint } | null = null
  for (const reading of life.readings) {
    if (reading.knownMs > knownMs) continue
    const here = { atMs: reading.atMs, total: reading.totals[meter] }
    if (here.atMs <= atMs) {
      if (here.atMs >= before.atMs) before = here
    } else if (!after || here.atMs < after.atMs) after = here
  }
  if (!after || atMs <= before.atMs) return before.total
  const risen = (after.total - before.total) * BigInt(atMs - before.atMs)
  return before.total + risen / BigInt(after.atMs - before.atMs)
}

/** What each app used in `[fromHour, untilHour)`, by what was known at an instant: totals at its edges, subtracted. */
export const usedBetween = (
  lives: readonly Life[],
  fromHour: number,
  untilHour: number,
  knownMs: number,
): Map<string, Amounts> => {
  const sums = new Map<string, Amounts>()
  for (const life of lives) {
    if (typeof life.takenBackMs === 'number' && life.takenBackMs <= knownMs) continue
    for (const owned of life.owned) {
      const from = Math.max(fromHour, owned.fromHour)
      const until = Math.min(untilHour, owned.untilHour)
      if (from >= until) continue
      const sum = sums.get(owned.app) ?? { cpu: 0n, memory: 0n, disk: 0n, egress: 0n }
      for (const meter of METERS) {
        const [start, end] = [from, until].map((hour) => totalAt(life, meter, hour * HOUR, knownMs))
        sum[meter] += end! - start!
      }
      sums.set(owned.app, sum)
    }
  }
  return sums
}

// ---- what it costs ------------------------------------------------------------------------------------------------

export type Tier = { upTo: string | null; unitAmount: string; flatAmount?: string }
export type Price = { key: string } & (
  | { model: 'flat'; amount: string }
  | { model: 'licensed'; unitAmount: string; included: number }
  | { model: 'per_unit'; meter: Meter; unitAmount: string; included: string }
  | { model: 'graduated' | 'volume'; meter: Meter; tiers: readonly Tier[] }
  | { model: 'package'; meter: Meter; size: string; amount: string; included: string }
)
export type Plan = {
  id: string
  currency: string
  interval: 'month' | 'year'
  prices: readonly Price[]
  minimum: string | null
}
export type Line = {
  kind: 'flat' | 'usage' | 'minimum' | 'proration' | 'late' | 'adjustment'
  plan: string | null
  price: string | null
  app: string | null
  quantity: bigint | null
  amount: bigint
  startMs: number
  endMs: number
}

/** Minor units × all denominators that occur: what a quantity at a price comes to is a whole number of these. */
type Scale = { currency: string; meter: Meter; part: bigint; whole: bigint }
const bottomOf = ({ meter, whole }: Scale) => PER_UNIT[meter] * ONE * ONE * whole
/** A quantity in base units, in the scale's own units. */
const usedIn = (scale: Scale, quantity: bigint) => quantity * ONE * scale.whole
/** So many units (a decimal) of the whole period, as far as they hold in this part of it. */
const heldIn = (scale: Scale, units: string) => decimal(units) * PER_UNIT[scale.meter] * scale.part
const atPrice = (scale: Scale, used: bigint, unitAmount: string) =>
  used * decimal(unitAmount) * minorsOf(scale.currency)
/** An amount that is due once in the period, as far as it is due in this part of it. */
const once = (scale: Scale, amount: string) =>
  decimal(amount) * scale.part * PER_UNIT[scale.meter] * ONE * minorsOf(scale.currency)

const graduatedCost = (scale: Scale, used: bigint, tiers: readonly Tier[]): bigint => {
  let [sum, from] = [0n, 0n]
  for (const [i, tier] of tiers.entries()) {
    const until = i === tiers.length - 1 ? used : heldIn(scale, tier.upTo ?? '0')
    if (used > from) {
      sum += atPrice(scale, (used < until ? used : until) - from, tier.unitAmount)
      if (tier.flatAmount) sum += once(scale, tier.flatAmount)
    }
    from = until
  }
  return sum
}

const volumeCost = (scale: Scale, used: bigint, tiers: readonly Tier[]): bigint => {
  const costs: bigint[] = []
  for (const [i, tier] of tiers.entries()) {
    const from = i === 0 ? 0n : heldIn(scale, tiers[i - 1]!.upTo ?? '0')
    const isLast = i === tiers.length - 1
    if (!isLast && used > heldIn(scale, tier.upTo ?? '0')) continue
    const counted = used > from ? used : from
    costs.push(atPrice(scale, counted, tier.unitAmount) + (tier.flatAmount ? once(scale, tier.flatAmount) : 0n))
  }
  return costs.reduce((least, cost) => (cost < least ? cost : least))
}

const packageCost = (scale: Scale, used: bigint, price: Extract<Price, { model: 'package' }>): bigint => {
  const rest = used - heldIn(scale, price.included)
  if (rest <= 0n) return 0n
  const size = decimal(price.size) * PER_UNIT[scale.meter] * scale.whole
  const packages = (rest + size - 1n) / size
  return packages * decimal(price.amount) * minorsOf(scale.currency) * ONE * scale.whole * PER_UNIT[scale.meter]
}

const perUnitCost = (scale: Scale, used: bigint, price: Extract<Price, { model: 'per_unit' }>): bigint => {
  const rest = used - heldIn(scale, price.included)
  return rest > 0n ? atPrice(scale, rest, price.unitAmount) : 0n
}

/** Terms that held: `[startMs, endMs)` of a period `[fromMs, untilMs)`, and the whole hours billed by them. */
export type Held = {
  plan: Plan
  state: 'trialing' | 'active' | 'paused'
  startMs: number
  endMs: number
  periodFromMs: number
  periodUntilMs: number
  fromHour: number
  untilHour: number
}

/** The usage lines of terms, then what is missing to the minimum. */
export const usageLines = (held: Held, used: Map<string, Amounts>): Line[] => {
  const { plan, state, startMs, endMs } = held
  if (state === 'trialing') return []
  const [part, whole] = [BigInt(endMs - startMs), BigInt(held.periodUntilMs - held.periodFromMs)]
  const lines: Line[] = []
  const bill = (price: Price, meter: Meter, app: string | null, quantity: bigint) => {
    if (quantity === 0n || price.model === 'flat' || price.model === 'licensed') return
    const scale = { currency: plan.currency, meter, part, whole }
    const inScale = usedIn(scale, quantity)
    const unpaid = state === 'paused'
    let cost: bigint
    if (price.model === 'per_unit') cost = perUnitCost(scale, inScale, unpaid ? { ...price, included: '0' } : price)
    else if (price.model === 'package') cost = packageCost(scale, inScale, unpaid ? { ...price, included: '0' } : price)
    else if (price.model === 'graduated') cost = graduatedCost(scale, inScale, price.tiers)
    else cost = volumeCost(scale, inScale, price.tiers)
    const amount = nearest(cost, bottomOf(scale))
    lines.push({ kind: 'usage', plan: plan.id, price: price.key, app, quantity, amount, startMs, endMs })
  }
  for (const price of plan.prices) {
    if (price.model === 'flat' || price.model === 'licensed') continue
    const everyUnit = price.model === 'per_unit' && (state === 'paused' || decimal(price.included) === 0n)
    if (everyUnit) for (const [app, amounts] of used) bill(price, price.meter, app, amounts[price.meter])
    else
      bill(
        price,
        price.meter,
        null,
        [...used.values()].reduce((sum, amounts) => sum + amounts[price.meter], 0n),
      )
  }
  if (plan.minimum !== null && state === 'active') {
    const sum = lines.reduce((total, line) => total + line.amount, 0n)
    const least = decimal(plan.minimum) * minorsOf(plan.currency) * part
    const missing = nearest(least - sum * ONE * whole, ONE * whole)
    if (missing > 0n)
      lines.push({
        kind: 'minimum',
        plan: plan.id,
        price: null,
        app: null,
        quantity: null,
        amount: missing,
        startMs,
        endMs,
      })
  }
  return lines
}

// ---- prices paid in advance ---------------------------------------------------------------------------------------

export type Quantities = Readonly<Record<string, number>>

/** Flat and licensed prices for `[startMs, endMs)` of the interval `[paidFromMs, paidUntilMs)`, charged or (sign -1) credited. */
export const advance = (
  kind: 'flat' | 'proration',
  plan: Plan,
  quantities: Quantities,
  paid: { fromMs: number; untilMs: number },
  fromMs: number,
  sign: 1n | -1n,
): Line[] => {
  const second = (ms: number) => BigInt(Math.floor(ms / 1_000))
  const [part, whole] = [second(paid.untilMs) - second(fromMs), second(paid.untilMs) - second(paid.fromMs)]
  if (part === 0n) return []
  return plan.prices.flatMap((price): Line[] => {
    if (price.model !== 'flat' && price.model !== 'licensed') return []
    const pieces = price.model === 'flat' ? 1 : Math.max(0, (quantities[price.key] ?? 0) - price.included)
    const each = decimal(price.model === 'flat' ? price.amount : price.unitAmount)
    if (pieces === 0 || each === 0n) return []
    const amount = sign * nearest(each * BigInt(pieces) * minorsOf(plan.currency) * part, ONE * whole)
    return [
      {
        kind,
        plan: plan.id,
        price: price.key,
        app: null,
        quantity: sign * BigInt(pieces),
        amount,
        startMs: fromMs,
        endMs: paid.untilMs,
      },
    ]
  })
}

// ---- totals -------------------------------------------------------------------------------------------------------

export type Coupon = { percent: string | null; amountMinor: bigint | null }
/** Tax on top of an amount: percent as a decimal. */
export type Sums = {
  subtotal: bigint
  discount: bigint
  promotional: bigint
  tax: bigint
  total: bigint
  prepaid: bigint
  due: bigint
}

const least = (a: bigint, b: bigint) => (a < b ? a : b)

/** Discount, promotional credit, tax on what is left, prepaid credit, in this order. */
export const sumsOf = (
  amounts: readonly bigint[],
  coupon: Coupon | null,
  taxPercent: string,
  promotionalLeft: bigint,
  prepaidLeft: bigint,
): Sums => {
  const subtotal = amounts.reduce((sum, amount) => sum + amount, 0n)
  let discount = 0n
  if (coupon && subtotal > 0n) {
    discount = coupon.amountMinor ?? nearest(subtotal * decimal(coupon.percent ?? '0'), 100n * ONE)
    discount = least(discount, subtotal)
  }
  const rest = subtotal - discount
  const promotional = rest > 0n ? least(rest, promotionalLeft) : 0n
  const net = rest - promotional
  const tax = nearest(net * decimal(taxPercent), 100n * ONE)
  const total = net + tax
  const prepaid = total > 0n ? least(total, prepaidLeft) : 0n
  return { subtotal, discount, promotional, tax, total, prepaid, due: total - prepaid }
}
