import { afterEach, expect, test, vi } from 'vitest'
import type { rate, rateInput } from '#server/billing/rate.ts'
import type { RatedLine } from '#server/billing/rated.ts'
import { minor } from '#server/money.ts'
import { testDatabase } from '../support/database.ts'
import { compareAll } from './billing/compare.ts'
import { simulate } from './billing/year.ts'

type Rating = { rate: typeof rate; rateInput: typeof rateInput }

/** Which of the lines that are rated, counted from here on, is off, and by how much. */
const fault = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY, by: 0n }))

const spoil = (lines: RatedLine[]): RatedLine[] =>
  lines.map((line) => (fault.left-- === 0 ? { ...line, amount: minor(line.amount + fault.by) } : line))

vi.mock('#server/billing/rate.ts', async (original) => {
  const real = await original<Rating>()
  return {
    ...real,
    rate: (...given: Parameters<typeof rate>) => spoil(real.rate(...given)),
    rateInput: (...given: Parameters<typeof rateInput>) => spoil(real.rateInput(...given)),
  }
})

afterEach(() => {
  fault.left = Number.POSITIVE_INFINITY
})

const compared = async () => {
  const db = await testDatabase()
  const { script, stage } = await simulate({ sql: db.sql, seed: 3, customers: 20, days: 100, tickHours: 24 })
  const { differences, kinds } = await compareAll(db.sql, script, stage)
  await db.close()
  return { differences, usage: kinds['usage'] ?? 0 }
}

test('without a fault nothing differs', { timeout: 180_000 }, async () => {
  const { differences, usage } = await compared()
  expect(differences).toEqual([])
  expect(usage).toBeGreaterThan(90)
})

test.each([
  [0, 1n],
  [17, -1n],
  [43, 1n],
  [90, -1n],
])('a cent in the %ith rated line (%i) is found', { timeout: 180_000 }, async (line, by) => {
  Object.assign(fault, { left: line, by })
  const { differences } = await compared()
  expect(differences.length).toBeGreaterThan(0)
})
