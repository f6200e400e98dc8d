import { currencyOf, figure, moneyText, perMajor, text, type Kind } from './format.ts'
import { clock, day, range, type Instant } from './when.ts'

export type Series = {
  label: string
  /** One a time; `null` where there is no reading. */
  values: readonly (number | bigint | null)[]
  /** Its colour where that is not its place's: a forecast has that of what it goes on from. */
  hue?: 1 | 2 | 3 | 4 | 5 | 'rest'
}

/** The colour of the series at a place: `1` to `5`, or `rest`. */
export const hueOf = (series: readonly Series[], index: number): NonNullable<Series['hue']> =>
  series[index]?.hue ?? ((Math.min(index, 4) + 1) as 1 | 2 | 3 | 4 | 5)

/** Two instants between which no series has a reading. */
export type Gap = { from: number; to: number }

const DAY = 86_400_000

/** What a canvas can draw: bigints as numbers, missing as `null` (a chart bridges NaN). */
export const plottable = (values: Series['values']): (number | null)[] =>
  values.map((value) => (value === null || !Number.isFinite(Number(value)) ? null : Number(value)))

/** The runs of times, in ms, in which every series is missing. A gap ends at the next reading. */
export function gapsOf(times: readonly number[], series: readonly Series[]): Gap[] {
  const gaps: Gap[] = []
  let from: number | undefined
  times.forEach((at, index) => {
    const isMissing = series.every((one) => one.values[index] === null || one.values[index] === undefined)
    if (isMissing) from ??= at
    else if (from !== undefined) {
      gaps.push({ from, to: at })
      from = undefined
    }
  })
  const last = times.at(-1)
  if (from !== undefined && last !== undefined && last > from) gaps.push({ from, to: last })
  return gaps
}

/** "No data 01:10 to 01:16 UTC, and 2 more gaps." Nothing where nothing is missing. */
export function gapWords(gaps: readonly Gap[], now: Instant): string {
  if (gaps.length === 0) return ''
  const told = gaps.slice(0, 3).map((gap) => range(gap.from, gap.to, now))
  const more = gaps.length - told.length
  return `No data ${told.join('; ')}${more > 0 ? `; and ${more} more ${more === 1 ? 'gap' : 'gaps'}` : ''}.`
}

const DECIMAL = [1, 2, 2.5, 5, 10] as const
const BINARY = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const

/** The unit in which a kind's steps are round: bytes by 1024, processor and memory time by the hour. */
function unitOf(kind: Kind, max: number): number {
  if (kind === 'bytes' || kind === 'bytesPerS') return 1024 ** Math.max(0, Math.floor(Math.log2(max) / 10))
  if (kind === 'cpuUs') return max / 3.6e9 < 0.1 ? 1e6 : 3.6e9
  if (kind === 'mibS') return max / 3_686_400 < 0.1 ? 3600 : 3_686_400
  const currency = currencyOf(kind)
  if (currency !== undefined) return Number(perMajor(currency))
  return 1
}

/** Round ticks from 0 to at least `max`, about `count` steps. Shares go to 100 unless they exceed it. */
export function ticks(kind: Kind, max: number, count = 4): number[] {
  if (kind === 'percent' && max <= 100) return [0, 25, 50, 75, 100]
  // Below a billionth of a unit an axis says nothing: it is drawn as if empty.
  const top = max > 1e-9 && Number.isFinite(max) ? max : 1
  const unit = unitOf(kind, top)
  const want = top / unit / count
  const isBinary = (kind === 'bytes' || kind === 'bytesPerS') && want >= 1
  const power = isBinary ? 1 : 10 ** Math.floor(Math.log10(want))
  const ladder = isBinary ? BINARY : DECIMAL
  // Nothing lies between two counts, nor between two minor units of a currency.
  const least = kind === 'count' ? 1 : currencyOf(kind) === undefined ? 0 : 1 / unit
  const step = Math.max(least, (ladder.find((rung) => rung * power >= want * 0.999) ?? 10) * power) * unit
  const steps = Math.ceil((top / step) * 0.9999)
  return Array.from({ length: Math.max(1, steps) + 1 }, (_, index) => index * step)
}

/** A tick's words. All ticks of an axis share the unit of the greatest. */
export function tickWords(kind: Kind, value: number, top: number): string {
  if (value === 0) return '0'
  if (kind === 'count' || kind === 'percent' || kind === 'pressure') {
    const whole = Number.isInteger(value) ? 0 : 1
    return kind === 'count' ? figure('count', value).value : `${value.toFixed(whole)} %`
  }
  const currency = currencyOf(kind)
  if (currency !== undefined) return moneyText(value, currency, Number.isInteger(value / unitOf(kind, top)))
  const unit = unitOf(kind, top)
  const name = text({ ...figure(kind, top), value: '' }).trim()
  if (kind === 'bytes' || kind === 'bytesPerS' || kind === 'cpuUs' || kind === 'mibS') {
    return `${trimmed(value / unit)} ${name}`
  }
  return text(figure(kind, value))
}

const trimmed = (n: number) => String(Number(n.toPrecision(3)))

/** How an instant is called on an axis that spans `spanMs`: the hour up to two days, the day beyond. */
export const timeTick = (at: number, spanMs: number): string =>
  spanMs > 2 * DAY || at % DAY === 0 ? day(at, at) : clock(at)

/** Moves labels down or up until none is nearer than `least` to its neighbour, all within 0 to `height`. */
export function spread(wanted: readonly number[], least: number, height: number): number[] {
  const order = wanted.map((y, index) => ({ y, index })).toSorted((a, b) => a.y - b.y)
  let floor = -Infinity
  for (const label of order) {
    label.y = Math.max(label.y, floor)
    floor = label.y + least
  }
  let ceiling = height
  for (const label of order.toReversed()) {
    label.y = Math.min(label.y, ceiling)
    ceiling = label.y - least
  }
  return order.toSorted((a, b) => a.index - b.index).map((label) => label.y)
}
