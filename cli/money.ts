/** Minor units, which arrive as decimal strings, in the currency's major unit: `-12.00`. */
export const money = (minor: unknown, currency: string): string => {
  const digits =
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  const text = String(minor)
  const sign = text.startsWith('-') ? '-' : ''
  const padded = text.replace('-', '').padStart(digits + 1, '0')
  return digits === 0 ? text : `${sign}${padded.slice(0, -digits)}.${padded.slice(-digits)}`
}
