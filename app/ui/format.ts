/** A value ready to print: its digits and its unit apart, because they are set in different type. */
export type Figure = { readonly value: string; readonly unit: string }

/** A currency as a chart's or figure's kind: amounts in its minor units. */
export type MoneyKind = `money:${string}`

/**
 * What a raw amount measures. Storage units: cpu µs, memory and disk MiB·s, bytes, minor units of a currency; shares are 0
 * to 100.
 */
export type Kind =
  | 'count'
  | 'percent'
  | 'bytes'
  | 'bytesPerS'
  | 'cpuUs'
  | 'cores'
  | 'mibS'
  | 'ms'
  | 'pressure'
  | MoneyKind

type Amount = bigint | number

const MINUS = '−'
const US_PER_VCPU_S = 1_000_000n
const US_PER_VCPU_H = 3_600_000_000n
const MIB_S_PER_GIB_H = 3_686_400n
const MIB_S_PER_MIB_H = 3_600n
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/** A whole or decimal number with grouped thousands and a true minus: `−1,204.5`. `digits` are decimals kept. */
export function thousands(n: Amount, digits = 0): string {
  const plain = typeof n === 'bigint' ? n.toString() : Number.isFinite(n) ? n.toFixed(digits) : '–'
  const [whole = '', rest] = plain.replace('-', '').split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  const decimals = rest ?? (typeof n === 'bigint' && digits > 0 ? '0'.repeat(digits) : undefined)
  const isZero = !/[1-9]/.test(plain)
  return `${plain.startsWith('-') && !isZero ? MINUS : ''}${grouped}${decimals ? `.${decimals}` : ''}`
}

/** `n / per` to `digits` decimals, half away from zero. Exact for a bigint of any size. */
export function scaled(n: Amount, per: bigint, digits: number): string {
  if (typeof n === 'number') return thousands(n / Number(per), digits)
  const scale = 10n ** BigInt(digits)
  const size = n < 0n ? -n : n
  const rounded = (size * scale * 2n + per) / (per * 2n)
  const text = thousands(rounded / scale) + (digits ? `.${(rounded % scale).toString().padStart(digits, '0')}` : '')
  return n < 0n && rounded > 0n ? MINUS + text : text
}

/** Decimals of a currency where they are not two (ISO 4217, "minor unit"). */
const DECIMALS: Record<string, number> = {
  ...Object.fromEntries(
    'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ),
  ...Object.fromEntries('BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3])),
}
export const decimalsOf = (currency: string): number => DECIMALS[currency] ?? 2
/** Minor units of one major: 100 cents. */
export const perMajor = (currency: string): bigint => 10n ** BigInt(decimalsOf(currency))

const SIGNS: Record<string, string> = { EUR: '€', USD: '$', GBP: '£', JPY: '¥' }
/** What stands before an amount: `€`, or the code and a space. */
export const signOf = (currency: string): string => SIGNS[currency] ?? `${currency} `

/** An amount without its currency: `1,386.64`. `whole` rounds to major units, half away from zero. */
export const amountText = (minor: bigint | number, currency: string, whole = false): string =>
  scaled(minor, perMajor(currency), whole ? 0 : decimalsOf(currency))

/** The same as programs read it: `-1386.64`. */
export const decimalText = (minor: bigint | number, currency: string): string =>
  amountText(minor, currency).replaceAll(',', '').replace('−', '-')

/** An amount as people read it: `€1,386.64`, `−€10.00`, `CHF 1,386.64`, `¥1,200`. */
export const moneyText = (minor: bigint | number, currency: string, whole = false): string => {
  const text = amountText(minor, currency, whole)
  return text.startsWith('−') ? `−${signOf(currency)}${text.slice(1)}` : `${signOf(currency)}${text}`
}

/** The currency of a kind that counts money. */
export const currencyOf = (kind: string): string | undefined =>
  kind.startsWith('money:') ? kind.slice('money:'.length) : undefined

const magnitude = (n: Amount, per: bigint): number => Math.abs(Number(n)) / Number(per)

/** Decimals that keep about three significant digits: 0.123, 1.23, 12.3, 12,345. */
const digitsFor = (size: number): number => (size === 0 ? 0 : size < 1 ? 3 : size < 10 ? 2 : size < 1000 ? 1 : 0)

/** Bytes in binary units: `512 B`, `2.10 MiB`, `518 GiB`. */
export function bytes(n: Amount): Figure {
  let power = 0
  while (power < BINARY.length - 1 && magnitude(n, 1024n ** BigInt(power)) >= 1023.95) power++
  const per = 1024n ** BigInt(power)
  const size = magnitude(n, per)
  const digits = power === 0 ? 0 : size < 10 ? 2 : size < 100 ? 1 : 0
  return { value: scaled(n, per, digits), unit: BINARY[power] ?? 'B' }
}

/** Processor time: `vCPU-h` from a tenth of an hour up, below it seconds of one vCPU. */
export function cpuTime(us: Amount): Figure {
  const hours = magnitude(us, US_PER_VCPU_H)
  if (us !== 0 && us !== 0n && hours < 0.1) {
    return { value: scaled(us, US_PER_VCPU_S, digitsFor(magnitude(us, US_PER_VCPU_S))), unit: 'vCPU-s' }
  }
  return { value: scaled(us, US_PER_VCPU_H, digitsFor(hours)), unit: 'vCPU-h' }
}

/** Memory or disk held over time: `GiB-h`, and `MiB-h` where that would round away. */
export function gibHours(mibS: Amount): Figure {
  const hours = magnitude(mibS, MIB_S_PER_GIB_H)
  if (mibS !== 0 && mibS !== 0n && hours < 0.1) {
    return { value: scaled(mibS, MIB_S_PER_MIB_H, digitsFor(magnitude(mibS, MIB_S_PER_MIB_H))), unit: 'MiB-h' }
  }
  return { value: scaled(mibS, MIB_S_PER_GIB_H, digitsFor(hours)), unit: 'GiB-h' }
}

/** A share already in percent: `71.4 %`. */
export const percent = (share: number, digits = 1): Figure => ({ value: thousands(share, digits), unit: '%' })

/** `part` of `whole` in percent, or `–` of nothing. */
export const share = (part: Amount, whole: Amount, digits = 1): Figure =>
  Number(whole) === 0 ? { value: '–', unit: '%' } : percent((Number(part) / Number(whole)) * 100, digits)

/** Change against an earlier amount: `+125 %`, `−11 %`; from nothing it is `new`. */
export function change(now: Amount, before: Amount): Figure {
  if (Number(before) === 0) return Number(now) === 0 ? { value: '0', unit: '%' } : { value: 'new', unit: '' }
  const delta = ((Number(now) - Number(before)) / Math.abs(Number(before))) * 100
  return { value: signed(delta, Math.abs(delta) < 10 ? 1 : 0), unit: '%' }
}

/** With its sign always: `+5`, `−10`, and a plain `0`. */
export function signed(n: Amount, digits = 0): string {
  const text = thousands(n, digits)
  return Number(n) > 0 && /[1-9]/.test(text) ? `+${text}` : text
}

/** A length of time in its two largest units: `7 min 9 s`, `2 h 4 min`, `3 d`. */
export function duration(ms: number): string {
  if (Math.abs(ms) < 1000) return `${thousands(ms)} ms`
  const s = Math.round(Math.abs(ms) / 1000)
  const sign = ms < 0 ? MINUS : ''
  const parts = (big: number, bigUnit: string, small: number, smallUnit: string) =>
    `${sign}${thousands(big)} ${bigUnit}${small ? ` ${small} ${smallUnit}` : ''}`
  if (s < 60) return `${sign}${s} s`
  if (s < 3600) return parts(Math.floor(s / 60), 'min', s % 60, 's')
  if (s < 86_400) return parts(Math.floor(s / 3600), 'h', Math.floor((s % 3600) / 60), 'min')
  return parts(Math.floor(s / 86_400), 'd', Math.floor((s % 86_400) / 3600), 'h')
}

/** Any raw amount as a figure of its kind. */
export function figure(kind: Kind, n: Amount): Figure {
  switch (kind) {
    case 'bytes':
      return bytes(n)
    case 'bytesPerS': {
      const rate = bytes(n)
      return { value: rate.value, unit: `${rate.unit}/s` }
    }
    case 'cpuUs':
      return cpuTime(n)
    case 'mibS':
      return gibHours(n)
    case 'cores':
      return { value: thousands(Number(n), digitsFor(Math.abs(Number(n)))), unit: 'vCPU' }
    case 'percent':
    case 'pressure':
      return percent(Number(n))
    case 'ms':
      return Math.abs(Number(n)) < 1000
        ? { value: thousands(Number(n), Math.abs(Number(n)) < 10 ? 1 : 0), unit: 'ms' }
        : { value: thousands(Number(n) / 1000, Math.abs(Number(n)) < 100_000 ? 1 : 0), unit: 's' }
    case 'count':
      return { value: thousands(n, typeof n === 'number' && !Number.isInteger(n) ? 1 : 0), unit: '' }
    default:
      return { value: moneyText(n, currencyOf(kind) ?? ''), unit: '' }
  }
}

/** A figure as one string, for sentences and labels. */
export const text = ({ value, unit }: Figure): string => (unit ? `${value} ${unit}` : value)

/** The amount as it was counted, in its smallest unit: what a figure rounds. */
export function exact(kind: Kind, n: Amount): string {
  const digits = typeof n === 'number' ? (String(Number(n.toFixed(3))).split('.')[1]?.length ?? 0) : 0
  switch (kind) {
    case 'bytes':
      return `${thousands(n, digits)} bytes`
    case 'bytesPerS':
      return `${thousands(n, digits)} bytes/s`
    case 'cpuUs':
      return `${scaled(n, US_PER_VCPU_S, 6)} vCPU-s`
    case 'mibS':
      return `${thousands(n, digits)} MiB-s`
    case 'ms':
      return `${thousands(n, digits)} ms`
    case 'cores':
    case 'count':
    case 'percent':
    case 'pressure':
      return text({ ...figure(kind, n), value: thousands(n, digits) })
    default:
      return moneyText(n, currencyOf(kind) ?? '')
  }
}

/** Rows as RFC 4180 CSV with a header, for "Table" and "CSV" of a chart. */
export function csv(
  header: readonly string[],
  rows: readonly (readonly (string | number | bigint | null)[])[],
): string {
  const cell = (value: string | number | bigint | null) => {
    const plain = value === null ? '' : String(value)
    // A leading = + - @ would be run as a formula by a spreadsheet.
    const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return [header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
}
