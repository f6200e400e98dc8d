import { csvField } from '../../accounts/auditExport.ts'
import type { Analysis, Recorded } from './analyse.ts'
import { clip, lengthMs, type Stretch } from './intervals.ts'

export const ANALYTICS_FILES = ['outages', 'components', 'hosts', 'channels'] as const
export type AnalyticsFile = (typeof ANALYTICS_FILES)[number]

const seconds = (ms: number | null) => (ms === null ? null : Math.round(ms / 1_000))
const between = (from: Date, to: Date | null) => (to ? seconds(Math.max(0, to.getTime() - from.getTime())) : null)

const outageRows = (of: Recorded, window: Stretch) => [
  [
    'incident',
    'title',
    'impact',
    'started_at',
    'detected_at',
    'acknowledged_at',
    'first_update_at',
    'resolved_at',
    'to_detect_s',
    'to_acknowledge_s',
    'to_first_update_s',
    'to_resolve_s',
    'hosts',
    'customers',
    'customer_minutes',
  ],
  ...of.outages.map((one) => {
    const hit = [
      ...Map.groupBy(
        of.customers.filter((row) => row.incidentId === one.id),
        (row) => row.accountId,
      ).values(),
    ]
    const hitMs = hit.map((own) => lengthMs(own.flatMap((row) => clip(row, window) ?? []))).filter((ms) => ms > 0)
    return [
      one.incident,
      one.title,
      one.impact,
      one.startedAt,
      one.detectedAt,
      one.acknowledgedAt,
      one.firstUpdateAt,
      one.resolvedAt,
      between(one.startedAt, one.detectedAt),
      between(one.detectedAt, one.acknowledgedAt),
      between(one.detectedAt, one.firstUpdateAt),
      between(one.startedAt, one.resolvedAt),
      new Set(of.hosts.filter((row) => row.incidentId === one.id).map(({ host }) => host)).size,
      hitMs.length,
      Math.round(hitMs.reduce((sum, ms) => sum + ms, 0) / 60_000),
    ]
  }),
]

const rowsOf = (what: AnalyticsFile, of: Recorded, found: Analysis, window: Stretch): unknown[][] => {
  if (what === 'outages') return outageRows(of, window)
  if (what === 'components')
    return [
      ['component', 'outages', 'degraded_s', 'partial_outage_s', 'major_outage_s', 'uptime'],
      ...found.components.map((one) => [
        one.name,
        one.outages,
        seconds(one.degradedMs),
        seconds(one.partialMs),
        seconds(one.majorMs),
        one.uptime,
      ]),
    ]
  if (what === 'hosts')
    return [
      ['host', 'outages', 'out_s', 'longest_s'],
      ...found.hosts.map((one) => [one.host, one.outages, seconds(one.outMs), seconds(one.longestMs)]),
    ]
  return [
    ['kind', 'channel', 'delivered', 'failed', 'unknown', 'not_sent', 'share_delivered', 'median_to_accepted_ms'],
    ...found.channels.map((one) => [
      one.kind,
      one.name,
      one.delivered,
      one.failed,
      one.unknown,
      one.skipped,
      one.share,
      one.acceptedMedianMs === null ? null : Math.round(one.acceptedMedianMs),
    ]),
  ]
}

/** One table of the analysis as CSV (RFC 4180); times are RFC 3339, durations whole seconds. */
export const analyticsFile = (what: AnalyticsFile, of: Recorded, found: Analysis, window: Stretch): string =>
  `${rowsOf(what, of, found, window)
    .map((row) => row.map((value) => csvField(value instanceof Date ? value.toISOString() : (value ?? ''))).join(','))
    .join('\r\n')}\r\n`
