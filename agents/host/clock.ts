import { readFileSync } from 'node:fs'

/** What an agent knows of time. `monoMs` counts from boot; `anchorMs` is the best known wall time of boot. */
export type Anchor = { anchorMs: number; learned: boolean }

const IGNORED_MS = 50
const STEP_MS = 1_000

/**
 * The anchor after an answer: `serverTimeMs` was read between `sentMonoMs` and `receivedMonoMs`.
 * The first answer is believed; later ones move it by a quarter of what the round trip cannot explain, or at once where
 * that is over a second. Differences under 50 ms are left alone.
 */
export const learn = (anchor: Anchor, sentMonoMs: number, receivedMonoMs: number, serverTimeMs: number): Anchor => {
  const estimateMs = serverTimeMs - (sentMonoMs + receivedMonoMs) / 2
  if (!Number.isFinite(estimateMs)) return anchor
  if (!anchor.learned) return { anchorMs: Math.round(estimateMs), learned: true }
  const differenceMs = estimateMs - anchor.anchorMs
  const unexplainedMs = Math.abs(differenceMs) - (receivedMonoMs - sentMonoMs) / 2
  if (unexplainedMs < IGNORED_MS) return anchor
  const move = unexplainedMs > STEP_MS ? differenceMs : differenceMs / 4
  return { anchorMs: Math.round(anchor.anchorMs + move), learned: true }
}

/** Whole milliseconds since boot. */
export type MonoClock = () => number

/**
 * A clock since boot, time asleep included: the process's monotonic clock is finer but stops in suspend, so
 * /proc/uptime moves it on after one (proc_uptime(5)). It never goes back.
 */
export const bootClock = (procRoot = '/proc'): MonoClock => {
  const uptimeMs = () => Number.parseFloat(readFileSync(`${procRoot}/uptime`, 'latin1')) * 1000
  let offsetMs = uptimeMs() - performance.now()
  let checkedAt = performance.now()
  let latest = 0
  return () => {
    const now = performance.now()
    if (now - checkedAt > 1_000) {
      checkedAt = now
      const drift = uptimeMs() - now - offsetMs
      if (drift > 1_000) offsetMs += drift
    }
    latest = Math.max(latest, Math.floor(now + offsetMs))
    return latest
  }
}

export const readBootId = (procRoot = '/proc'): string =>
  readFileSync(`${procRoot}/sys/kernel/random/boot_id`, 'latin1').trim()
