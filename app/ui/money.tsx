import { amountText, decimalText, moneyText } from './format.ts'

/**
 * An amount of money, exact to the minor unit: `€1,386.64`. `bare` leaves the currency out where a heading has it; `whole`
 * rounds to major units, for what is foretold. `null` prints a dash with words.
 */
export function Money({
  of,
  currency,
  bare = false,
  whole = false,
}: {
  of: bigint | number | null | undefined
  currency: string
  bare?: boolean
  whole?: boolean
}) {
  if (of === null || of === undefined) {
    return (
      <span className="dim">
        <span aria-hidden="true">–</span>
        <span className="vh">no data</span>
      </span>
    )
  }
  const exact = moneyText(of, currency)
  return (
    <data className="qty" value={decimalText(of, currency)} data-tip={whole ? exact : undefined}>
      <span className="num">{bare ? amountText(of, currency, whole) : moneyText(of, currency, whole)}</span>
    </data>
  )
}
