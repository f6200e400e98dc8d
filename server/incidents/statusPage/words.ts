import type { ComponentStatus } from '../impact.ts'
import type { UpdateKind } from '../standing.ts'
import type { PostedState } from '../state.ts'

const en = {
  locale: 'en-GB',
  lang: 'en',
  title: (name: string) => (name ? `${name} status` : 'Service status'),
  status: {
    operational: 'Operational',
    degraded_performance: 'Degraded',
    partial_outage: 'Partial outage',
    major_outage: 'Major outage',
    under_maintenance: 'Maintenance',
  } satisfies Record<ComponentStatus, string>,
  unknown: 'Not known',
  state: {
    investigating: 'Investigating',
    identified: 'Identified',
    monitoring: 'Monitoring',
    resolved: 'Resolved',
    postmortem: 'Postmortem',
    scheduled: 'Scheduled',
    in_progress: 'In progress',
    verifying: 'Verifying',
    completed: 'Completed',
  } satisfies Record<PostedState, string>,
  kind: { update: '', reminder: 'Reminder', correction: 'Correction', retraction: 'Retraction' } satisfies Record<
    UpdateKind,
    string
  >,
  retracted: 'This update was retracted.',
  correctedBy: (number: number) => `Corrected by update ${number}.`,
  /** The page's one line, by the worst that is. */
  hero: {
    operational: 'All services operational',
    degraded_performance: 'Degraded service',
    partial_outage: 'Partial outage',
    major_outage: 'Major outage',
    under_maintenance: 'Maintenance in progress',
  } satisfies Record<ComponentStatus, string>,
  empty: 'Nothing to show yet',
  emptyText: 'No services are listed on this page yet.',
  openIncident: 'An incident is being looked into',
  asOf: (at: string) => `As of ${at}.`,
  since: (at: string, duration: string) => `Since ${at}, ${duration}.`,
  stale: 'This page has not been renewed for a while: what it shows may be out of date.',
  nextUpdate: (at: string) => `Next update by ${at}.`,
  services: 'Services',
  barsNote: (from: string, until: string) =>
    `${from} to ${until}. One bar per day, taller is worse. Select a bar for the incident.`,
  daysAgo: (days: number) => `${days} days ago`,
  today: 'Today',
  uptime: (percent: string) => `${percent} uptime`,
  noUptime: 'Uptime not known yet',
  daysOf: (days: number, status: string) => `${days} ${status.toLowerCase()}`,
  ofDays: (days: number, parts: string) => `Of ${days} days: ${parts}`,
  barTitle: (day: string, status: string, duration: string) => `${day}: ${status.toLowerCase()}, ${duration}`,
  uptimeNote:
    'Uptime counts a major outage in full and a partial outage by half. Degraded service is shown but not counted as down; announced maintenance is left out.',
  planned: 'Planned maintenance',
  from: (from: string, until: string) => `${from} to ${until}.`,
  past: 'Past incidents',
  noPast: 'No incidents in the last 90 days.',
  noHistory: 'No incidents so far.',
  history: 'History',
  allPast: 'All past incidents',
  allUpdates: 'All updates',
  back: 'Current status',
  postmortem: 'Postmortem',
  affected: 'Affected services',
  began: 'Began',
  ended: 'Ended',
  ongoing: 'Ongoing',
  subscribe: 'Get updates',
  atom: 'Atom feed',
  rss: 'RSS feed',
  json: 'JSON',
  badge: 'Badge',
  generated: (at: string) => `Generated ${at}. No cookies; works without scripts.`,
  runWith: 'Run with Wharfinger',
  minutes: (n: number) => `${n} min`,
  hours: (n: number, rest: number) => (rest ? `${n} h ${rest} min` : `${n} h`),
  days: (n: number, rest: number) => (rest ? `${n} d ${rest} h` : `${n} d`),
  /** The words of Statuspage's own API for the whole page. */
  badgeLabel: 'status',
}

/** Every word the status page says, in one language: a translation is one more table of this shape. */
export type Words = typeof en
export const WORDS = { en } as const
