import type { ComponentStatus, Impact } from '../impact.ts'
import type { Span, StatusSpan } from '../standing.ts'
import { uptimeOf } from '../uptime.ts'
import { clip, lengthMs, type Stretch } from './intervals.ts'

/** An outage: an incident that was told of and not wholly retracted. Never a drill, never a maintenance. */
export type Outage = {
  id: bigint
  incident: string
  title: string
  impact: Impact
  startedAt: Date
  detectedAt: Date
  acknowledgedAt: Date | null
  /** When its first update was posted; null where it was only written down afterwards. */
  firstUpdateAt: Date | null
  resolvedAt: Date | null
}

/** An update that promised the next, and when that one came: null while it has not. */
export type Promised = { incidentId: bigint; dueAt: Date; nextAt: Date | null }

export type DeliveryCount = {
  kind: string
  name: string
  state: string
  count: number
  /** From the end of the undo to the channel's acceptance, of those delivered. */
  acceptedMs: number[]
}

/** What the record holds of a window, as read. */
export type Recorded = {
  outages: readonly Outage[]
  components: readonly { id: bigint; name: string; spans: readonly StatusSpan[] }[]
  hosts: readonly (Span & { incidentId: bigint; host: string })[]
  customers: readonly (Span & { incidentId: bigint; accountId: bigint })[]
  promises: readonly Promised[]
  deliveries: readonly DeliveryCount[]
}

/** Of several durations in milliseconds: how many, their mean and their middle; null of none. */
export type Speed = { count: number; meanMs: number | null; medianMs: number | null }

export type Month = {
  month: Date
  /** Outages that began in it. */
  byImpact: Record<Exclude<Impact, 'maintenance'>, number>
  /** How long customers were hit in it, all together. */
  customerMs: number
}

export type ComponentDown = {
  id: bigint
  name: string
  outages: number
  /** By how bad it was. */
  degradedMs: number
  partialMs: number
  majorMs: number
  /** 0 to 1, as the status page reckons it; null where nothing is known. */
  uptime: number | null
}

export type HostHit = { host: string; outages: number; outMs: number; longestMs: number }

export type ChannelRecord = {
  kind: string
  name: string
  delivered: number
  failed: number
  unknown: number
  /** Not sent: turned off, left out, or overtaken by newer words. */
  skipped: number
  /** Of those that ended delivered, failed or unknown, 0 to 1. */
  share: number | null
  acceptedMedianMs: number | null
}

export type Analysis = {
  outages: number
  open: number
  detect: Speed
  acknowledge: Speed
  firstUpdate: Speed
  resolve: Speed
  customerMs: number
  customers: number
  promises: { kept: number; missed: number; waiting: number }
  months: Month[]
  components: ComponentDown[]
  hosts: HostHit[]
  channels: ChannelRecord[]
}

/** The middle one; of an even number the mean of the two in the middle. */
export const medianOf = (of: readonly number[]): number | null => {
  const sorted = of.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  if (sorted.length === 0) return null
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

const sumOf = (of: readonly number[]): number => of.reduce((sum, one) => sum + one, 0)

const speedOf = (pairs: readonly (readonly [from: Date, to: Date | null])[]): Speed => {
  const ms = pairs.flatMap(([from, to]) => (to ? [Math.max(0, to.getTime() - from.getTime())] : []))
  return { count: ms.length, meanMs: ms.length === 0 ? null : sumOf(ms) / ms.length, medianMs: medianOf(ms) }
}

/** The first instants of the UTC months that `[from, until)` touches. */
export const monthsOf = ({ from, until }: Stretch): Date[] => {
  const first = new Date(from)
  const months: Date[] = []
  for (let n = 0; ; n += 1) {
    const month = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + n, 1))
    if (month.getTime() >= until) return months
    months.push(month)
  }
}

/** How long each account was hit within `[from, until)`; outages that share time count it once. */
const hitMs = (rows: Recorded['customers'], window: Stretch): number[] =>
  [...Map.groupBy(rows, ({ accountId }) => accountId).values()]
    .map((own) => lengthMs(own.flatMap((row) => clip(row, window) ?? [])))
    .filter((ms) => ms > 0)

const byMonth = ({ outages, customers }: Recorded, window: Stretch): Month[] =>
  monthsOf(window).map((month, n, all) => {
    const end = all[n + 1]?.getTime() ?? Infinity
    const own = outages.filter(({ startedAt }) => startedAt.getTime() >= month.getTime() && startedAt.getTime() < end)
    const count = (impact: Impact) => own.filter((one) => one.impact === impact).length
    const planned = count('maintenance')
    const within = { from: Math.max(month.getTime(), window.from), until: Math.min(end, window.until) }
    return {
      month,
      customerMs: sumOf(hitMs(customers, within)),
      byImpact: {
        none: count('none') + planned,
        minor: count('minor'),
        major: count('major'),
        critical: count('critical'),
      },
    }
  })

const downOf = ({ id, name, spans }: Recorded['components'][number], window: Stretch): ComponentDown => {
  const lasted = (status: ComponentStatus) =>
    lengthMs(spans.flatMap((span) => (span.status === status ? (clip(span, window) ?? []) : [])))
  const bad = spans.filter((span) => span.status !== 'operational' && span.status !== 'under_maintenance')
  return {
    id,
    name,
    outages: new Set(bad.flatMap((span) => (clip(span, window) ? [String(span.incidentId)] : []))).size,
    degradedMs: lasted('degraded_performance'),
    partialMs: lasted('partial_outage'),
    majorMs: lasted('major_outage'),
    uptime: uptimeOf(spans, new Date(window.from), new Date(window.until)),
  }
}

const hitsOf = (rows: Recorded['hosts'], window: Stretch): HostHit[] =>
  [...Map.groupBy(rows, ({ host }) => host)].flatMap(([host, own]) => {
    const within = own.flatMap((row) => {
      const part = clip(row, window)
      return part ? [{ ...part, incidentId: row.incidentId }] : []
    })
    if (within.length === 0) return []
    return {
      host,
      outages: new Set(within.map(({ incidentId }) => incidentId)).size,
      outMs: lengthMs(within),
      longestMs: Math.max(...within.map(({ from, until }) => until - from)),
    }
  })

const channelOf = (rows: readonly DeliveryCount[]): ChannelRecord => {
  const count = (...states: string[]) =>
    rows.filter(({ state }) => states.includes(state)).reduce((sum, row) => sum + row.count, 0)
  const [delivered, failed, unknown] = [count('delivered'), count('permanent'), count('unknown')]
  const ended = delivered + failed + unknown
  return {
    kind: rows[0]!.kind,
    name: rows[0]!.name,
    delivered,
    failed,
    unknown,
    skipped: count('skipped', 'superseded'),
    share: ended === 0 ? null : delivered / ended,
    acceptedMedianMs: medianOf(rows.flatMap(({ acceptedMs }) => acceptedMs)),
  }
}

/**
 * What the record says of `[from, until)`: outages that began in it, downtime within it, promises made in it. `now`
 * is when it is asked.
 */
export const analyse = (of: Recorded, window: Stretch, now: Date): Analysis => {
  const hit = hitMs(of.customers, window)
  // How fast people were is not known of what was only written down afterwards.
  const met = of.outages.filter(({ firstUpdateAt }) => firstUpdateAt !== null)
  const isKept = ({ dueAt, nextAt }: Promised) => nextAt !== null && nextAt <= dueAt
  const isWaiting = ({ dueAt, nextAt }: Promised) => nextAt === null && dueAt > now
  const kept = of.promises.filter(isKept).length
  const waiting = of.promises.filter(isWaiting).length
  return {
    outages: of.outages.length,
    open: of.outages.filter(({ resolvedAt }) => resolvedAt === null).length,
    detect: speedOf(met.map((one) => [one.startedAt, one.detectedAt])),
    acknowledge: speedOf(met.map((one) => [one.detectedAt, one.acknowledgedAt])),
    firstUpdate: speedOf(met.map((one) => [one.detectedAt, one.firstUpdateAt])),
    resolve: speedOf(of.outages.map((one) => [one.startedAt, one.resolvedAt])),
    customerMs: sumOf(hit),
    customers: hit.length,
    promises: { kept, waiting, missed: of.promises.length - kept - waiting },
    months: byMonth(of, window),
    components: of.components
      .map((component) => downOf(component, window))
      .toSorted((a, b) => b.majorMs + b.partialMs / 2 - a.majorMs - a.partialMs / 2 || b.degradedMs - a.degradedMs),
    hosts: hitsOf(of.hosts, window).toSorted(
      (a, b) => b.outages - a.outages || b.outMs - a.outMs || a.host.localeCompare(b.host),
    ),
    channels: [...Map.groupBy(of.deliveries, ({ kind, name }) => `${kind}/${name}`).values()].map(channelOf),
  }
}
