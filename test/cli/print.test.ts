import { expect, test } from 'vitest'
import { bytes, facts, number, table, time } from '#cli/print.ts'

test('columns are as wide as their widest cell, figures to the right', () => {
  const rows = [
    { name: 'quay', n: 7 },
    { name: 'a', n: 1_204 },
  ]
  expect(
    table(rows, [
      ['host', (r) => r.name],
      ['n', (r) => r.n, 'right'],
    ]),
  ).toBe('HOST     N\nquay     7\na     1204\n')
  expect(table([], [['host', () => 'x']], 'no host matches')).toBe('no host matches\n')
})

test('a name cannot steer the terminal', () => {
  expect(table([{ name: 'a\u001b[2Jb\nc' }], [['host', (r) => r.name]])).toBe('HOST\na [2Jb c\n')
})

test('facts line up', () => {
  expect(
    facts([
      ['a', 1],
      ['bbb', null],
    ]),
  ).toBe('a    1\nbbb  -\n')
})

test('times, numbers and bytes by value', () => {
  expect(time('2026-11-21T09:12:40.000Z')).toBe('2026-11-21 09:12Z')
  expect(time(null)).toBe('-')
  expect(number(71.44)).toBe('71.4')
  expect(number(null)).toBe('-')
  expect(bytes('1536')).toBe('1.5 KiB')
  expect(bytes(512)).toBe('512 B')
})
