import { decimalText, exact, exactText, times } from '../money.ts'
import { BILLABLE, type BillableMeter } from './terms.ts'

const PLACES = 4

/** A quantity in base units as people read it: `44641.0000 vCPU-h`, cut to four places. */
export const quantityText = (meter: BillableMeter, quantity: bigint): string => {
  const { unit, perUnit } = BILLABLE[meter]
  return `${decimalText((quantity * 10n ** BigInt(PLACES)) / perUnit, PLACES)} ${unit}`
}

/** The same without rounding, as a decimal or a fraction. */
export const exactQuantity = (meter: BillableMeter, quantity: bigint): string =>
  exactText(times(exact(quantity), exact(1n, BILLABLE[meter].perUnit)))
