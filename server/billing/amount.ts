import { exponentOf } from '../money.ts'
import { DomainError } from '../errors.ts'

/**
 * An amount that a person typed in major units (`1,386.64`) as minor units.
 * @throws BAD_REQUEST where it is no amount, or has more decimals than the currency
 */
export const amountIn = (text: string, currency: string, path: string): bigint => {
  const places = exponentOf(currency)
  const [, sign = '', whole, fraction = ''] =
    /^(-?)(\d{1,15})(?:\.(\d{1,3}))?$/.exec(text.trim().replaceAll(',', '')) ?? []
  if (whole === undefined || fraction.length > places)
    throw new DomainError('BAD_REQUEST', `an amount in ${currency} with at most ${places} decimals`, { path })
  return BigInt(`${sign}${whole}${fraction.padEnd(places, '0')}`)
}
