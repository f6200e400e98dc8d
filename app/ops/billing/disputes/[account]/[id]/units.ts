import { METER_UNITS } from '../../../../../billing-parts/price-words.ts'

export { METER_UNITS }
type MeterName = keyof typeof METER_UNITS

/** Base units in one billed unit. */
const PER_UNIT: Record<MeterName, bigint> = {
  cpu: 3_600_000_000n,
  memory: 3_686_400n,
  disk: 3_686_400n,
  egress: 1_000_000_000n,
}
const PLACES = 9

/** Base units as a decimal in billed units, to nine places: what a form shows. */
export const plainUnits = (meter: MeterName, base: string): string => {
  const scaled = (BigInt(base) * 10n ** BigInt(PLACES)) / PER_UNIT[meter]
  const text = scaled.toString().padStart(PLACES + 1, '0')
  return `${text.slice(0, -PLACES)}.${text.slice(-PLACES)}`.replace(/\.?0+$/, '')
}

/** What somebody typed in billed units, in base units, rounded to the nearest; null where it is no decimal. */
export const baseUnits = (meter: MeterName, typed: string): string | null => {
  const [, whole, fraction = ''] = /^(\d{1,15})(?:\.(\d{1,12}))?$/.exec(typed.trim()) ?? []
  if (whole === undefined) return null
  const scale = 10n ** BigInt(fraction.length)
  return ((BigInt(whole + fraction) * PER_UNIT[meter] * 2n + scale) / (2n * scale)).toString()
}
