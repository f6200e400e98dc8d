import type { EpochIdentity } from '#agents/protocol.ts'
import { settled, totalsAt, minus, plus, NOTHING, type Reading, type Totals } from '../usage/hour.ts'
import { HOUR_MS } from '../time.ts'
import type { BillableMeter, Used } from './terms.ts'

/** Where a row stands in a signed report: `minutes[block].rows[row]`. */
export type RowRef = { seq: number; block: number; row: number }
/** Totals of an epoch at the end of a minute, as one report or several say it; of several the greatest holds. */
export type Proof = { minute: number; rows: RowRef[] }

/** A life (of a container or storage object) in a window of hours, and the rows that prove what it used there. */
export type LifeEvidence = {
  hostId: number
  host: string
  epoch: number
  /** What the epoch's number is a hash of, so it names exactly this life. */
  identity: EpochIdentity
  containerId: string | null
  name: string
  app: string
  openedMs: number
  fromHour: number
  untilHour: number
  /** The readings around both edges, oldest first. */
  readings: Proof[]
  /**
   * Readings around those, from reports that name nobody else's containers: where a reading's own report is withheld they
   * bound it, as totals only grow.
   */
  bounds?: Proof[]
  /** A report that declares it, where its identity alone does not tell when counting began. */
  declaredIn?: number
  /** What it used, in the order of `METERS`. */
  used: Totals
  /**
   * True where hours were closed before a late report came: then the hours' sum stands within what the readings bound,
   * but is not their interpolation. Over the whole life the hours add up to the last total all the same.
   */
  closed?: boolean
}

/** All that proves the usage of a window of whole hours since 1970, `[fromHour, untilHour)`. */
export type WindowEvidence = { fromHour: number; untilHour: number; lives: LifeEvidence[] }

export type ReportId = { hostId: number; seq: number }
export const reportKeyOf = ({ hostId, seq }: ReportId) => `${hostId}:${seq}`

/** The reports that windows' readings stand in, by host and sequence. */
export const reportsIn = (windows: readonly WindowEvidence[]): ReportId[] => {
  const found = new Map<string, ReportId>()
  for (const { lives } of windows)
    for (const { hostId, readings, bounds = [], declaredIn } of lives) {
      const seqs = [...readings, ...bounds].flatMap(({ rows }) => rows.map(({ seq }) => seq))
      if (declaredIn !== undefined) seqs.push(declaredIn)
      for (const seq of seqs) found.set(`${hostId}:${seq}`, { hostId, seq })
    }
  return [...found.values()].toSorted((a, b) => a.hostId - b.hostId || a.seq - b.seq)
}

/** Clocks are read at slightly different times, and an anchor moves a little while a host is up. */
const OPENING_SLACK_MS = 120_000

/**
 * Whether a life's identity, which its number is a hash of, tells by itself that counting began at `openedMs`: a witnessed
 * start (segment 0) at the engine's time, any other at the monotonic time that is its segment.
 */
export const opensAsNamed = (identity: EpochIdentity, openedMs: number, anchorMs: number | undefined): boolean => {
  const namedMs = identity.segment === 0 ? Date.parse(identity.startedAt) : (anchorMs ?? Number.NaN) + identity.segment
  return Math.abs(namedMs - openedMs) <= OPENING_SLACK_MS
}

/** Whether a declaration's opening, on a boot's clock, is the one that was counted from. */
export const opensAsDeclared = (openedMonoMs: number, openedMs: number, anchorMs: number | undefined): boolean =>
  Math.abs((anchorMs ?? Number.NaN) + openedMonoMs - openedMs) <= OPENING_SLACK_MS

/** What a life used between two hours' starts, from the readings around them: the rule of usage's hours. */
export const usedBetween = (openedMs: number, readings: readonly Reading[], fromHour: number, untilHour: number) => {
  const opening = { atMs: openedMs, totals: NOTHING }
  const known = settled(readings)
  return minus(totalsAt(opening, known, untilHour * HOUR_MS), totalsAt(opening, known, fromHour * HOUR_MS))
}

/** The least and the most that the readings allow, were the totals at the edges anywhere between their neighbours. */
export const boundsBetween = (
  openedMs: number,
  readings: readonly Reading[],
  fromHour: number,
  untilHour: number,
): { least: Totals; most: Totals } => {
  const known = settled(readings)
  const around = (atMs: number) => {
    const below = known.findLast((r) => (r.minute + 1) * 60_000 <= atMs)?.totals ?? NOTHING
    const above = known.find((r) => (r.minute + 1) * 60_000 > atMs)?.totals ?? below
    return atMs < openedMs ? { below: NOTHING, above: NOTHING } : { below, above }
  }
  const [start, end] = [around(fromHour * HOUR_MS), around(untilHour * HOUR_MS)]
  const floor = (a: Totals) => a.map((value) => (value > 0n ? value : 0n))
  return { least: floor(minus(end.below, start.above)), most: floor(minus(end.above, start.below)) }
}

export const NO_USE: Used = { cpu: 0n, memory: 0n, disk: 0n, egress: 0n }

/** Totals in billing's meters: disk is layers, volumes and logs together, egress what was sent. */
export const billable = (totals: Totals): Used => ({
  cpu: totals[0]!,
  memory: totals[2]!,
  disk: totals[3]! + totals[4]! + totals[5]!,
  egress: totals[7]!,
})

export const addUsed = (a: Used, b: Used): Used => ({
  cpu: a.cpu + b.cpu,
  memory: a.memory + b.memory,
  disk: a.disk + b.disk,
  egress: a.egress + b.egress,
})

/** What the lives of a window used, by app. */
export const usedByApp = (lives: readonly Pick<LifeEvidence, 'app' | 'used'>[]): Map<string, Used> => {
  const sums = new Map<string, Totals>()
  for (const { app, used } of lives) sums.set(app, plus(sums.get(app) ?? NOTHING, used))
  return new Map([...sums].map(([app, totals]) => [app, billable(totals)]))
}

export const isSameUse = (a: Used, b: Used) =>
  (Object.keys(a) as BillableMeter[]).every((meter) => a[meter] === b[meter])
