/** What decides when a container is looked at next. Times are since boot. */
export type Pace = {
  startedMonoMs: number
  lookedMonoMs: number
  busy: boolean
  /** Looked at every second until then: a suspect, or one whose app was stopped lately. */
  closelyUntilMonoMs: number
}

/** Ages at which a young container is looked at: what harms shows itself soon. */
const YOUNG_MS = [1_000, 2_000, 4_000, 7_000, 11_000, 16_000, 20_000, 25_000, 32_000, 40_000]
const CLOSELY_MS = 1_000
const BUSY_MS = 10_000
const IDLE_MS = 60_000

/** When a container is to be looked at next. `firstSeenMonoMs` is when it was first noticed. */
export const nextLook = ({ startedMonoMs, lookedMonoMs, busy, closelyUntilMonoMs }: Pace): number => {
  if (lookedMonoMs < closelyUntilMonoMs) return lookedMonoMs + CLOSELY_MS
  const usual = lookedMonoMs + (busy ? BUSY_MS : IDLE_MS)
  const age = YOUNG_MS.find((ms) => startedMonoMs + ms > lookedMonoMs)
  return age === undefined ? usual : Math.min(usual, startedMonoMs + age)
}

/** Milliseconds between deep looks at a program that showed nothing so far. */
export const deepPauseMs = (fruitless: number): number => Math.min(1_800_000, 4_000 * 2 ** Math.min(fruitless, 10))
