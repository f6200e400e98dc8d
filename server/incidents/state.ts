/** Where an incident or a maintenance stands; the words of Statuspage's API v2. */
export const INCIDENT_STATES = ['investigating', 'identified', 'monitoring', 'resolved', 'postmortem'] as const
export const MAINTENANCE_STATES = ['scheduled', 'in_progress', 'verifying', 'completed'] as const
export type IncidentKind = 'incident' | 'maintenance'
export type PostedState = (typeof INCIDENT_STATES)[number] | (typeof MAINTENANCE_STATES)[number]
export type IncidentState = 'draft' | PostedState

/** States in which it goes on: components are affected, an update is owed. */
export const OPEN_STATES = ['investigating', 'identified', 'monitoring', 'in_progress', 'verifying'] as const
const OPEN: readonly string[] = OPEN_STATES

/** True while it goes on: not drafts, not what is planned, not what is over. */
export const isOpen = (state: string): boolean => OPEN.includes(state)
/** True where it has ended. */
export const isOver = (state: string): boolean => ['resolved', 'postmortem', 'completed'].includes(state)

/** Whether an update may carry this state for a thing of this kind that stands so. */
export const mayFollow = (kind: IncidentKind, from: IncidentState, to: PostedState): boolean => {
  const states: readonly string[] = kind === 'incident' ? INCIDENT_STATES : MAINTENANCE_STATES
  if (!states.includes(to)) return false
  if (to === 'postmortem') return isOver(from)
  // What was resolved may break again; a published postmortem is the end.
  if (from === 'postmortem') return false
  if (to === 'scheduled') return from === 'draft' || from === 'scheduled'
  return true
}

/** `INC-7` of 7. */
export const incidentName = (id: bigint | number): string => `INC-${id}`
