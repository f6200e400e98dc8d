import { expect, test } from 'vitest'
import { builtinBundle } from '#agents/pack.ts'
import { score } from '#agents/score.ts'
import { createMachine } from '#agents/sim/machine.ts'
import { planFleet } from '#agents/sim/plan.ts'
import { offendersOf } from '#agents/sim/offenders.ts'
import { createPolice, type Showing } from '#agents/sim/police.ts'
import { HONEST, MISBEHAVING, OFFENDING } from '#agents/sim/signs.ts'

const bundle = builtinBundle('free')
const nobody = { account: null, app: null, nowMs: 0 }

test('the built-in rules stop every simulated offender and none of the honest workloads that look like them', () => {
  const verdicts = (kinds: Record<string, (typeof OFFENDING)['miner']>) =>
    Object.fromEntries(Object.entries(kinds).map(([kind, signs]) => [kind, score(bundle, signs, nobody).verdict]))
  expect(new Set(Object.values(verdicts(OFFENDING)))).toEqual(new Set(['stop']))
  expect(Object.values(verdicts(HONEST))).not.toContain('stop')
  expect(new Set(Object.values(verdicts(MISBEHAVING)))).toEqual(new Set(['throttle']))
})

const nowMs = Date.UTC(2026, 10, 21, 12)
const plansOf = (hosts: number) => planFleet({ seed: 5, hosts, containers: 15, presentS: nowMs / 1000 })

test('a simulated machine’s offender is stopped once a life and told of, its honest twin watched, who mails too much slowed', () => {
  let atMs = nowMs
  const [plan] = plansOf(1)
  const machine = createMachine({ seed: 5, plan: plan!, now: () => atMs })
  const [bad, good, loud] = machine.containers()
  const shows = new Map<number, Showing>([
    [bad!.slot.index, { kind: 'renamed', fromMs: nowMs + 1_000, againMs: 60_000 }],
    [good!.slot.index, { kind: 'scanner', fromMs: 0 }],
    [loud!.slot.index, { kind: 'mailer', fromMs: 0 }],
  ])
  const later: (() => void)[] = []
  const epochOf = (id: string) => machine.containers().find(({ containerId }) => containerId === id)?.startMs ?? null
  const after = (_: number, call: () => void) => later.push(call)
  const police = createPolice({ machine, shows, bundle: () => bundle, epochOf, after })
  const looked = () => police.look(atMs).map(({ abuse }) => `${abuse.action} ${abuse.name}`)
  const running = () =>
    [bad, good, loud].map(
      (of) => machine.containers().find(({ containerId }) => containerId === of!.containerId)?.running,
    )
  expect(looked().map((text) => text.split(' ')[0])).toEqual(['watched', 'throttled'])
  atMs += 1_000
  expect(looked().map((text) => text.split(' ')[0])).toEqual(['stopped'])
  expect([looked(), running()]).toEqual([[], [false, true, true]])
  atMs += 60_000
  for (const call of later.splice(0)) call()
  expect(running()).toEqual([true, true, true])
  expect(looked().map((text) => text.split(' ')[0])).toEqual(['stopped'])
})

test('the demo’s fleet has a place for each of its offenders', () => {
  const shows = offendersOf(plansOf(12), nowMs)
  const kinds = [...shows.values()].flatMap((of) => [...of.values()].map(({ kind }) => kind))
  expect(kinds.toSorted()).toEqual(['mailer', 'renamed', 'scanner'])
})
