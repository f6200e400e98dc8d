import { createHash } from 'node:crypto'

const SIGNS = '234567abcdefghijklmnopqrstuvwxyz'

/**
 * A record key of the AT protocol for one fact: 13 signs of a microsecond clock and a clock's number
 * (atproto.com/specs/tid). Both lower parts come of `key`, so that each try names the same record.
 */
export const tid = (at: Date, key: string): string => {
  const hash = createHash('sha256').update(key).digest()
  const micros = BigInt(at.getTime()) * 1_000n + BigInt(hash.readUInt16BE(0) % 1_000)
  let left = (micros << 10n) | BigInt(hash.readUInt16BE(2) % 1_024)
  let signs = ''
  for (let place = 0; place < 13; place += 1) {
    signs = SIGNS[Number(left & 31n)]! + signs
    left >>= 5n
  }
  return signs
}
