import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const PREFIX = 'wharf_'
const RANDOM_LENGTH = 30
const CHECK_LENGTH = 6
const SHAPE = new RegExp(`^${PREFIX}[0-9A-Za-z]{${RANDOM_LENGTH + CHECK_LENGTH}}$`)

/** `value` (0 to 2^32 - 1) in base 62, zeros in front, six digits. */
const base62 = (value: number): string => {
  let text = ''
  for (let rest = value; text.length < CHECK_LENGTH; rest = Math.floor(rest / 62))
    text = DIGITS.charAt(rest % 62) + text
  return text
}

const checkOf = (body: string) => base62(crc32(body))

/** Characters from random bytes, each equally likely: bytes of 248 and over are left out. */
const randomText = (length: number, bytes: (count: number) => Uint8Array): string => {
  let text = ''
  while (text.length < length) {
    for (const byte of bytes(length * 2)) {
      if (byte < 248 && text.length < length) text += DIGITS.charAt(byte % 62)
    }
  }
  return text
}

/** A new API token: `wharf_`, 30 random characters, six of CRC-32 over what stands before them. */
export const makeToken = (bytes: (count: number) => Uint8Array = randomBytes): string => {
  const body = PREFIX + randomText(RANDOM_LENGTH, bytes)
  return body + checkOf(body)
}

/** True where `text` has a token's shape and its checksum fits: a typing error needs no database. */
export const isToken = (text: string): boolean =>
  SHAPE.test(text) && checkOf(text.slice(0, -CHECK_LENGTH)) === text.slice(-CHECK_LENGTH)

/** What is kept of a token, a link's secret or the like: its SHA-256. */
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** What people tell their tokens apart by: `wharf_Ab3d…9fQ2`. */
export const hintOf = (token: string): string => `${token.slice(0, PREFIX.length + 4)}…${token.slice(-4)}`

/** A secret for a link that is used once: 32 random bytes in base64url. */
export const makeLinkSecret = (): string => randomBytes(32).toString('base64url')
