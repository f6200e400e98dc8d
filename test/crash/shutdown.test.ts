import { expect, test } from 'vitest'
import { runKills } from '../bench/parts/kills.ts'

test('a TERM under load loses no acknowledged report and leaves no half job', async () => {
  const { lost, doubled, faults, reports, output } = await runKills({ kills: 3, victims: ['TERM'] })
  expect(faults).toEqual([])
  expect({ lost, doubled }).toEqual({ lost: 0, doubled: 0 })
  expect(reports).toBeGreaterThan(30)
  // Said at a start that finds jobs still held by a worker of before.
  expect(output).not.toMatch(/are taken up again/)
  expect(output).not.toMatch(/"level":"(error|fatal)"/)
  expect(output.match(/"msg":"stopping"/g)).toHaveLength(3)
})
