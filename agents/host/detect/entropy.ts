const RANDOM_BITS = 7.7
const counts = new Uint32Array(256)

/** Bits a byte of a page by how often each byte value stands in it: 4,096 random bytes have some 7.95. */
export const bitsPerByte = (page: Uint8Array): number => {
  counts.fill(0)
  for (const byte of page) counts[byte]!++
  let bits = 0
  for (const count of counts) {
    if (count === 0) continue
    const share = count / page.length
    bits -= share * Math.log2(share)
  }
  return bits
}

/**
 * True where a page looks random, as all of a RandomX dataset does: numbers with exponents or pointers, text and
 * half-empty pages stay below.
 */
export const isIncompressible = (page: Uint8Array): boolean => bitsPerByte(page) >= RANDOM_BITS

const MOST_ZEROS = 0.6
const LEAST_BITS = 0.2

/** True where a page says nothing of what its memory is for: next to nothing was written, or one byte everywhere. */
export const isBlank = (page: Uint8Array): boolean => {
  let zeros = 0
  for (const byte of page) if (byte === 0) zeros++
  return zeros > MOST_ZEROS * page.length || bitsPerByte(page) < LEAST_BITS
}
