import type { After } from '#agents/host/deliver.ts'

/** Time as the simulation has it: real, or stepped by a test. */
export type Clockwork = { now: () => number; after: After }

export const realTime: Clockwork = {
  now: () => Date.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}

export type SteppedTime = Clockwork & {
  /** The moment of the next call; undefined where nothing is to come. */
  next: () => number | undefined
  /** Goes on to a moment and makes the calls that were to come by then at just that moment. */
  step: () => void
}

/** Time that stands still until it is stepped. Moments are whole multiples of `grainMs`, so that things happen together. */
export const steppedTime = (startMs: number, grainMs: number): SteppedTime => {
  let nowMs = startMs
  let made = 0
  const waiting = new Map<number, { atMs: number; call: () => void }>()
  const next = () => {
    let earliest: number | undefined
    for (const { atMs } of waiting.values()) if (earliest === undefined || atMs < earliest) earliest = atMs
    return earliest
  }
  return {
    now: () => nowMs,
    after: (ms, call) => {
      if (!Number.isFinite(ms)) throw new Error(`not a time to wait: ${ms}`)
      const key = made++
      waiting.set(key, { atMs: Math.ceil((nowMs + ms) / grainMs) * grainMs, call })
      return () => void waiting.delete(key)
    },
    next,
    step() {
      const atMs = next()
      if (atMs === undefined) return
      nowMs = Math.max(nowMs, atMs)
      for (const [key, entry] of [...waiting].filter(([, { atMs: at }]) => at <= nowMs)) {
        // One call may have cancelled another.
        if (!waiting.delete(key)) continue
        entry.call()
      }
    },
  }
}
