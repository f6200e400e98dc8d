import { compare, exact, exactText, inMinor, minor, parseExact, roundHalfEven, times, ZERO } from '../money.ts'
import type { Exact } from '../money.ts'
import type { Window } from '../time.ts'
import type { RatedLine } from './rated.ts'
import type { AdvancePrice, PriceVersion } from './terms.ts'
import { isMetered } from './terms.ts'

type Quantities = Readonly<Record<string, number>>
/** A plan version and the licensed quantities held of it. */
export type Held = { version: PriceVersion; quantities: Quantities }

const secondsOf = (at: Date) => BigInt(Math.floor(at.getTime() / 1000))

/** What a whole interval of an advance price costs, in exact minor units, and for how many pieces. */
const wholeOf = (price: AdvancePrice, { version, quantities }: Held): { pieces: bigint; unit: string; cost: Exact } => {
  const [pieces, unit] =
    price.model === 'flat'
      ? [1n, price.amount]
      : [BigInt(Math.max(0, (quantities[price.key] ?? 0) - price.included)), price.unitAmount]
  return { pieces, unit, cost: inMinor(times(parseExact(unit), exact(pieces)), version.currency) }
}

const lineOf = (
  kind: 'flat' | 'proration',
  { version, quantities }: Held,
  price: AdvancePrice,
  paid: Window,
  used: Window,
  sign: 1n | -1n,
): RatedLine | null => {
  const { pieces, unit, cost } = wholeOf(price, { version, quantities })
  if (compare(cost, ZERO) === 0) return null
  const ofSeconds = secondsOf(paid.end) - secondsOf(paid.start)
  const seconds = secondsOf(used.end) - secondsOf(used.start)
  if (seconds === 0n) return null
  const amount = times(cost, exact(sign * seconds, ofSeconds))
  const said = kind === 'flat' ? price.name : sign < 0n ? `Unused ${price.name}` : `Remaining ${price.name}`
  return {
    kind,
    description: price.model === 'licensed' ? `${said}, ${pieces} × ${price.unit}` : said,
    planVersionId: version.id,
    price: price.key,
    meter: null,
    app: null,
    quantity: sign * pieces,
    unitAmount: unit,
    exact: exactText(amount),
    amount: minor(roundHalfEven(amount)),
    service: used,
    detail: seconds === ofSeconds ? {} : { seconds, ofSeconds },
  }
}

const linesOf = (kind: 'flat' | 'proration', held: Held, paid: Window, used: Window, sign: 1n | -1n): RatedLine[] =>
  held.version.terms.prices
    .filter((price) => !isMetered(price))
    .flatMap((price) => lineOf(kind, held, price, paid, used, sign) ?? [])

/** The lines of a whole interval's flat and licensed prices, paid in advance. Prices that come to nothing give none. */
export const advanceLines = (version: PriceVersion, quantities: Quantities, paid: Window): RatedLine[] =>
  linesOf('flat', { version, quantities }, paid, paid, 1n)

/** What is charged of an interval's advance prices from an instant within it on, to the second. */
export const chargeLines = (held: Held, paid: Window, at: Date): RatedLine[] =>
  linesOf('proration', held, paid, { start: at, end: paid.end }, 1n)

/** What is given back of an interval's advance prices from an instant within it on, to the second. */
export const creditLines = (held: Held, paid: Window, at: Date): RatedLine[] =>
  linesOf('proration', held, paid, { start: at, end: paid.end }, -1n)

/**
 * A change of plan or quantities at `at`, within the interval `paid` that both are priced for: credit of the unused rest of
 * the old advance prices, then charge of the new. Exact to the second, each line rounded once; a price whose plan version
 * and quantity stay gives no lines.
 * Plans of different intervals have no common interval: take `creditLines` of the old and `advanceLines` of the new.
 * @throws RangeError where the intervals or currencies differ
 */
export const changeLines = (change: { from: Held; to: Held; paid: Window; at: Date }): RatedLine[] => {
  const { from, to, paid, at } = change
  if (from.version.interval !== to.version.interval || from.version.currency !== to.version.currency)
    throw new RangeError('plans of different intervals or currencies have no common interval to prorate')
  const credits = creditLines(from, paid, at)
  const charges = chargeLines(to, paid, at)
  const stays = (line: RatedLine, others: RatedLine[]) =>
    from.version.id === to.version.id &&
    others.some((other) => other.price === line.price && other.amount === -line.amount && other.exact === negated(line))
  return [...credits.filter((line) => !stays(line, charges)), ...charges.filter((line) => !stays(line, credits))]
}

const negated = (line: RatedLine) => (line.exact.startsWith('-') ? line.exact.slice(1) : `-${line.exact}`)
