/** An amount of money in the smallest unit of its currency: cents, yen, fils. */
export type Minor = bigint & { readonly unit: 'minor' }

/** Says that a whole number counts minor units. */
export const minor = (count: bigint | number | string): Minor => BigInt(count) as Minor
export const NO_MONEY = minor(0)
export const sumOf = (amounts: Iterable<bigint>): Minor => {
  let sum = 0n
  for (const amount of amounts) sum += amount
  return sum as Minor
}

/** Decimals of a currency where they are not two (ISO 4217, "minor unit"). */
const EXPONENTS: Record<string, number> = {
  ...Object.fromEntries(
    'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ),
  ...Object.fromEntries('BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3])),
}

/** How many decimals a currency (ISO 4217, upper case) has: 2 for EUR, 0 for JPY, 3 for BHD. */
export const exponentOf = (currency: string): number => EXPONENTS[currency] ?? 2

/** An exact number: a fraction in lowest terms with a denominator above zero. Rounded once, at the invoice line. */
export type Exact = { readonly n: bigint; readonly d: bigint }

const gcd = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y > 0n) [x, y] = [y, x % y]
  return x
}

/** The fraction `n / d`. @throws RangeError where d is zero */
export const exact = (n: bigint | number, d: bigint | number = 1n): Exact => {
  const [top, bottom] = [BigInt(n), BigInt(d)]
  if (bottom === 0n) throw new RangeError('a fraction needs a denominator')
  const sign = bottom < 0n ? -1n : 1n
  const shared = gcd(top, bottom) || 1n
  return { n: (sign * top) / shared, d: (sign * bottom) / shared }
}
export const ZERO = exact(0)

const DECIMAL = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/
export const isDecimal = (text: string) => DECIMAL.test(text)

const decimalOf = ([, sign = '', whole = '', fraction = '']: string[]): Exact =>
  exact(BigInt(`${sign}${whole}${fraction}`), 10n ** BigInt(fraction.length))

/** Reads a decimal such as `0.0180` or `-12`, of at most 30 digits on each side. @throws RangeError on anything else */
export const parseExact = (text: string): Exact => {
  const parts = DECIMAL.exec(text)
  if (!parts) throw new RangeError(`"${text}" is no decimal number`)
  return decimalOf(parts)
}

/** Reads what `exactText` writes: a decimal or `n/d`, however long. @throws RangeError on anything else */
export const parseText = (text: string): Exact => {
  const fraction = /^(-?\d+)\/(\d+)$/.exec(text)
  if (fraction) return exact(BigInt(fraction[1]!), BigInt(fraction[2]!))
  const decimal = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (!decimal) throw new RangeError(`"${text}" is no exact number`)
  return decimalOf(decimal)
}

export const plus = (a: Exact, b: Exact): Exact => exact(a.n * b.d + b.n * a.d, a.d * b.d)
export const minus = (a: Exact, b: Exact): Exact => exact(a.n * b.d - b.n * a.d, a.d * b.d)
export const times = (a: Exact, b: Exact): Exact => exact(a.n * b.n, a.d * b.d)
export const over = (a: Exact, b: Exact): Exact => exact(a.n * b.d, a.d * b.n)
/** Negative, zero or positive, as a sort wants it. */
export const compare = (a: Exact, b: Exact): number => {
  const difference = a.n * b.d - b.n * a.d
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
export const least = (a: Exact, b: Exact): Exact => (compare(a, b) <= 0 ? a : b)

/** The whole number nearest; of two as near, the even one. */
export const roundHalfEven = ({ n, d }: Exact): bigint => {
  const floor = n >= 0n ? n / d : -((-n + d - 1n) / d)
  const twice = 2n * (n - floor * d)
  if (twice < d) return floor
  if (twice > d) return floor + 1n
  return floor % 2n === 0n ? floor : floor + 1n
}
/** The whole number at or above. */
export const ceilOf = ({ n, d }: Exact): bigint => (n >= 0n ? (n + d - 1n) / d : -(-n / d))

/** An amount in major units (euros) as exact minor units (cents). */
export const inMinor = (major: Exact, currency: string): Exact =>
  times(major, exact(10n ** BigInt(exponentOf(currency))))

/** As text: a decimal where one is exact, else `n/d`. What `parseText` reads again. */
export const exactText = ({ n, d }: Exact): string => {
  let [rest, twos, fives] = [d, 0, 0]
  while (rest % 2n === 0n) [rest, twos] = [rest / 2n, twos + 1]
  while (rest % 5n === 0n) [rest, fives] = [rest / 5n, fives + 1]
  if (rest !== 1n) return `${n}/${d}`
  const places = Math.max(twos, fives)
  return decimalText((n * 10n ** BigInt(places)) / d, places)
}

/** Whole units of `10^-places` as a decimal: `decimalText(1234n, 2)` is `12.34`. */
export const decimalText = (units: bigint, places: number): string => {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0')
  const sign = units < 0n ? '-' : ''
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** An amount in its major unit, without the currency: `1386.64`. */
export const majorText = (amount: bigint, currency: string): string => decimalText(amount, exponentOf(currency))

/**
 * Shares an amount in proportion to weights by largest remainder: the shares sum to it exactly. Where no weight is above
 * zero the first takes all. @throws RangeError for a negative weight, and for an amount that nobody is there to take
 */
export const allocate = (amount: bigint, weights: readonly bigint[]): Minor[] => {
  if (weights.some((weight) => weight < 0n)) throw new RangeError('weights are not negative')
  if (weights.length === 0 && amount !== 0n) throw new RangeError('nobody is there to take a share')
  const whole = weights.reduce((sum, weight) => sum + weight, 0n)
  if (whole === 0n) return weights.map((_, i) => minor(i === 0 ? amount : 0n))
  const sign = amount < 0n ? -1n : 1n
  const size = amount * sign
  const shares = weights.map((weight) => (size * weight) / whole)
  const order = weights.map((weight, i) => ({ i, rest: (size * weight) % whole }))
  order.sort((a, b) => (a.rest === b.rest ? a.i - b.i : a.rest > b.rest ? -1 : 1))
  let left = size - shares.reduce((sum, share) => sum + share, 0n)
  for (const { i } of order) {
    if (left === 0n) break
    shares[i] = shares[i]! + 1n
    left--
  }
  return shares.map((share) => minor(share * sign))
}
