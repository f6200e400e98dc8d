import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hintOf, isToken, makeToken } from '#server/accounts/token.ts'

const bytes = fc.uint8Array({ minLength: 200, maxLength: 200 })
const made = bytes.map((source) => {
  let at = 0
  // A source of bytes that ends in ever new ones, so that rejected bytes cannot starve it.
  return makeToken((count) => Uint8Array.from({ length: count }, () => (source[at++ % 200] ?? 0) ^ (at >> 3)))
})

test('every token made is one, of 42 characters', () => {
  fc.assert(
    fc.property(made, (token) => {
      expect(token).toMatch(/^wharf_[0-9A-Za-z]{36}$/)
      expect(isToken(token)).toBe(true)
    }),
  )
})

test('one wrong character is found without asking the database', () => {
  fc.assert(
    fc.property(made, fc.nat(41), fc.constantFrom(...'09AZaz_- '), (token, at, other) => {
      const wrong = token.slice(0, at) + other + token.slice(at + 1)
      expect(isToken(wrong)).toBe(wrong === token)
    }),
  )
})

test('two neighbours exchanged are found', () => {
  fc.assert(
    fc.property(made, fc.integer({ min: 6, max: 40 }), (token, at) => {
      const swapped = token.slice(0, at) + token.charAt(at + 1) + token.charAt(at) + token.slice(at + 2)
      expect(isToken(swapped)).toBe(swapped === token)
    }),
  )
})

test('random characters use all 62, and the hint gives away eight of them at most', () => {
  const seen = new Set(Array.from({ length: 200 }, () => makeToken().slice(6, 36)).join(''))
  expect(seen.size).toBe(62)
  const token = makeToken()
  expect(hintOf(token)).toBe(`${token.slice(0, 10)}…${token.slice(-4)}`)
})
