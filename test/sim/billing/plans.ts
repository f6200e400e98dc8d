import type { Offer } from '../../billing/expected.ts'

const plan = (id: string, currency: string, prices: Offer['prices'], more: Partial<Offer> = {}): Offer => ({
  id,
  currency,
  interval: 'month',
  prices,
  minimum: null,
  trialDays: 0,
  ...more,
})
const fee = (amount: string): Offer['prices'] => [{ key: 'base', model: 'flat', amount }]
const seats = (unitAmount: string): Offer['prices'] => [
  { key: 'repositories', model: 'licensed', unitAmount, included: 5 },
]
const each = (cpu: string, memory: string, disk: string, egress: string): Offer['prices'] => [
  { key: 'cpu', model: 'per_unit', meter: 'cpu', unitAmount: cpu, included: '0' },
  { key: 'memory', model: 'per_unit', meter: 'memory', unitAmount: memory, included: '0' },
  { key: 'disk', model: 'per_unit', meter: 'disk', unitAmount: disk, included: '0' },
  { key: 'egress', model: 'per_unit', meter: 'egress', unitAmount: egress, included: '0' },
]
/** Every model at once, with prices that are fractions of the currency's smallest unit. */
const mixed = (much: string, little: string): Offer['prices'] => [
  { key: 'base', model: 'flat', amount: much },
  {
    key: 'cpu',
    model: 'graduated',
    meter: 'cpu',
    tiers: [
      { upTo: '40', unitAmount: '0' },
      { upTo: '100.5', unitAmount: little, flatAmount: '0.333' },
      { upTo: null, unitAmount: '0.00217' },
    ],
  },
  {
    key: 'memory',
    model: 'volume',
    meter: 'memory',
    tiers: [
      { upTo: '250', unitAmount: little },
      { upTo: '900', unitAmount: '0.00913' },
      { upTo: null, unitAmount: '0.0061', flatAmount: '1.005' },
    ],
  },
  { key: 'disk', model: 'package', meter: 'disk', size: '100', amount: '0.0905', included: '33.3' },
  { key: 'egress', model: 'per_unit', meter: 'egress', unitAmount: '0.0213', included: '7.5' },
]

export const SIM_PLANS: Offer[] = [
  plan('hobby', 'EUR', fee('9.00')),
  plan('crew', 'EUR', fee('12.00'), { trialDays: 14 }),
  plan('firm', 'EUR', [...fee('49.00'), ...seats('2.05')]),
  plan('firm_yearly', 'EUR', [...fee('490.00'), ...seats('20.55')], { interval: 'year' }),
  plan('metered', 'EUR', each('0.0180', '0.0042', '0.0001370', '0.0200')),
  plan('metered_more', 'EUR', [...fee('19.99'), ...each('0.0171', '0.0039', '0.0001270', '0.0190')], {
    minimum: '25.00',
  }),
  plan('mixed_eur', 'EUR', mixed('5.00', '0.0195'), { minimum: '7.77' }),
  plan('mixed_jpy', 'JPY', mixed('500', '1.95'), { minimum: '777' }),
  plan('mixed_bhd', 'BHD', mixed('2.125', '0.0195'), { minimum: '3.3335' }),
]
export const planNamed = (id: string): Offer => {
  const found = SIM_PLANS.find((one) => one.id === id)
  if (!found) throw new Error(`no plan ${id}`)
  return found
}
