/** Amounts of limits as people type them, in units that suit the meter. */

export type Unit = { label: string; per: bigint }

const MIB: readonly Unit[] = [
  { label: 'MiB', per: 1n },
  { label: 'GiB', per: 1024n },
  { label: 'TiB', per: 1_048_576n },
]
const BYTES: readonly Unit[] = [
  { label: 'GiB', per: 1_073_741_824n },
  { label: 'TiB', per: 1_099_511_627_776n },
]
const COUNT: readonly Unit[] = [{ label: 'containers', per: 1n }]

/** Units for a meter; the store keeps MiB for what is held, bytes for egress, containers by number. */
export const unitsOf = (meter: string): readonly Unit[] =>
  meter === 'containers' ? COUNT : meter === 'egress' ? BYTES : MIB

/** An amount in the largest unit that leaves it whole. */
export function typed(meter: string, amount: bigint | null): { text: string; unit: string } {
  const units = unitsOf(meter)
  const fallback = units.length > 1 ? units[1] : units[0]
  if (amount === null) return { text: '', unit: fallback?.label ?? '' }
  const whole = units.toReversed().find((unit) => amount % unit.per === 0n && amount >= unit.per)
  const unit = whole ?? units[0]
  return { text: unit ? String(Number(amount) / Number(unit.per)) : String(amount), unit: unit?.label ?? '' }
}

/** What was typed, in the stored unit; null for nothing, undefined for what is no amount. */
export function stored(meter: string, text: string, unit: string): bigint | null | undefined {
  const plain = text.trim().replaceAll(',', '')
  if (plain === '') return null
  if (!/^\d{1,12}(\.\d{1,3})?$/.test(plain)) return undefined
  const per = unitsOf(meter).find((one) => one.label === unit)?.per ?? 1n
  const [whole = '0', part = ''] = plain.split('.')
  const thousandths = BigInt(whole) * 1000n + BigInt(part.padEnd(3, '0'))
  return (thousandths * per) / 1000n
}
