import { METER_UNITS, type Price } from '../../billing-parts/price-words.ts'
import { scaled } from '../../ui/format.ts'
import { day, msOf, type Instant } from '../../ui/when.ts'

export type MeterName = keyof typeof METER_UNITS
export type { Price }

/** Base units (µs, MiB·s, bytes) in one billed unit. */
const PER_UNIT: Record<MeterName, bigint> = {
  cpu: 3_600_000_000n,
  memory: 3_686_400n,
  disk: 3_686_400n,
  egress: 1_000_000_000n,
}
export const meterOf = (meter: string | null): MeterName | null =>
  meter !== null && meter in PER_UNIT ? (meter as MeterName) : null

/** A billed quantity ready to print, with as many decimals as its size needs. */
export const billed = (meter: MeterName, amount: bigint): { value: string; unit: string } => {
  const size = Number(amount < 0n ? -amount : amount) / Number(PER_UNIT[meter])
  const digits = size === 0 ? 0 : size < 1 ? 4 : size < 100 ? 2 : size < 10_000 ? 1 : 0
  return { value: scaled(amount, PER_UNIT[meter], digits), unit: METER_UNITS[meter] }
}
export const billedText = (meter: MeterName, amount: bigint): string => {
  const { value, unit } = billed(meter, amount)
  return `${value} ${unit}`
}
export const asNumber = (meter: MeterName, amount: bigint): number => Number(amount) / Number(PER_UNIT[meter])

const LAST_MS = 1
/** The days a half-open period holds: `1 Oct to 31 Oct 2026`. */
export const daysText = (start: Instant, end: Instant, now: Instant): string => {
  const last = msOf(end) - LAST_MS
  const [from, to] = [day(start, now), day(last, now)]
  return from === to ? from : `${from} to ${to}`
}
/** A date with its year, whatever year it is. */
export const dateText = (at: Instant): string => day(at, 0)

export const invoicePath = (account: string, number: string) => `/${account}/invoices/${encodeURIComponent(number)}`
/** Where an invoice's file is served. */
export const filePath = (account: string, number: string, kind: 'pdf' | 'csv' | 'evidence') =>
  `/v1/invoices/${encodeURIComponent(account)}/${encodeURIComponent(number)}/${kind}`
