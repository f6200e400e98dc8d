import { impactOf, STATUSES, type ComponentStatus, type Impact } from './impact.ts'
import { isOpen, isOver, type IncidentState, type PostedState } from './state.ts'

export type UpdateKind = 'update' | 'correction' | 'retraction' | 'reminder'

/** What of an update matters to where things stand. */
export type Said = {
  id: bigint
  number: number
  kind: UpdateKind
  /** Of a correction or retraction: the update it is about. */
  aboutId: bigint | null
  state: PostedState
  components: readonly { componentId: bigint; status: ComponentStatus }[]
  /** All hosts that are out; null says nothing of hosts. */
  hosts: readonly number[] | null
  displayAt: Date
  undoneAt: Date | null
  nextUpdateMinutes: number | null
}

/** Half-open; null until it ends. */
export type Span = { fromAt: Date; untilAt: Date | null }

/** What an incident's updates, taken together, make of it. */
export type Standing = {
  state: IncidentState
  /** Every component that was named, with its status in the incident as it stands. */
  components: Map<bigint, ComponentStatus>
  /** Of the worst that each component was at. */
  impact: Impact
  hosts: Map<number, Span>
  resolvedAt: Date | null
  nextUpdateDue: Date | null
  /** All that was said was taken back. */
  isRetracted: boolean
}

const byTime = (a: Said, b: Said) => a.displayAt.getTime() - b.displayAt.getTime() || a.number - b.number

/**
 * The updates that count, in order of the time they are about: without what was undone or retracted, and with the
 * components and hosts of a correction in the place of what it corrects. What the first says was so from `startedAt` on.
 */
export const effective = (said: readonly Said[], startedAt?: Date): Said[] => {
  const stands = said.filter(({ undoneAt }) => undoneAt === null)
  const retracted = new Set(stands.filter(({ kind }) => kind === 'retraction').map(({ aboutId }) => aboutId))
  return stands
    .filter(({ id, kind }) => (kind === 'update' || kind === 'reminder') && !retracted.has(id))
    .map((update) => {
      const correction = stands.findLast(
        ({ id, kind, aboutId }) => kind === 'correction' && aboutId === update.id && !retracted.has(id),
      )
      if (!correction) return update
      const corrected = new Set(correction.components.map(({ componentId }) => componentId))
      const kept = update.components.filter(({ componentId }) => !corrected.has(componentId))
      return { ...update, components: [...kept, ...correction.components], hosts: correction.hosts ?? update.hosts }
    })
    .toSorted(byTime)
    .map((update, n) =>
      n === 0 && startedAt && startedAt < update.displayAt ? { ...update, displayAt: startedAt } : update,
    )
}

/** Folds an incident's updates into where it stands. Without any it is a draft. */
export const standing = (said: readonly Said[], startedAt?: Date): Standing => {
  const stands = said.filter(({ undoneAt }) => undoneAt === null)
  const counting = effective(said, startedAt)
  const components = new Map<bigint, ComponentStatus>()
  const worst: ComponentStatus[] = []
  const hosts = new Map<number, Span>()
  let state: IncidentState = 'draft'
  let resolvedAt: Date | null = null
  // Hosts that are only planned to be out are out from the start on.
  let out: readonly number[] | null = null
  for (const update of counting) {
    state = update.state
    for (const { componentId, status } of update.components) {
      components.set(componentId, status)
      worst.push(status)
    }
    if (isOver(state)) {
      for (const id of components.keys()) components.set(id, 'operational')
      resolvedAt ??= update.displayAt
      closeHosts(hosts, resolvedAt)
      out = null
    } else {
      resolvedAt = null
      out = update.hosts ?? out
      if (out && isOpen(state)) followHosts(hosts, out, update.displayAt)
    }
  }
  const isRetracted = counting.length === 0 && stands.length > 0
  if (isRetracted) {
    state = 'resolved'
    resolvedAt = stands.toSorted(byTime).at(-1)!.displayAt
    for (const update of stands)
      for (const { componentId } of update.components) components.set(componentId, 'operational')
  }
  return {
    state,
    components,
    impact: impactOf(worst),
    hosts,
    resolvedAt,
    nextUpdateDue: dueOf(stands, state),
    isRetracted,
  }
}

const followHosts = (hosts: Map<number, Span>, out: readonly number[], at: Date) => {
  for (const [id, span] of hosts) if (!out.includes(id)) span.untilAt ??= at
  for (const id of out) hosts.set(id, { fromAt: hosts.get(id)?.fromAt ?? at, untilAt: null })
}

const closeHosts = (hosts: Map<number, Span>, at: Date) => {
  for (const span of hosts.values()) span.untilAt ??= at
}

const dueOf = (stands: readonly Said[], state: IncidentState): Date | null => {
  if (!isOpen(state)) return null
  const last = stands.toSorted((a, b) => a.number - b.number).at(-1)
  if (!last?.nextUpdateMinutes) return null
  return new Date(last.displayAt.getTime() + last.nextUpdateMinutes * 60_000)
}

/** From `at` on, incident `incidentId` has a component at `status`; operational ends its part. */
export type Step = { at: Date; incidentId: bigint; status: ComponentStatus }

/** What one incident does to each component when; what is only planned does nothing yet. */
export const stepsOf = (incidentId: bigint, said: readonly Said[], startedAt?: Date): Map<bigint, Step[]> => {
  const steps = new Map<bigint, Step[]>()
  const named = new Map<bigint, ComponentStatus>()
  for (const update of effective(said, startedAt)) {
    for (const { componentId, status } of update.components) named.set(componentId, status)
    for (const [componentId, status] of named) {
      const now = isOpen(update.state) ? status : 'operational'
      const known = steps.get(componentId) ?? steps.set(componentId, []).get(componentId)!
      if ((known.at(-1)?.status ?? 'operational') !== now) known.push({ at: update.displayAt, incidentId, status: now })
    }
    if (isOver(update.state)) named.clear()
  }
  return steps
}

export type StatusSpan = Span & { status: ComponentStatus; incidentId: bigint | null }

/**
 * A component's history: of all incidents that touch it at a time the worst counts. Without gaps or overlaps from
 * `since` on; the last span is open.
 */
export const timeline = (since: Date, steps: readonly Step[]): StatusSpan[] => {
  const now = new Map<bigint, ComponentStatus>()
  const spans: StatusSpan[] = [{ fromAt: since, untilAt: null, status: 'operational', incidentId: null }]
  const ordered = steps.toSorted((a, b) => a.at.getTime() - b.at.getTime())
  for (const { at, incidentId, status } of ordered) {
    now.set(incidentId, status)
    const [worstId, worst] = [...now].reduce<[bigint | null, ComponentStatus]>(
      (best, [id, one]) => (STATUSES.indexOf(one) > STATUSES.indexOf(best[1]) ? [id, one] : best),
      [null, 'operational'],
    )
    const last = spans.at(-1)!
    const from = at > since ? at : since
    if (last.status === worst && last.incidentId === worstId) continue
    if (last.fromAt.getTime() === from.getTime()) spans.pop()
    else last.untilAt = from
    const before = spans.at(-1)
    if (before && before.status === worst && before.incidentId === worstId) before.untilAt = null
    else spans.push({ fromAt: from, untilAt: null, status: worst, incidentId: worstId })
  }
  return spans
}
