import type { HostPlan, Slot } from './plan.ts'
import { digestOf, shareOf } from './random.ts'

/** One boot of a simulated machine. */
export type Boot = { bootId: string; atS: number }

/** One life of a container: `[startS, endS)`, in seconds since 1970; `endS` is infinite where nothing ends it. */
export type SlotLife = {
  slot: Slot
  containerId: string
  /** When the container itself was made; lives before this one may have been of the same container. */
  madeS: number
  /** When the container is removed: after this life where a new one takes its place. */
  goneS: number
  startS: number
  endS: number
  exitCode: number
  restarts: number
}

const FOREVER = Number.POSITIVE_INFINITY

/** A boot id in the form the kernel gives. */
export const bootIdOf = (seed: number, host: string, n: number): string => {
  const hex = digestOf(seed, host, 'boot', n)
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

export const firstBoot = (seed: number, host: HostPlan): Boot => ({
  bootId: bootIdOf(seed, host.name, 0),
  atS: host.bornS,
})

/** The number of the cycle of a slot's churn that `atS` is in; there is but one where it is steady. */
const cycleAt = (seed: number, host: string, slot: Slot, atS: number): number => {
  const { churn } = slot
  if (churn.kind === 'steady') return 0
  const n = Math.floor((atS - (slot.offsetS % churn.everyS)) / churn.everyS)
  return beginOf(seed, host, slot, n) > atS ? n - 1 : n
}

// The jitter is a fifth of a cycle, so their order never changes.
const beginOf = (seed: number, host: string, slot: Slot, n: number): number => {
  const { churn } = slot
  if (churn.kind === 'steady') return slot.fromS
  const { everyS } = churn
  return Math.round(n * everyS + (slot.offsetS % everyS) + 0.2 * everyS * shareOf(seed, host, slot.index, 'life', n))
}

/** The life of one cycle, boots aside; null where it would end before the slot is used. */
const lifeOf = (seed: number, host: string, slot: Slot, n: number): SlotLife | null => {
  const { churn, fromS } = slot
  const made = (number: number) => digestOf(seed, host, slot.index, 'container', number)
  const steady = { slot, containerId: made(0), madeS: fromS, goneS: FOREVER, startS: fromS, restarts: 0 }
  if (churn.kind === 'steady') return { ...steady, endS: FOREVER, exitCode: 0 }
  const begin = beginOf(seed, host, slot, n)
  const pauseS =
    Math.min(12, Math.floor(churn.everyS / 10)) + Math.floor(20 * shareOf(seed, host, slot.index, 'pause', n))
  const endS = churn.kind === 'jobs' ? begin + churn.forS : beginOf(seed, host, slot, n + 1) - pauseS
  const startS = Math.max(fromS, begin)
  if (endS <= startS) return null
  if (churn.kind === 'restarts') {
    const restarts = Math.max(0, n - cycleAt(seed, host, slot, fromS))
    return { ...steady, startS, endS, exitCode: churn.exitCode, restarts }
  }
  return { ...steady, containerId: made(n), madeS: startS, goneS: endS, startS, endS, exitCode: 0 }
}

/** What a boot leaves of a life: all that ran starts again a little after it. */
const after = (boot: Boot, life: SlotLife): SlotLife | null => {
  const startS = Math.max(life.startS, boot.atS + 15 + (life.slot.index % 7))
  return startS < life.endS ? { ...life, startS } : null
}

/** The life in a slot at `atS`, given the machine's boots so far. */
export const lifeAt = (
  seed: number,
  host: string,
  slot: Slot,
  boots: readonly Boot[],
  atS: number,
): SlotLife | null => {
  const boot = boots.findLast((one) => one.atS <= atS)
  const life = boot ? lifeOf(seed, host, slot, cycleAt(seed, host, slot, atS)) : null
  const left = boot && life ? after(boot, life) : null
  return left && left.startS <= atS && atS < left.endS ? left : null
}

/** Every life of a slot that touches `[fromS, untilS)` under one boot, in order. */
export const livesBetween = (seed: number, host: string, slot: Slot, boot: Boot, fromS: number, untilS: number) => {
  const lives: SlotLife[] = []
  for (let n = cycleAt(seed, host, slot, fromS); n <= cycleAt(seed, host, slot, untilS); n++) {
    const life = lifeOf(seed, host, slot, n)
    const left = life && after(boot, life)
    if (left && left.startS < untilS && left.endS > fromS) lives.push(left)
  }
  return lives
}
