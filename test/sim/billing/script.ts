import { chance, pick, seeded, wholeBetween, type Random } from '#agents/sim/random.ts'
import type { Step } from '../../billing/expected.ts'
import type { Amounts, Life, Quantities } from '../../billing/naive.ts'
import { planNamed } from './plans.ts'

const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** How a customer pays: before it is due, weeks late (suspended meanwhile), in two parts, or never. */
export type Pays = 'early' | 'late' | 'in parts' | 'never'

export type Customer = {
  name: string
  country: string | null
  taxId: string | null
  currency: string
  driver: 'manual' | 'stripe'
  pays: Pays
  steps: Step[]
  lives: Life[]
  /** Whether its usage comes as signed reports of a host, every few minutes; else it is put into the store by hours. */
  reports: boolean
}
export type Script = { fromMs: number; untilMs: number; customers: Customer[] }

export const COUPONS = [
  { code: 'QUARTER', percent: '25', amountMinor: null, duration: 'forever', months: null },
  { code: 'HALFYEAR', percent: '12.5', amountMinor: null, duration: 'months', months: 6 },
  { code: 'TENOFF', percent: null, amountMinor: 1_000n, duration: 'once', months: null },
] as const

const PLACES = [
  { country: 'NL', taxId: null },
  { country: 'DE', taxId: null },
  { country: 'DE', taxId: 'DE811907980' },
  { country: 'FI', taxId: null },
  { country: 'US', taxId: null },
  { country: null, taxId: null },
] as const

/** A container that counts up every hour; its totals are known a few minutes later, or days where its host was away. */
const lifeOf = (random: Random, app: string, openedMs: number): Life => {
  const late = chance(random, 0.12) ? wholeBetween(random, 2 * 24, 25 * 24) * HOUR : 0
  const totals: Amounts = { cpu: 0n, memory: 0n, disk: 0n, egress: 0n }
  const first = Math.ceil(openedMs / HOUR)
  const readings = Array.from({ length: wholeBetween(random, 3, 40) }, (_, i) => {
    totals.cpu += BigInt(wholeBetween(random, 0, 7_200_000_000))
    totals.memory += BigInt(wholeBetween(random, 0, 60_000_000))
    totals.disk += BigInt(wholeBetween(random, 0, 90_000_000))
    totals.egress += BigInt(wholeBetween(random, 0, 3_000_000_000))
    const atMs = (first + i + 1) * HOUR
    return { atMs, totals: { ...totals }, knownMs: atMs + late + 7 * 60_000 }
  })
  const last = readings.at(-1)!
  const takenBackMs = chance(random, 0.03) ? last.knownMs + wholeBetween(random, 1, 40) * DAY : null
  return { openedMs: first * HOUR, readings, owned: [{ app, fromHour: 0, untilHour: 2 ** 31 - 1 }], takenBackMs }
}

/** Two months of containers as a host reports them: totals every few minutes, none of them at an hour's edge on purpose. */
const reportedLives = (random: Random, fromMs: number): Life[] => {
  const apps = ['api', 'batch']
  return Array.from({ length: 8 }, () => {
    const openedMs = moment(random, fromMs, fromMs + 60 * DAY)
    const late = chance(random, 0.5) ? wholeBetween(random, 2, 25) * DAY : 0
    const totals: Amounts = { cpu: 0n, memory: 0n, disk: 0n, egress: 0n }
    let atMs = Math.ceil(openedMs / MINUTE) * MINUTE
    const readings = Array.from({ length: wholeBetween(random, 20, 80) }, () => {
      const minutes = wholeBetween(random, 7, 53)
      atMs += minutes * MINUTE
      totals.cpu += BigInt(minutes) * BigInt(wholeBetween(random, 1_000_003, 170_000_000))
      totals.memory += BigInt(minutes) * BigInt(wholeBetween(random, 1, 100_003))
      totals.disk += BigInt(minutes) * BigInt(wholeBetween(random, 1, 200_003))
      totals.egress += BigInt(minutes) * BigInt(wholeBetween(random, 1, 90_000_007))
      return { atMs, totals: { ...totals }, knownMs: atMs + late + MINUTE }
    })
    return { openedMs, readings, owned: [{ app: pick(random, apps), fromHour: 0, untilHour: 2 ** 31 - 1 }] }
  })
}

const livesOf = (random: Random, fromMs: number, untilMs: number): Life[] => {
  const apps = ['api', 'batch', 'web'].slice(0, wholeBetween(random, 1, 3))
  const lives: Life[] = []
  for (let at = fromMs; at < untilMs; at += wholeBetween(random, 6, 20) * DAY)
    lives.push(lifeOf(random, pick(random, apps), at + wholeBetween(random, 0, 5 * 24) * HOUR))
  return lives
}

/** A moment between two, on a whole second. */
const moment = (random: Random, fromMs: number, untilMs: number) =>
  wholeBetween(random, Math.ceil(fromMs / SECOND), Math.floor(untilMs / SECOND) - 1) * SECOND

const none: Quantities = {}
const seats = (random: Random): Quantities => ({ repositories: wholeBetween(random, 5, 40) })

type Story = (random: Random, startMs: number, untilMs: number) => { steps: Step[]; uses: boolean }

const hobbyThenMetered: Story = (random, startMs, untilMs) => {
  const second = moment(random, startMs + 20 * DAY, startMs + 200 * DAY)
  const steps: Step[] = [
    { atMs: startMs, do: 'start', plan: 'hobby', quantities: none },
    { atMs: second, do: 'change', plan: 'metered_more', quantities: none },
  ]
  if (chance(random, 0.5))
    steps.push({
      atMs: moment(random, second + 30 * DAY, untilMs - DAY),
      do: 'change',
      plan: 'metered',
      quantities: none,
    })
  return { steps, uses: true }
}

const trialThatStays: Story = (random, startMs) => {
  const steps: Step[] = [{ atMs: startMs, do: 'start', plan: 'crew', quantities: none }]
  const at = moment(random, startMs, startMs + 13 * DAY)
  if (chance(random, 0.4)) steps.push({ atMs: at, do: 'change', plan: 'firm', quantities: seats(random) })
  else if (chance(random, 0.5))
    steps.push({
      atMs: moment(random, startMs + 40 * DAY, startMs + 90 * DAY),
      do: 'change',
      plan: 'hobby',
      quantities: none,
    })
  return { steps, uses: false }
}

const trialThatEnds: Story = (random, startMs) => ({
  steps: [
    { atMs: startMs, do: 'start', plan: 'crew', quantities: none },
    {
      atMs: moment(random, startMs + DAY, startMs + 12 * DAY),
      do: 'cancel',
      when: chance(random, 0.5) ? 'now' : 'period_end',
    },
  ],
  uses: true,
})

const changesTwiceInAMinute: Story = (random, startMs, untilMs) => {
  const at = moment(random, startMs + DAY, startMs + 250 * DAY)
  const soon = at + wholeBetween(random, 1, 58) * SECOND
  const steps: Step[] = [
    { atMs: startMs, do: 'start', plan: 'firm', quantities: seats(random) },
    { atMs: at, do: 'change', plan: chance(random, 0.5) ? 'hobby' : 'firm', quantities: none },
    { atMs: soon, do: 'change', plan: 'firm', quantities: seats(random) },
    { atMs: moment(random, soon + DAY, untilMs - DAY), do: 'change', plan: 'firm', quantities: seats(random) },
  ]
  // A plan without licensed pieces takes none along.
  return {
    steps: steps.map((step) => ('plan' in step && step.plan === 'hobby' ? { ...step, quantities: none } : step)),
    uses: false,
  }
}

const metered: Story = (_random, startMs) => ({
  steps: [{ atMs: startMs, do: 'start', plan: 'metered', quantities: none }],
  uses: true,
})

const stoppedAndAway: Story = (random, startMs, untilMs) => {
  const adjust = (): Step => ({
    atMs: moment(random, startMs + 10 * DAY, untilMs - DAY),
    do: 'adjust',
    amountMinor: -BigInt(wholeBetween(random, 1, 9_000)),
  })
  const plan = chance(random, 0.5) ? 'metered' : 'metered_more'
  return {
    steps: [
      { atMs: startMs, do: 'start', plan, quantities: none },
      ...Array.from({ length: wholeBetween(random, 1, 5) }, adjust),
    ],
    uses: true,
  }
}

const yearly: Story = (random, _startMs, untilMs) => {
  const startMs = Date.UTC(2031, 0, 31) + wholeBetween(random, 0, 86_399) * SECOND
  const change = (): Step => ({
    atMs: moment(random, startMs + 20 * DAY, untilMs - DAY),
    do: 'change',
    plan: chance(random, 0.2) ? 'firm' : 'firm_yearly',
    quantities: seats(random),
  })
  return {
    steps: [
      { atMs: startMs, do: 'start', plan: 'firm_yearly', quantities: seats(random) },
      ...Array.from({ length: wholeBetween(random, 0, 3) }, change),
    ],
    uses: false,
  }
}

const mixed: Story = (random, startMs, untilMs) => {
  const steps: Step[] = [
    { atMs: startMs, do: 'start', plan: pick(random, ['mixed_eur', 'mixed_jpy', 'mixed_bhd']), quantities: none },
  ]
  if (chance(random, 0.4)) {
    const pause = moment(random, startMs + 40 * DAY, startMs + 150 * DAY)
    steps.push({ atMs: pause, do: 'pause' })
    steps.push({ atMs: moment(random, pause + HOUR, Math.min(pause + 90 * DAY, untilMs - DAY)), do: 'resume' })
  }
  return { steps, uses: true }
}

const credited: Story = (random, startMs, untilMs) => {
  const grant = (): Step => {
    const atMs = moment(random, startMs + DAY, untilMs - 20 * DAY)
    return {
      atMs,
      do: 'grant',
      kind: chance(random, 0.5) ? 'prepaid' : 'promotional',
      amountMinor: BigInt(wholeBetween(random, 100, 20_000)),
      expiresMs: chance(random, 0.4) ? atMs + wholeBetween(random, 20, 120) * DAY : null,
    }
  }
  const coupon = pick(random, COUPONS).code
  const [plan, quantities] = chance(random, 0.5) ? ['firm', seats(random)] : ['metered_more', none]
  return {
    steps: [
      { atMs: startMs, do: 'start', plan, quantities, coupon },
      ...Array.from({ length: wholeBetween(random, 1, 4) }, grant),
    ],
    uses: plan === 'metered_more',
  }
}

const leaves: Story = (random, startMs, untilMs) => {
  const plan = pick(random, ['hobby', 'metered', 'mixed_eur', 'mixed_bhd'])
  const atMs = moment(random, startMs + 50 * DAY, untilMs - 40 * DAY)
  return {
    steps: [
      { atMs: startMs, do: 'start', plan, quantities: none },
      { atMs, do: 'cancel', when: chance(random, 0.5) ? 'now' : 'period_end' },
    ],
    uses: true,
  }
}

const STORIES = [
  hobbyThenMetered,
  trialThatStays,
  trialThatEnds,
  changesTwiceInAMinute,
  metered,
  stoppedAndAway,
  yearly,
  mixed,
  credited,
  leaves,
]
const HABITS: Pays[] = ['early', 'early', 'early', 'late', 'in parts', 'early', 'never']

/**
 * What customers do in `days`, the same for the same seed: sign-up, trials, changes (also twice in a minute), pauses,
 * usage (some of it late, some taken back), credits for abuse and outages, coupons, and how they pay. With `byCard` some of
 * them pay by card: those in euros whose credit is not Stripe's to keep.
 */
export const writeScript = (
  seed: number,
  { customers: count, fromMs, days, byCard }: { customers: number; fromMs: number; days: number; byCard: boolean },
): Script => {
  const untilMs = fromMs + days * DAY
  const customers = Array.from({ length: count }, (_, i): Customer => {
    const random = seeded(seed, 'customer', i)
    const startMs = moment(random, fromMs + DAY, fromMs + Math.min(60, days / 4) * DAY)
    const story = STORIES[i % STORIES.length]!
    const { steps, uses } = story(random, startMs, untilMs)
    const first = steps[0]!
    const place = pick(random, PLACES)
    const reports = story === metered && i % 40 === 4
    const currency = 'plan' in first ? planNamed(first.plan).currency : 'EUR'
    return {
      name: `customer-${i}`,
      ...place,
      currency,
      driver: byCard && currency === 'EUR' && story !== credited && chance(random, 0.2) ? 'stripe' : 'manual',
      pays: pick(random, HABITS),
      steps: steps.filter((step) => step.atMs < untilMs).toSorted((a, b) => a.atMs - b.atMs),
      // Containers may run before there is a plan and after it ended.
      lives: reports
        ? reportedLives(random, Math.max(first.atMs - 3 * DAY, fromMs))
        : uses
          ? livesOf(random, first.atMs - 3 * DAY, untilMs)
          : [],
      reports,
    }
  })
  return { fromMs, untilMs, customers }
}
