import { expect, test } from 'vitest'
import { countTry, clearFailures } from '#server/accounts/countTry.ts'
import { lockedMessage, waitSeconds } from '#server/accounts/lockout.ts'
import { testDatabase } from '../../support/database.ts'

const { sql } = await testDatabase()
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 21, 3, 0, seconds))

test('four wrong passwords cost nothing, the fifth a minute, each further one twice as long, an hour at most', () => {
  expect([1, 4, 5, 6, 7, 10, 11, 12, 1000].map(waitSeconds)).toEqual([0, 0, 60, 120, 240, 1920, 3600, 3600, 3600])
})

test('the wait is said in seconds below a minute, else in minutes', () => {
  expect(lockedMessage(42)).toContain('42 s')
  expect(lockedMessage(61)).toContain('2 min')
})

test('an address is locked after five tries however it is written, and free again when the wait is over', async () => {
  for (const email of [
    'mira@example.com',
    'MIRA@example.com',
    ' mira@example.com ',
    'mira@example.com',
    'mira@example.com',
  ]) {
    expect(await countTry(sql, email, at(0), null)).toBe(0)
  }
  expect(await countTry(sql, 'mira@example.com', at(1), null)).toBe(59)
  expect(await countTry(sql, 'mira@example.com', at(60), null)).toBe(0)
  expect(await countTry(sql, 'mira@example.com', at(61), null)).toBe(119)
})

test('tries sent at once cannot slip past the count', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => countTry(sql, 'burst@example.com', at(0), null)))
  expect(answers.filter((wait) => wait === 0)).toHaveLength(5)
})

test('a right password forgets the wrong ones, and so does a day', async () => {
  for (let n = 0; n < 4; n += 1) await countTry(sql, 'lena@example.com', at(0), null)
  await clearFailures(sql, 'LENA@example.com')
  for (let n = 0; n < 4; n += 1) await countTry(sql, 'lena@example.com', at(0), null)
  const [row] = await sql`select count from sign_in_failure where email = 'lena@example.com'`
  expect(row).toEqual({ count: 4 })
  await countTry(sql, 'lena@example.com', at(86_401), null)
  const [later] = await sql`select count from sign_in_failure where email = 'lena@example.com'`
  expect(later).toEqual({ count: 1 })
})
