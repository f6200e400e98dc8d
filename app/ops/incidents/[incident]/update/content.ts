import type { Caller } from '#server/router.ts'

type Composed = Awaited<ReturnType<Caller['incidents']['incident']['compose']>>
/** What the composer holds. */
export type Content = Composed['content']
export type State = Content['state']
export type Part = Composed['components'][number]
export type HostChoice = Composed['hosts'][number]
export type Words = { key: string; name: string; texts: Partial<Record<string, string>> }

/** The states an update may carry, in the order they usually come. */
export const statesOf = (kind: 'incident' | 'maintenance', from: string): State[] => {
  if (kind === 'maintenance')
    return from === 'scheduled' ? ['scheduled', 'in_progress', 'completed'] : ['in_progress', 'verifying', 'completed']
  return from === 'resolved' || from === 'postmortem'
    ? ['investigating', 'monitoring', 'resolved', 'postmortem']
    : ['investigating', 'identified', 'monitoring', 'resolved']
}

export const isOver = (state: string) => ['resolved', 'completed', 'postmortem'].includes(state)
