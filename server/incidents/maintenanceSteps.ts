import { MINUTE_MS } from '../time.ts'

/** How long before its start people are reminded. */
export const REMIND_MINUTES = [1_440, 60] as const

export type MaintenanceStep = {
  /** States the fact, so that it is posted once. A maintenance that was moved reminds anew. */
  requestId: string
  state: 'scheduled' | 'in_progress' | 'completed'
  kind: 'update' | 'reminder'
  at: Date
  /** Key of the template's text; `fallback` where it has none. */
  words: string
  fallback: string
}

type Planned = {
  id: bigint
  state: 'scheduled' | 'in_progress' | 'verifying'
  scheduledFor: Date
  scheduledUntil: Date
  createdAt: Date
}

/** What is due of a maintenance at `now`, in order: a reminder, its start, its end. */
export const maintenanceSteps = (of: Planned, now: Date): MaintenanceStep[] => {
  const steps: MaintenanceStep[] = []
  if (of.state === 'scheduled') {
    const reminder = REMIND_MINUTES.map((minutes) => ({
      minutes,
      at: new Date(+of.scheduledFor - minutes * MINUTE_MS),
    })).findLast(({ at }) => of.createdAt < at && at <= now && now < of.scheduledFor)
    if (reminder)
      steps.push({
        requestId: `maintenance:${of.id}:remind:${reminder.minutes}:${of.scheduledFor.toISOString()}`,
        state: 'scheduled',
        kind: 'reminder',
        at: now,
        words: 'reminder',
        fallback: 'Reminder: {{title}} starts at {{from}} and is planned to end by {{until}}.',
      })
    if (of.scheduledFor <= now)
      steps.push({
        requestId: `maintenance:${of.id}:start`,
        state: 'in_progress',
        kind: 'update',
        at: of.scheduledFor,
        words: 'in_progress',
        fallback: 'The maintenance has begun. It is planned to end by {{until}}.',
      })
  }
  if (of.scheduledUntil <= now)
    steps.push({
      requestId: `maintenance:${of.id}:end`,
      state: 'completed',
      kind: 'update',
      at: of.scheduledUntil,
      words: 'completed',
      fallback: 'The maintenance is completed.',
    })
  return steps
}
