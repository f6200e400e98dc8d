import type { Report } from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import { bootAnchors, leftOutRows, reportsReceived } from '../usage/evidence.ts'
import type { KeptReport, UsedEpoch } from '../usage/evidence.ts'
import type { Reading } from '../usage/hour.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../time.ts'
import { opensAsNamed, usedBetween, type Proof, type RowRef } from './evidence.ts'
import { minutesOf, openReport } from './placeRows.ts'

const REPORTS_A_PAGE = 100
/** How far around an edge reports are looked for, further each time something is missing: received before, after. */
const REACHES: readonly (readonly [beforeMs: number, afterMs: number])[] = [
  [3 * MINUTE_MS, 12 * MINUTE_MS],
  [2 * HOUR_MS, 3 * HOUR_MS],
  [26 * HOUR_MS, 26 * HOUR_MS],
  [8 * DAY_MS, 8 * DAY_MS],
  [110 * DAY_MS, 400 * DAY_MS],
]

/** `isOpen` where all its reports may be seen whole. */
type Found = { minute: number; totals: bigint[]; rows: RowRef[]; isOpen: boolean }
/** The nearest readings around an instant that have been seen so far. */
type Edge = {
  atMs: number
  left: Found | undefined
  right: Found | undefined
  /** The nearest in reports that anybody may see. */
  openLeft: Found | undefined
  openRight: Found | undefined
}
type Life = {
  of: UsedEpoch
  start: Edge
  end: Edge
  /** Whether a declaration has to show when counting began, and the report that does. */
  isToDeclare: boolean
  declaredIn: number | undefined
}

const instantOf = (minute: number) => (minute + 1) * MINUTE_MS

const merge = (known: Found | undefined, next: Found, isNearer: boolean): Found | undefined => {
  if (known?.minute === next.minute) {
    const totals = known.totals.map((value, i) => (next.totals[i]! > value ? next.totals[i]! : value))
    return { minute: known.minute, totals, rows: [...known.rows, ...next.rows], isOpen: known.isOpen && next.isOpen }
  }
  return !known || isNearer ? next : known
}

const see = (edge: Edge, next: Found) => {
  if (instantOf(next.minute) <= edge.atMs) {
    edge.left = merge(edge.left, next, next.minute > (edge.left?.minute ?? -1))
    if (next.isOpen) edge.openLeft = merge(edge.openLeft, next, next.minute > (edge.openLeft?.minute ?? -1))
  } else {
    edge.right = merge(edge.right, next, next.minute < (edge.right?.minute ?? Infinity))
    if (next.isOpen) edge.openRight = merge(edge.openRight, next, next.minute < (edge.openRight?.minute ?? Infinity))
  }
}

/** Takes one report's rows into the edges of the lives it tells of. */
const takeReport = (
  report: KeptReport,
  lives: ReadonlyMap<number, readonly Life[]>,
  anchors: ReadonlyMap<string, number>,
  leftOut: ReadonlySet<string>,
  isOpen: (report: Report) => boolean,
) => {
  const opened = openReport(report.body)
  const isShown = isOpen(opened)
  const minutes = minutesOf({ ...report, receivedMs: report.receivedAt.getTime() }, opened, anchors)
  for (const { epoch } of opened.epochs)
    for (const life of lives.get(epoch) ?? []) if (life.isToDeclare) life.declaredIn ??= report.seq
  opened.minutes.forEach(({ rows }, block) => {
    const minute = minutes[block]!
    rows.forEach((cells, row) => {
      const wanted = lives.get(cells[0]!)
      if (!wanted || leftOut.has(`${report.seq}:minutes[${block}].rows[${row}]`)) return
      const totals = cells.slice(1).map(BigInt)
      const next: Found = { minute, totals, rows: [{ seq: report.seq, block, row }], isOpen: isShown }
      for (const life of wanted) {
        see(life.start, next)
        see(life.end, next)
      }
    })
  })
}

/** What an edge's totals are computed from: a reading at it stands alone. */
const needed = ({ atMs, left, right }: Edge): Found[] =>
  [left, left && instantOf(left.minute) === atMs ? undefined : right].filter((one) => one !== undefined)

const readingsOf = ({ of, start, end }: Life): Found[] => {
  const found = [...(of.openedMs >= start.atMs ? [] : needed(start)), ...needed(end)]
  return [...new Map(found.map((one) => [one.minute, one])).values()].toSorted((a, b) => a.minute - b.minute)
}

/** Readings in open reports around those that are needed, where one of these is in a report that is not. */
const boundsOf = (life: Life): Found[] => {
  if (readingsOf(life).every(({ isOpen }) => isOpen)) return []
  const edges = life.of.openedMs >= life.start.atMs ? [life.end] : [life.start, life.end]
  const open = edges.flatMap(({ openLeft, openRight }) => [openLeft, openRight]).filter((one) => one !== undefined)
  return [...new Map(open.map((one) => [one.minute, one])).values()].toSorted((a, b) => a.minute - b.minute)
}

const usedOf = (life: Life) => usedBetween(life.of.openedMs, readingsOf(life), life.of.fromHour, life.of.untilHour)

/** Nothing further can change what was found, as it says what the hours say. */
const isSettled = (life: Life) =>
  usedOf(life).every((value, i) => value === life.of.counted[i]) && (!life.isToDeclare || life.declaredIn !== undefined)

/** Where reports of an edge are likely: at it, or about when the life ended before it. */
const targetsOf = ({ of, start, end, isToDeclare }: Life): number[] => {
  const last = of.lastMinute === null ? Infinity : instantOf(of.lastMinute)
  const targets = [Math.min(end.atMs, last)]
  if (isToDeclare) targets.push(of.openedMs)
  // Counting began within the window: nothing before its edge needs a proof.
  if (of.openedMs < start.atMs) targets.push(Math.min(start.atMs, last))
  return targets
}

type Range = [fromMs: number, untilMs: number]
const union = (ranges: readonly Range[]): Range[] => {
  const out: Range[] = []
  for (const [from, until] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = out.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], until)
    else if (from < until) out.push([from, until])
  }
  return out
}
const without = ([from, until]: Range, done: readonly Range[]): Range[] => {
  const left: Range[] = []
  let at = from
  for (const [start, end] of done) {
    if (end <= at || start >= until) continue
    if (start > at) left.push([at, start])
    at = end
  }
  if (at < until) left.push([at, until])
  return left
}

/** Readings around the edges of one life's hours, and what they come to. */
export type FoundLife = {
  of: UsedEpoch
  readings: (Proof & Reading)[]
  bounds: Proof[]
  declaredIn: number | undefined
  isSettled: boolean
}

/**
 * Finds the signed readings around the edges of lives of one host, in the reports received before `asOf`: at first near
 * the edges, further away where that does not come to what the hours say. Late reports are found too. `received` tells when
 * the reports that were looked at came, by sequence.
 */
export const findReadings = async (
  sql: Sql,
  hostId: number,
  epochs: readonly UsedEpoch[],
  asOf: Date,
  /** Whether the account may see a report whole. */
  isOpen: (report: Report) => boolean,
): Promise<{ lives: FoundLife[]; received: Map<number, Date> }> => {
  const anchors = await bootAnchors(sql, hostId)
  const lives = epochs.map((of): Life => {
    const edge = (hour: number): Edge => ({
      atMs: hour * HOUR_MS,
      left: undefined,
      right: undefined,
      openLeft: undefined,
      openRight: undefined,
    })
    const isNew = of.openedMs >= of.fromHour * HOUR_MS
    const isToDeclare = isNew && !opensAsNamed(of.identity, of.openedMs, anchors.get(of.identity.bootId))
    return { of, start: edge(of.fromHour), end: edge(of.untilHour), isToDeclare, declaredIn: undefined }
  })
  const received = new Map<number, Date>()
  const scanned: Range[] = []
  for (const [beforeMs, afterMs] of REACHES) {
    const open = lives.filter((life) => !isSettled(life))
    if (open.length === 0) break
    const byEpoch = Map.groupBy(lives, (life) => life.of.epoch)
    const ranges = union(
      open.flatMap(targetsOf).map((atMs): Range => [atMs - beforeMs, Math.min(asOf.getTime(), atMs + afterMs)]),
    ).flatMap((range) => without(range, scanned))
    for (const [from, until] of ranges) {
      for (let after: KeptReport | undefined; ;) {
        const page = await reportsReceived(sql, hostId, new Date(from), new Date(until), REPORTS_A_PAGE, after)
        const leftOut =
          page.length > 0
            ? await leftOutRows(
                sql,
                hostId,
                page.map((r) => r.seq),
              )
            : new Set<string>()
        for (const report of page) {
          takeReport(report, byEpoch, anchors, leftOut, isOpen)
          received.set(report.seq, report.receivedAt)
        }
        after = page.at(-1)
        if (page.length < REPORTS_A_PAGE) break
      }
    }
    scanned.splice(0, scanned.length, ...union([...scanned, ...ranges]))
  }
  const found = lives.map((life) => ({
    of: life.of,
    readings: readingsOf(life),
    bounds: boundsOf(life).map(({ minute, rows }) => ({ minute, rows })),
    declaredIn: life.declaredIn,
    isSettled: usedOf(life).every((value, i) => value === life.of.counted[i]),
  }))
  return { lives: found, received }
}
