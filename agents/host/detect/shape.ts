import type { Reading } from '../accumulate.ts'

/** What a container's readings of the last minutes say of its cpu. `percent` is of its own cores. */
export type Shape = { percent: number; flatS: number; limitPercent: number | null }

type Step = { monoMs: number; cores: number; otherBytesPerS: number; networkBytesPerS: number }

const KEPT_MS = 900_000
const MOST_VARIATION = 0.03
const MOST_IO_PER_S = 100_000
const MOST_NETWORK_PER_S = 2_000
const LEAST_STEPS = 4

const sum = (a: number | null, b: number | null) => (a ?? 0) + (b ?? 0)

/**
 * Follows the shape of a container's cpu use through the readings that are taken anyway: how long it has been busy and
 * flat, with next to no I/O and network. `limitCores` is what it may use, null without limit.
 */
export const createShape = () => {
  let last: Reading | null = null
  let steps: Step[] = []
  return {
    add(reading: Reading) {
      if (last && reading.monoMs - last.monoMs < 5_000) return
      if (last && reading.monoMs > last.monoMs && reading.cpuUs !== null && last.cpuUs !== null) {
        const ms = reading.monoMs - last.monoMs
        const perS = (now: number, before: number) => (Math.max(0, now - before) * 1000) / ms
        steps.push({
          monoMs: reading.monoMs,
          cores: Math.max(0, reading.cpuUs - last.cpuUs) / (ms * 1000),
          otherBytesPerS: perS(
            sum(reading.blockReadBytes, reading.blockWriteBytes),
            sum(last.blockReadBytes, last.blockWriteBytes),
          ),
          networkBytesPerS: perS(sum(reading.rxBytes, reading.txBytes), sum(last.rxBytes, last.txBytes)),
        })
        steps = steps.filter((step) => step.monoMs > reading.monoMs - KEPT_MS)
      }
      last = reading
    },

    /** Cores in use at the last reading. */
    cores: (): number => steps.at(-1)?.cores ?? 0,

    of(limitCores: number | null): Shape {
      let total = 0
      let squares = 0
      let count = 0
      let flatS = 0
      const end = steps.at(-1)?.monoMs ?? 0
      for (const step of steps.toReversed()) {
        if (step.otherBytesPerS > MOST_IO_PER_S || step.networkBytesPerS > MOST_NETWORK_PER_S) break
        total += step.cores
        squares += step.cores ** 2
        count++
        const mean = total / count
        const deviation = Math.sqrt(Math.max(0, squares / count - mean ** 2))
        if (count >= LEAST_STEPS && deviation > MOST_VARIATION * mean) break
        flatS = (end - step.monoMs) / 1000
      }
      const recent = steps.slice(-LEAST_STEPS)
      const cores = recent.reduce((all, step) => all + step.cores, 0) / Math.max(1, recent.length)
      const own = limitCores ?? Math.max(1, Math.ceil(cores - 0.05))
      return {
        percent: (cores / own) * 100,
        flatS: count < LEAST_STEPS ? 0 : flatS,
        limitPercent: limitCores === null || recent.length === 0 ? null : (cores / limitCores) * 100,
      }
    },
  }
}
export type ShapeOf = ReturnType<typeof createShape>
