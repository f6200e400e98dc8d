import { expect, test } from 'vitest'
import { runKills } from '../bench/parts/kills.ts'

test('after 20 kills -9 under load every acknowledged report is there, once, and each time it is back in under 5 s', async () => {
  const { lost, doubled, faults, recoveries, reports } = await runKills({ kills: 20 })
  expect(faults).toEqual([])
  expect({ lost, doubled }).toEqual({ lost: 0, doubled: 0 })
  expect(reports).toBeGreaterThan(200)
  expect(recoveries).toHaveLength(20)
  expect(recoveries.filter(({ ms }) => ms >= 5_000)).toEqual([])
})
