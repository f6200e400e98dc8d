import type { z } from 'zod'
import type { terms } from './terms.ts'

type GivenTerms = z.input<typeof terms>
type SeedVersion = { currency: string; interval: 'month' | 'year'; trialDays: number; terms: GivenTerms }
export type SeedPlan = { key: string; name: string; description: string; versions: SeedVersion[] }

const DAYS = 24 * 60
/** Percent of the month's charge for an app, by its minutes of downtime in a calendar month (of about 43,800). */
const PROMISE = [
  { downMinutes: 44, percent: 10 },
  { downMinutes: 438, percent: 25 },
  { downMinutes: 2 * DAYS, percent: 50 },
]
const GIB = 1_024

const flat = (amount: string) => ({ key: 'base', name: 'Base fee', model: 'flat' as const, amount })
const repositories = (unitAmount: string) => ({
  key: 'private_repositories',
  name: 'Private repositories',
  model: 'licensed' as const,
  unitAmount,
  included: 20,
  unit: 'repository',
})
const metered = (meter: 'cpu' | 'memory' | 'disk' | 'egress', name: string, unitAmount: string) => ({
  key: meter,
  name,
  model: 'per_unit' as const,
  meter,
  unitAmount,
})
const usage = (cpu: string, memory: string, disk: string, egress: string) => [
  metered('cpu', 'CPU', cpu),
  metered('memory', 'Memory', memory),
  metered('disk', 'Disk', disk),
  metered('egress', 'Egress', egress),
]

const free: GivenTerms = {
  prices: [],
  minimum: null,
  entitlements: { private_repositories: 1, storage_mib: 2 * GIB, pulls_a_day: 500 },
  promise: [],
}
const team = (amount: string): GivenTerms => ({
  prices: [flat(amount)],
  minimum: null,
  entitlements: { private_repositories: 10, storage_mib: 50 * GIB, pulls_a_day: 10_000 },
  promise: [],
})
const business = (amount: string, each: string): GivenTerms => ({
  prices: [flat(amount), repositories(each)],
  minimum: null,
  entitlements: { private_repositories: 0, storage_mib: 500 * GIB, pulls_a_day: 100_000 },
  promise: PROMISE,
})
const cloud = (prices: GivenTerms['prices']): GivenTerms => ({
  prices,
  minimum: null,
  entitlements: { private_repositories: 50, storage_mib: null, pulls_a_day: null },
  promise: PROMISE,
})

const version = (currency: string, interval: 'month' | 'year', said: GivenTerms, trialDays = 0): SeedVersion => ({
  currency,
  interval,
  trialDays,
  terms: said,
})

/** The plans an installation starts with, in the order they are shown. */
export const SEED_PLANS: SeedPlan[] = [
  {
    key: 'free',
    name: 'Free',
    description: 'For trying things out: one private repository.',
    versions: [version('EUR', 'month', free), version('USD', 'month', free)],
  },
  {
    key: 'team',
    name: 'Team',
    description: 'For a few people: ten private repositories at one price.',
    versions: [
      version('EUR', 'month', team('12.00'), 14),
      version('EUR', 'year', team('120.00'), 14),
      version('USD', 'month', team('13.00'), 14),
      version('USD', 'year', team('130.00'), 14),
    ],
  },
  {
    key: 'business',
    name: 'Business',
    description: 'Private repositories by number, more storage and pulls, and credit for outages.',
    versions: [
      version('EUR', 'month', business('49.00', '2.00')),
      version('EUR', 'year', business('490.00', '20.00')),
      version('USD', 'month', business('53.00', '2.20')),
      version('USD', 'year', business('530.00', '22.00')),
    ],
  },
  {
    key: 'cloud',
    name: 'Cloud',
    description: 'Containers by what they use, to the hour, and nothing else.',
    versions: [
      version('EUR', 'month', cloud(usage('0.0180', '0.0042', '0.0001370', '0.0200'))),
      version('USD', 'month', cloud(usage('0.0195', '0.0045', '0.0001480', '0.0220'))),
    ],
  },
]

/** Who sells until an admin says who: invoices print it, so it asks to be changed. */
export const SEED_ENTITY = {
  key: 'default',
  name: 'Wharfinger',
  address: ['Your street and number', 'Your postcode and town'],
  country: 'NL',
  taxId: null,
  email: 'billing@localhost',
  paymentDetails: 'Set the account for transfers under Catalog.',
  invoicePrefix: 'WH',
}

type SeedTax = {
  country: string
  name: string
  kind: 'standard' | 'reverse_charge'
  percent: string
  validFrom: Date
  validUntil: Date | null
}

// Standard rates of VAT in the European Union by country of the customer (European Commission, "VAT rates applied in the
// Member States"), from 2024. Each change of a rate is a row of its own.
const STANDARD = `AT 20, BE 21, BG 20, CY 19, CZ 21, DE 19, DK 25, ES 21, FR 20, GR 24, HR 25, HU 27, IE 23, IT 22, LT 21,
  LU 17, LV 21, MT 18, NL 21, PL 23, PT 23, SE 25, SI 22,
  EE 22 > 2025-07-01 24, FI 24 > 2024-09-01 25.5, RO 19 > 2025-08-01 21, SK 20 > 2025-01-01 23`
const BEGIN = new Date('2024-01-01T00:00:00Z')

const taxesOf = (text: string): SeedTax[] => {
  const [, country = '', first = '', date, second] = /^([A-Z]{2}) ([\d.]+)(?: > ([\d-]+) ([\d.]+))?$/.exec(text) ?? []
  const changed = date ? new Date(`${date}T00:00:00Z`) : null
  const standard = { country, name: 'VAT', kind: 'standard' as const }
  return [
    { ...standard, percent: first, validFrom: BEGIN, validUntil: changed },
    ...(changed && second ? [{ ...standard, percent: second, validFrom: changed, validUntil: null }] : []),
    ...(country === SEED_ENTITY.country
      ? []
      : [
          {
            country,
            name: 'VAT, reverse charge',
            kind: 'reverse_charge' as const,
            percent: '0',
            validFrom: BEGIN,
            validUntil: null,
          },
        ]),
  ]
}

/** VAT as a seller in the Netherlands charges it: the customer's country's rate, reverse charge for businesses abroad. */
export const SEED_TAXES: SeedTax[] = STANDARD.split(',').flatMap((part) => taxesOf(part.trim()))
