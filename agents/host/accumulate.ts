import { METERS, type EpochKind } from '#agents/protocol.ts'

/**
 * One reading of a container: the kernel's cumulative counters and the present memory.
 * A counter is null where it cannot be read (no network namespace of its own, a controller that is off).
 */
export type Reading = {
  monoMs: number
  cpuUs: number | null
  throttledUs: number | null
  memoryBytes: number | null
  rxBytes: number | null
  txBytes: number | null
  blockReadBytes: number | null
  blockWriteBytes: number | null
}

/** The present size of a storage object. */
export type Size = { monoMs: number; bytes: number }

/** Totals in the order of `METERS`, and what is needed to go on from them. `rest` is below one MiB·s, in half byte·ms. */
export type Tally<Last> = { totals: number[]; last: Last; rest: number }

export const zeroTotals = (): number[] => METERS.map(() => 0)

/** A reading that stands for a container's first moment. */
export const zeroReading = (monoMs: number): Reading => ({
  monoMs,
  cpuUs: 0,
  throttledUs: 0,
  memoryBytes: 0,
  rxBytes: 0,
  txBytes: 0,
  blockReadBytes: 0,
  blockWriteBytes: 0,
})

export const openTally = <Last>(last: Last): Tally<Last> => ({ totals: zeroTotals(), last, rest: 0 })

const HALF_BYTE_MS_PER_MIB_S = 2n * 1024n * 1024n * 1000n

/** Whole MiB·s in `bytesTwice / 2 × ms` plus what was left over, and what is left over now. */
const integrate = (bytesTwice: number, ms: number, rest: number): [whole: number, rest: number] => {
  const sum = BigInt(bytesTwice) * BigInt(ms) + BigInt(rest)
  return [Number(sum / HALF_BYTE_MS_PER_MIB_S), Number(sum % HALF_BYTE_MS_PER_MIB_S)]
}

const COUNTERS = [
  ['cpuUs', METERS.indexOf('cpuUs')],
  ['throttledUs', METERS.indexOf('throttledUs')],
  ['rxBytes', METERS.indexOf('rxBytes')],
  ['txBytes', METERS.indexOf('txBytes')],
  ['blockReadBytes', METERS.indexOf('blockReadBytes')],
  ['blockWriteBytes', METERS.indexOf('blockWriteBytes')],
] as const
const MEMORY = METERS.indexOf('memoryMibS')

/** True where a kernel counter went back, so that the two readings belong to counts that cannot be joined. */
export const wentBack = (last: Reading, now: Reading): boolean =>
  COUNTERS.some(([name]) => {
    const before = last[name]
    const after = now[name]
    return before !== null && after !== null && after < before
  })

/**
 * The tally after a later reading. Counters add their difference; memory is integrated between the two readings, by the
 * trapezoid or, over a `gap` nobody watched, by the lesser of the two. A reading that is not later changes nothing.
 */
export const addReading = (tally: Tally<Reading>, now: Reading, gap: boolean): Tally<Reading> => {
  const { last } = tally
  const elapsedMs = now.monoMs - last.monoMs
  if (elapsedMs < 0) return tally
  const totals = tally.totals.slice()
  const next = { ...now }
  for (const [name, index] of COUNTERS) {
    const before = last[name]
    const after = now[name]
    // A counter seen for the first time within a life has no known beginning: it is a baseline.
    if (after === null) next[name] = before
    else if (before !== null) totals[index] = totals[index]! + after - before
  }
  const { memoryBytes: before } = last
  const { memoryBytes: after } = now
  let { rest } = tally
  if (before !== null && after !== null) {
    const [whole, left] = integrate(gap ? 2 * Math.min(before, after) : before + after, elapsedMs, rest)
    totals[MEMORY] = totals[MEMORY]! + whole
    rest = left
  }
  return { totals, last: next, rest }
}

const SIZE_METER: Record<Exclude<EpochKind, 'container'>, number> = {
  layer: METERS.indexOf('diskMibS'),
  volume: METERS.indexOf('volumesMibS'),
  log: METERS.indexOf('logsMibS'),
}

/** The tally of a storage object after a later walk: the lesser of the two sizes times the time between. */
export const addSize = (kind: Exclude<EpochKind, 'container'>, tally: Tally<Size>, now: Size): Tally<Size> => {
  const elapsedMs = now.monoMs - tally.last.monoMs
  if (elapsedMs < 0) return tally
  const [whole, rest] = integrate(2 * Math.min(tally.last.bytes, now.bytes), elapsedMs, tally.rest)
  const totals = tally.totals.slice()
  const index = SIZE_METER[kind]
  totals[index] = totals[index]! + whole
  return { totals, last: now, rest }
}
