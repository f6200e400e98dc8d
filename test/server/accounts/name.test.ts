import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nameFault, nameFrom, nthName } from '#server/accounts/name.ts'
import { testDatabase } from '../../support/database.ts'

const db = await testDatabase()

test('a name made from any text is valid', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), (text) => {
      expect(nameFault(nameFrom(text))).toBeUndefined()
    }),
  )
})

test('the nth choice of any name is valid, and differs from the others', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 120 }), fc.integer({ min: 1, max: 99_999 }), (text, n) => {
      const name = nameFrom(text)
      expect(nameFault(nthName(name, n))).toBeUndefined()
      if (n > 1) expect(nthName(name, n)).not.toBe(name)
    }),
  )
})

test.each(['ops', 'status', 'v1', 'v2', 'api', 'trpc', 'help', 'settings', 'sign-in', 'first-run', 'reset', 'invite'])(
  'the address %s is reserved',
  (name) => expect(nameFault(name)).toContain('reserved'),
)

test.each(['Saltmarsh', 'a', 'a--', '-a', 'a..b', 'a___b', 'a b', 'ä', '', 'x'.repeat(65)])('%j is no name', (name) => {
  expect(nameFault(name)).toBeDefined()
})

test('what the code accepts as a name, the database accepts, and the other way round', async () => {
  const rule = await db.sql<{ definition: string }[]>`
    select pg_get_constraintdef(oid) as definition from pg_constraint where conname = 'account_name'`
  expect(rule[0]?.definition).toContain('~')
  const texts = fc.sample(fc.string({ unit: fc.constantFrom(...'ab1.__--A '), maxLength: 8 }), 400)
  const reserved = (fault: string | undefined) => fault?.includes('reserved') ?? false
  const rows = await db.sql<{ text: string; fits: boolean }[]>`
    select text, text ~ '^[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*$' and length(text) between 2 and 64 as fits
    from unnest(${texts}::text[]) as text`
  for (const { text, fits } of rows) {
    const fault = nameFault(text)
    expect([text, fault === undefined || reserved(fault)]).toEqual([text, fits])
  }
})
