import { APPS, WORKLOADS, type App, type Churn, type Workload } from './catalogue.ts'
import { seeded, shareOf, wholeBetween } from './random.ts'
import type { Rhythm } from './wave.ts'

export type ClusterKind = keyof typeof APPS

/** A place for a container on a host: what runs there and how it comes and goes. */
export type Slot = {
  index: number
  app: App
  workload: Workload
  rhythm: Rhythm
  churn: Churn
  /** The name its containers have; each new one gets a number behind it. */
  name: string
  volume: string
  /** Nothing runs there before, in seconds since 1970. */
  fromS: number
  offsetS: number
}

export type HostPlan = {
  name: string
  kind: ClusterKind
  cores: number
  memoryTotalMib: number
  diskTotalMib: number
  /** The first boot, in seconds since 1970. */
  bornS: number
  slots: Slot[]
}

export type FleetOptions = {
  seed: number
  hosts: number
  containers: number
  /** The moment the fleet is planned for, in seconds since 1970: it has been running for weeks by then. */
  presentS: number
  /** Containers come and go so many times faster than they would. */
  pace?: number
  /** How long the hosts have been up at the present. */
  uptimeS?: number
}

const REGIONS: { kind: ClusterKind; region: string; share: number }[] = [
  { kind: 'paid', region: 'ams1', share: 6 },
  { kind: 'free', region: 'hel1', share: 4 },
  { kind: 'internal', region: 'fra2', share: 2 },
]
const SHARES = REGIONS.reduce((sum, { share }) => sum + share, 0)

const regionOf = (index: number) => {
  let at = index % SHARES
  for (const region of REGIONS) {
    if (at < region.share) return region
    at -= region.share
  }
  return REGIONS[0]!
}

/** The apps of a cluster in turn, each as often as its weight says, well mixed. */
const dealt = (apps: readonly App[], random: () => number): App[] => {
  const deck = apps.flatMap((app) => Array.from({ length: app.weight }, () => app))
  for (let i = deck.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[deck[i], deck[j]] = [deck[j]!, deck[i]!]
  }
  return deck
}

const paced = (churn: Churn, pace: number): Churn =>
  churn.kind === 'steady'
    ? churn
    : {
        ...churn,
        everyS: Math.max(120, Math.round(churn.everyS / pace)),
        ...(churn.kind === 'jobs' ? { forS: Math.max(45, Math.round(churn.forS / pace)) } : {}),
      }

/** The fleet that follows from the options: the same options, the same fleet. */
export const planFleet = (options: FleetOptions): HostPlan[] => {
  const { seed, hosts, containers, presentS, pace = 1, uptimeS = 29.4 * 86_400 } = options
  const decks = new Map<ClusterKind, App[]>()
  const dealtSoFar = new Map<string, number>()
  const next = (kind: ClusterKind): App => {
    let deck = decks.get(kind) ?? []
    if (deck.length === 0) deck = dealt(APPS[kind], seeded(seed, 'deck', kind, dealtSoFar.size))
    const [first, ...rest] = deck
    decks.set(kind, rest)
    return first!
  }
  const numbers = new Map<string, number>()
  return Array.from({ length: hosts }, (_, h): HostPlan => {
    const { kind, region } = regionOf(h)
    const number = (numbers.get(region) ?? 0) + 1
    numbers.set(region, number)
    const name = `${region}-c${String(number).padStart(2, '0')}`
    const bornS = Math.floor(presentS - uptimeS - shareOf(seed, name, 'born') * Math.min(40_000, uptimeS / 4))
    const slots = Array.from({ length: containers }, (_, index): Slot => {
      const app = next(kind)
      const of = `${app.account}/${app.app}`
      const dealtBefore = dealtSoFar.get(of) ?? 0
      dealtSoFar.set(of, dealtBefore + 1)
      const random = seeded(seed, name, index)
      const workload: Workload = WORKLOADS[app.workload]
      const [burstEveryS, burstForS] = workload.burst ?? [3_600, 0]
      const late = app.scaledOut !== undefined && dealtBefore % app.scaledOut.oneIn !== 0
      const short = app.app === '' ? 'shell' : app.app
      return {
        index,
        app,
        workload,
        churn: paced(app.churn, pace),
        name: `${short}-${number}-${index}`,
        volume: `${short}-${number}-${index}-data`,
        fromS: late && app.scaledOut ? presentS - app.scaledOut.beforeS + wholeBetween(random, 0, 600) : bornS + 30,
        offsetS: wholeBetween(random, 0, 86_400),
        rhythm: {
          // Crests in the European afternoon, an hour or two apart.
          dayPhase: -Math.PI * (0.85 + 0.15 * random()),
          weekPhase: 2.2 + 0.3 * random(),
          ripplePhase: random() * 2 * Math.PI,
          burstEveryS,
          burstForS,
          burstAtS: wholeBetween(random, 0, burstEveryS),
        },
      }
    })
    return {
      name,
      kind,
      cores: kind === 'internal' ? 8 : 12,
      memoryTotalMib: kind === 'free' ? 16_384 : 40_960,
      diskTotalMib: 1_907_000,
      bornS,
      slots,
    }
  })
}
