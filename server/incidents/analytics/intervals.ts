import type { Span } from '../standing.ts'

/** `[from, until)` in milliseconds since 1970. */
export type Stretch = { from: number; until: number }

/** The part of a span within `[from, until)`; what goes on lasts to the end. Empty ones are null. */
export const clip = ({ fromAt, untilAt }: Span, { from, until }: Stretch): Stretch | null => {
  const begin = Math.max(fromAt.getTime(), from)
  const end = Math.min(untilAt?.getTime() ?? Infinity, until)
  return end > begin ? { from: begin, until: end } : null
}

/** The same time once: overlapping and touching stretches become one, in order. */
export const merged = (of: readonly Stretch[]): Stretch[] => {
  const out: Stretch[] = []
  for (const one of of.toSorted((a, b) => a.from - b.from)) {
    const last = out.at(-1)
    if (last && one.from <= last.until) last.until = Math.max(last.until, one.until)
    else out.push({ ...one })
  }
  return out
}

/** How long they last together; time that two share counts once. */
export const lengthMs = (of: readonly Stretch[]): number =>
  merged(of).reduce((sum, { from, until }) => sum + until - from, 0)
