import type Stripe from 'stripe'
import { minor } from '../../money.ts'
import type { TaxLine } from '../tax.ts'
import { fromStripe } from './amount.ts'

const ASK_AGAIN_MS = 10 * 60_000
const asked = new WeakMap<Stripe, { at: number; active: boolean }>()

/** Whether the account at Stripe has Stripe Tax set up: then Stripe taxes, else nothing does. Asked every ten minutes. */
export const usesTax = async (stripe: Stripe, { again = false } = {}): Promise<boolean> => {
  const before = again ? undefined : asked.get(stripe)
  if (before && performance.now() - before.at < ASK_AGAIN_MS) return before.active
  const { status } = await stripe.tax.settings.retrieve()
  asked.set(stripe, { at: performance.now(), active: status === 'active' })
  return status === 'active'
}

const kindOf = (reason: string): TaxLine['kind'] =>
  reason === 'reverse_charge' ? 'reverse_charge' : /exempt|not_/.test(reason) ? 'exempt' : 'standard'

/** What Stripe's invoice says about tax, in our words. */
export const taxesOf = async (stripe: Stripe, invoice: Stripe.Invoice): Promise<TaxLine[]> => {
  const lines: TaxLine[] = []
  for (const tax of invoice.total_taxes ?? []) {
    const id = tax.tax_rate_details?.tax_rate
    const rate = id ? await stripe.taxRates.retrieve(id) : undefined
    lines.push({
      name: rate?.display_name ?? 'Tax',
      percent: String(rate?.percentage ?? 0),
      kind: kindOf(tax.taxability_reason),
      inclusive: tax.tax_behavior === 'inclusive',
      netMinor: fromStripe(tax.taxable_amount ?? 0, invoice.currency),
      taxMinor: fromStripe(tax.amount, invoice.currency),
    })
  }
  return lines
}

export const taxSum = (lines: readonly TaxLine[]) => minor(lines.reduce((sum, line) => sum + line.taxMinor, 0n))
