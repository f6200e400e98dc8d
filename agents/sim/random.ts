import { createHash } from 'node:crypto'

/** Numbers in [0, 1), the same for the same seed (sfc32). */
export type Random = () => number

/** 32 hexadecimal digits that follow from the parts. */
export const digestOf = (...parts: (string | number)[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex')

/** A number in [0, 1) that follows from the parts. */
export const shareOf = (...parts: (string | number)[]): number =>
  Number.parseInt(digestOf(...parts).slice(0, 12), 16) / 2 ** 48

export const seeded = (...parts: (string | number)[]): Random => {
  const words = digestOf(...parts)
  const word = (i: number) => Number.parseInt(words.slice(i * 8, i * 8 + 8), 16) | 0
  let [a, b, c, counter] = [word(0), word(1), word(2), word(3)]
  return () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return (sum >>> 0) / 2 ** 32
  }
}

export const between = (random: Random, low: number, high: number): number => low + random() * (high - low)
export const wholeBetween = (random: Random, low: number, high: number): number =>
  Math.floor(between(random, low, high + 1))
export const chance = (random: Random, share: number): boolean => random() < share
export const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!
