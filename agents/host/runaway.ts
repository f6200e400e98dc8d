import { sha256Hex, type LogFinding } from '#agents/protocol.ts'

/** A log's size at a moment, with the free bytes of its file system. */
export type LogStep = { monoMs: number; bytes: number; freeBytes: number }

/** What is known of one log's growth. `since` is where the present run of fast growth began. */
export type Growth = { last: LogStep; steps: number; since: LogStep | null; told: boolean }

const RATE_BYTES_PER_S = 10_000_000
const FULL_WITHIN_S = 3_600
const LEAST_BYTES_PER_S = 50_000
const STEPS_TO_TELL = 2
const LEAST_WINDOW_MS = 9_000
/** Looks closer together say more of buffering than of growth. */
const LEAST_STEP_MS = 2_000

export const openGrowth = (first: LogStep): Growth => ({ last: first, steps: 0, since: null, told: false })

/** True where this rate breaks the bound, or fills the file system within the hour. */
export const isFast = (bytesPerS: number, freeBytes: number): boolean =>
  bytesPerS >= RATE_BYTES_PER_S || (bytesPerS >= LEAST_BYTES_PER_S && freeBytes < bytesPerS * FULL_WITHIN_S)

/**
 * The growth after another look at the log, and a finding once a run of fast growth has held for two looks in a row
 * and nine seconds. Its
 * id comes from the epoch and the run's beginning, so telling it again is harmless. A run ends with the first slow look.
 */
export const grow = (epoch: number, growth: Growth, now: LogStep): { growth: Growth; finding: LogFinding | null } => {
  const elapsedMs = now.monoMs - growth.last.monoMs
  if (elapsedMs < LEAST_STEP_MS) return { growth, finding: null }
  const bytesPerS = ((now.bytes - growth.last.bytes) * 1000) / elapsedMs
  if (!isFast(bytesPerS, now.freeBytes)) return { growth: openGrowth(now), finding: null }
  const since = growth.since ?? growth.last
  const steps = growth.steps + 1
  const windowMs = now.monoMs - since.monoMs
  const tell = steps >= STEPS_TO_TELL && windowMs >= LEAST_WINDOW_MS && !growth.told
  const next = { last: now, steps, since, told: growth.told || tell }
  if (!tell) return { growth: next, finding: null }
  const rate = Math.round(((now.bytes - since.bytes) * 1000) / windowMs)
  const finding: LogFinding = {
    id: sha256Hex(`log_growth\n${epoch}\n${since.monoMs}`).slice(0, 32),
    kind: 'log_growth',
    epoch,
    monoMs: now.monoMs,
    detail: {
      bytes: now.bytes,
      grownBytes: now.bytes - since.bytes,
      windowMs,
      bytesPerS: rate,
      freeBytes: now.freeBytes,
      fullInS: Math.floor(now.freeBytes / Math.max(1, rate)),
    },
  }
  return { growth: next, finding }
}
