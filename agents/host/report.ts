import { gunzipSync, gzipSync } from 'node:zlib'
import type { AgentEvent, EpochDeclaration, HostFacts, MinuteBlock, ObjectSize, Report } from '#agents/protocol.ts'

export const AGENT_VERSION = 'wharfinger/0.1.0'

/** What waits to be reported. */
export type Draft = {
  minutes: MinuteBlock[]
  objects: ObjectSize[]
  events: AgentEvent[]
  failures: string[]
  facts?: HostFacts
}

export const emptyDraft = (): Draft => ({ minutes: [], objects: [], events: [], failures: [] })

/** Bounds of what one report holds, so that a body stays far under the server's 2 MB. */
export const MOST_ROWS = 5_000
const MOST_EVENTS = 5_000
const MOST_FAILURES = 50
const MOST_LETTERS = 300
/** Minutes kept while no report can be made; totals make the older ones dispensable. */
const MOST_MINUTES_WAITING = 240

/** Keeps a draft that cannot be reported yet within bounds; the newest minutes stay. */
export const bounded = (draft: Draft): Draft => ({
  ...draft,
  minutes: draft.minutes.slice(-MOST_MINUTES_WAITING),
  objects: [...new Map(draft.objects.map((size) => [size.epoch, size])).values()],
  events: draft.events.slice(-MOST_EVENTS),
  failures: [...new Set(draft.failures)].slice(0, MOST_FAILURES),
})

/** Divides a draft into what fits one report and what is left over (null where nothing is). */
export const divided = (draft: Draft, mostRows = MOST_ROWS): { first: Draft; rest: Draft | null } => {
  let rows = 0
  let minutes = 0
  for (const block of draft.minutes) {
    rows += block.rows.length
    if (minutes > 0 && rows > mostRows) break
    minutes++
  }
  if (minutes === draft.minutes.length && draft.events.length <= MOST_EVENTS) return { first: draft, rest: null }
  return {
    first: { ...draft, minutes: draft.minutes.slice(0, minutes), events: draft.events.slice(0, MOST_EVENTS) },
    rest: { ...emptyDraft(), minutes: draft.minutes.slice(minutes), events: draft.events.slice(MOST_EVENTS) },
  }
}

export type Heading = Pick<Report, 'bootId' | 'seq' | 'clock'>

/** A report of a draft. It is incomplete where the draft names failures. */
export const buildReport = (heading: Heading, draft: Draft, epochs: EpochDeclaration[]): Report => {
  const failures = [...new Set(draft.failures)].slice(0, MOST_FAILURES).map((failure) => failure.slice(0, MOST_LETTERS))
  return {
    v: 1,
    agent: AGENT_VERSION,
    ...heading,
    complete: failures.length === 0,
    failures,
    ...(draft.facts === undefined ? {} : { facts: draft.facts }),
    epochs,
    minutes: draft.minutes,
    objects: draft.objects,
    events: draft.events,
  }
}

/** The bytes that are signed and sent. */
export const encodeReport = (report: Report): Buffer => gzipSync(JSON.stringify(report))
/** The report in a body made by `encodeReport`. */
export const decodeReport = (body: Uint8Array): Report => JSON.parse(gunzipSync(body).toString()) as Report
