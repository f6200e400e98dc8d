import { createHash } from 'node:crypto'
import { impactOf, IMPACTS, worstOf, type ComponentStatus, type Impact } from '../impact.ts'
import type { PublicComponent, PublicGroup, PublicIncident, PublicUpdate, StatusRecord } from './record.ts'

/** How many incidents, and how many maintenances, a list of all gives: as Statuspage does. */
export const LIST_ROWS = 50

/** An id as Statuspage's are: twelve lower-case letters and digits, always the same for the same thing. */
export const publicId = (kind: 'page' | 'component' | 'group' | 'incident' | 'update', id: bigint | number): string =>
  BigInt(`0x${createHash('sha256').update(`${kind}:${id}`).digest('hex')}`)
    .toString(36)
    .padStart(50, '0')
    .slice(-12)

const PAGE_ID = publicId('page', 1)

const DESCRIPTIONS: Record<Impact, string> = {
  none: 'All Systems Operational',
  minor: 'Minor Service Outage',
  major: 'Partial System Outage',
  critical: 'Major Service Outage',
  maintenance: 'Service Under Maintenance',
}

/** Worst first by `IMPACTS`; an open incident's overridden impact counts beside the components'. */
const blended = ({ components, incidents }: StatusRecord): Impact => {
  const overridden = incidents.filter(({ isOpen, kind }) => isOpen && kind === 'incident')
  const quiet = components.every(({ status }) => status === 'operational')
  const impacts = [
    impactOf(components.map(({ status }) => status)),
    ...(quiet ? overridden.map((one) => one.impact) : []),
  ]
  return impacts.reduce((a, b) => (IMPACTS.indexOf(b) > IMPACTS.indexOf(a) ? b : a))
}

/** `indicator` is one of none, minor, major, critical: maintenance is none of them. */
const statusOf = (record: StatusRecord) => {
  const impact = blended(record)
  return { indicator: impact === 'maintenance' ? 'none' : impact, description: DESCRIPTIONS[impact] }
}

const iso = (at: Date): string => at.toISOString()
const isoOrNull = (at: Date | null): string | null => at && iso(at)

const pageOf = ({ settings, url, asOf }: StatusRecord) => ({
  id: PAGE_ID,
  name: settings.name || 'Status',
  url,
  time_zone: 'Etc/UTC',
  updated_at: iso(asOf),
})

const componentOf = (component: PublicComponent) => ({
  id: publicId('component', component.id),
  name: component.name,
  status: component.status,
  created_at: iso(component.createdAt),
  updated_at: iso(component.since > component.updatedAt ? component.since : component.updatedAt),
  position: component.position,
  description: component.description || null,
  showcase: component.showUptime,
  start_date: iso(component.spans[0]!.fromAt).slice(0, 10),
  group_id: component.groupId === null ? null : publicId('group', component.groupId),
  page_id: PAGE_ID,
  group: false,
  only_show_if_degraded: false,
})

/** A group is a component too, as bad as its worst member. */
const groupOf = (group: PublicGroup, record: StatusRecord) => {
  const members = record.components.filter(({ groupId }) => groupId === group.id)
  return {
    id: publicId('group', group.id),
    name: group.name,
    status: worstOf(members.map(({ status }) => status)),
    created_at: iso(group.createdAt),
    updated_at: iso(new Date(Math.max(group.createdAt.getTime(), ...members.map(({ since }) => since.getTime())))),
    position: group.position,
    description: null,
    showcase: false,
    start_date: null,
    group_id: null,
    page_id: PAGE_ID,
    group: true,
    only_show_if_degraded: false,
    components: members.map(({ id }) => publicId('component', id)),
  }
}

const componentsOf = (record: StatusRecord) => [
  ...record.groups.map((group) => groupOf(group, record)),
  ...record.components.map(componentOf),
]

const updateOf = (update: PublicUpdate, incidentId: string) => ({
  id: publicId('update', update.id),
  status: update.state,
  body: update.text ?? 'This update was retracted.',
  incident_id: incidentId,
  created_at: iso(update.createdAt),
  updated_at: iso(update.createdAt),
  display_at: iso(update.displayAt),
  affected_components:
    update.components.length === 0
      ? null
      : update.components.map(({ componentId, name, oldStatus, newStatus }) => ({
          code: publicId('component', componentId),
          name,
          old_status: oldStatus satisfies ComponentStatus,
          new_status: newStatus satisfies ComponentStatus,
        })),
  deliver_notifications: true,
  custom_tweet: null,
  tweet_id: null,
})

const incidentOf = (incident: PublicIncident, record: StatusRecord) => {
  const id = publicId('incident', incident.id)
  const own = record.components.filter((component) => incident.components.some((one) => one.id === component.id))
  return {
    id,
    name: incident.title,
    status: incident.state,
    created_at: iso(incident.createdAt),
    updated_at: iso(incident.updatedAt),
    monitoring_at: isoOrNull(incident.monitoringAt),
    resolved_at: isoOrNull(incident.resolvedAt),
    impact: incident.impact,
    shortlink: linkOf(record, incident),
    started_at: iso(incident.startedAt),
    page_id: PAGE_ID,
    incident_updates: incident.updates.map((update) => updateOf(update, id)),
    components: own.map(componentOf),
    ...(incident.kind === 'maintenance'
      ? { scheduled_for: isoOrNull(incident.scheduledFor), scheduled_until: isoOrNull(incident.scheduledUntil) }
      : {}),
  }
}

/** Where an incident's own page is seen. */
export const linkOf = ({ url, settings }: StatusRecord, { incident }: Pick<PublicIncident, 'incident'>): string =>
  `${url}/i/${incident}${settings.domain ? '.html' : ''}`

/** Statuspage's public API v2, file by path below `api/v2/`. */
export const apiFiles = (record: StatusRecord): Record<string, unknown> => {
  const page = pageOf(record)
  const of = (kind: PublicIncident['kind'], chosen: (one: PublicIncident) => boolean = () => true) =>
    record.incidents
      .filter((one) => one.kind === kind && chosen(one))
      .slice(0, LIST_ROWS)
      .map((one) => incidentOf(one, record))
  const unresolved = of('incident', ({ isOpen }) => isOpen)
  const ahead = of('maintenance', ({ isOpen, state }) => isOpen || state === 'scheduled')
  const components = componentsOf(record)
  const status = statusOf(record)
  return {
    'summary.json': { page, components, incidents: unresolved, scheduled_maintenances: ahead, status },
    'status.json': { page, status },
    'components.json': { page, components },
    'incidents.json': { page, incidents: of('incident') },
    'incidents/unresolved.json': { page, incidents: unresolved },
    'scheduled-maintenances.json': { page, scheduled_maintenances: of('maintenance') },
    'scheduled-maintenances/active.json': { page, scheduled_maintenances: of('maintenance', ({ isOpen }) => isOpen) },
    'scheduled-maintenances/upcoming.json': {
      page,
      scheduled_maintenances: of('maintenance', ({ state }) => state === 'scheduled'),
    },
  }
}
