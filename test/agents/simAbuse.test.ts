import { expect, test } from 'vitest'
import { builtinBundle } from '#agents/pack.ts'
import { score } from '#agents/score.ts'
import { createMachine } from '#agents/sim/machine.ts'
import { planFleet } from '#agents/sim/plan.ts'
import { HONEST, OFFENDING, policeMachine, type Kind } from '#agents/sim/signs.ts'

const bundle = builtinBundle('free')
const nobody = { account: null, app: null, nowMs: 0 }

test('the built-in rules stop every simulated offender and none of the honest workloads that look like them', () => {
  const verdicts = (kinds: Record<string, (typeof OFFENDING)['miner']>) =>
    Object.fromEntries(Object.entries(kinds).map(([kind, signs]) => [kind, score(bundle, signs, nobody).verdict]))
  expect(new Set(Object.values(verdicts(OFFENDING)))).toEqual(new Set(['stop']))
  expect(Object.values(verdicts(HONEST))).not.toContain('stop')
})

test('a simulated machine’s offender is stopped once and told of, its honest twin runs on', () => {
  const nowMs = Date.UTC(2026, 10, 21, 12)
  const [plan] = planFleet({ seed: 5, hosts: 1, containers: 15, presentS: nowMs / 1000 })
  const machine = createMachine({ seed: 5, plan: plan!, now: () => nowMs })
  const [bad, good] = machine.containers()
  const kinds = new Map<number, Kind>([
    [bad!.slot.index, 'renamed'],
    [good!.slot.index, 'weights'],
  ])
  const found = policeMachine(machine, kinds, bundle, () => 7)
  expect(found).toMatchObject([{ epoch: 7, abuse: { action: 'stopped', containerId: bad!.containerId } }])
  expect(policeMachine(machine, kinds, bundle, () => 7)).toEqual([])
  const running = (id: string) => machine.containers().find(({ containerId }) => containerId === id)?.running
  expect([bad, good].map((of) => running(of!.containerId))).toEqual([false, true])
})
