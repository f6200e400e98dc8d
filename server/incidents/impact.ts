/** A component's status, from none to worst; maintenance is announced, so anything unplanned is worse. */
export const STATUSES = [
  'operational',
  'under_maintenance',
  'degraded_performance',
  'partial_outage',
  'major_outage',
] as const
export type ComponentStatus = (typeof STATUSES)[number]

export const IMPACTS = ['none', 'maintenance', 'minor', 'major', 'critical'] as const
export type Impact = (typeof IMPACTS)[number]

const IMPACT_OF: Record<ComponentStatus, Impact> = {
  operational: 'none',
  under_maintenance: 'maintenance',
  degraded_performance: 'minor',
  partial_outage: 'major',
  major_outage: 'critical',
}

/** The worst of them; operational of none. */
export const worstOf = (statuses: readonly ComponentStatus[]): ComponentStatus =>
  STATUSES[Math.max(0, ...statuses.map((status) => STATUSES.indexOf(status)))]!

/** The impact that follows from components, as Statuspage reckons it. */
export const impactOf = (statuses: readonly ComponentStatus[]): Impact => IMPACT_OF[worstOf(statuses)]
