import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { APPS, WORKLOADS } from '#agents/sim/catalogue.ts'
import { firstBoot, lifeAt, livesBetween } from '#agents/sim/lives.ts'
import { createMachine } from '#agents/sim/machine.ts'
import { planFleet } from '#agents/sim/plan.ts'
import { rateAt, totalAt, type Wave } from '#agents/sim/wave.ts'

const PRESENT_S = Date.UTC(2026, 10, 21, 12) / 1000
const options = { seed: 5, hosts: 12, containers: 15, presentS: PRESENT_S }
const fleet = planFleet(options)
const every = fleet.flatMap((host) => host.slots.map((slot) => ({ host, slot })))

test('the same seed gives the same fleet, another seed another', () => {
  expect(planFleet(options)).toEqual(fleet)
  expect(planFleet({ ...options, seed: 6 })).not.toEqual(fleet)
})

test('a fleet has hosts of every kind of cluster and containers of every app', () => {
  expect(fleet.map(({ name }) => name).toSorted()).toEqual(
    [...Array.from({ length: 6 }, (_, i) => `ams1-c0${i + 1}`), 'fra2-c01', 'fra2-c02'].concat(
      Array.from({ length: 4 }, (_, i) => `hel1-c0${i + 1}`),
    ),
  )
  const run = new Set(every.map(({ slot }) => `${slot.app.account}/${slot.app.app}`))
  for (const { account, app } of Object.values(APPS).flat()) expect(run).toContain(`${account}/${app}`)
})

describe('what a workload uses', () => {
  const waves = Object.values(WORKLOADS).flatMap((workload) =>
    Object.values(workload).filter((wave): wave is Wave => !Array.isArray(wave)),
  )
  const place = fc.record({
    slot: fc.constantFrom(...every.map(({ slot }) => slot)),
    wave: fc.constantFrom(...waves),
    fromS: fc.integer({ min: PRESENT_S - 2_000_000, max: PRESENT_S }),
    seconds: fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 2, maxLength: 6 }),
  })

  test('is never negative, and its total never falls', () => {
    fc.assert(
      fc.property(place, ({ slot: { rhythm }, wave, fromS, seconds }) => {
        let [atS, total] = [fromS, 0]
        for (const step of seconds) {
          atS += step
          expect(rateAt(wave, rhythm, fromS, atS)).toBeGreaterThanOrEqual(0)
          const next = totalAt(wave, rhythm, fromS, atS)
          expect(next).toBeGreaterThanOrEqual(total - 1e-6)
          total = next
        }
      }),
    )
  })

  test('adds up to the rate over time', () => {
    fc.assert(
      fc.property(place, ({ slot: { rhythm }, wave, fromS, seconds: [seconds = 1] }) => {
        const span = Math.min(seconds, 8_000)
        let sum = 0
        for (let s = 0; s < span; s++) sum += rateAt(wave, rhythm, fromS, fromS + s + 0.5)
        const total = totalAt(wave, rhythm, fromS, fromS + span)
        expect(Math.abs(total - sum)).toBeLessThanOrEqual(1 + 0.001 * total)
      }),
      { numRuns: 40 },
    )
  })
})

describe('lives', () => {
  test('of a slot follow each other, and the one at a moment is among them', () => {
    for (const { host, slot } of every) {
      const boot = firstBoot(options.seed, host)
      const lives = livesBetween(options.seed, host.name, slot, boot, boot.atS, PRESENT_S)
      let before = 0
      for (const { startS, endS } of lives) {
        expect(startS).toBeGreaterThanOrEqual(before)
        expect(endS).toBeGreaterThan(startS)
        const middle = Math.min(PRESENT_S, (startS + Math.min(endS, PRESENT_S)) / 2)
        expect(lifeAt(options.seed, host.name, slot, [boot], middle)?.startS).toBe(startS)
        before = endS
      }
    }
  })

  test('a reboot ends all of them and starts new ones under another boot id', () => {
    let nowMs = PRESENT_S * 1000
    const machine = createMachine({ seed: options.seed, plan: fleet[0]!, now: () => nowMs })
    const before = machine.containers()
    const { bootId } = machine.boot()
    machine.reboot()
    expect(machine.boot().bootId).not.toBe(bootId)
    expect(machine.containers()).toEqual([])
    nowMs += 60_000
    expect(machine.mono()).toBe(60_000)
    const after = machine.containers()
    expect(after.map(({ containerId }) => containerId)).toEqual(before.map(({ containerId }) => containerId))
    for (const container of after) expect(machine.read(container, machine.mono()).cpuUs).toBeLessThan(60 * 4e6)
  })
})

test('commands change what a machine counts: stopped, slower, its log empty', () => {
  let nowMs = PRESENT_S * 1000
  const machine = createMachine({ seed: options.seed, plan: fleet[1]!, now: () => nowMs })
  const steady = machine.containers().filter(({ slot }) => slot.churn.kind === 'steady')
  const [one, two] = steady as [(typeof steady)[number], (typeof steady)[number]]
  machine.truncateLog(one)
  expect(machine.sizes(one, machine.mono()).log).toBeLessThan(200 * 2 ** 20)
  machine.slow(one, 0)
  const { cpuUs } = machine.read(one, machine.mono())
  nowMs += 600_000
  expect(machine.read(one, machine.mono()).cpuUs).toBe(cpuUs)
  machine.stop(two)
  const found = () => machine.containers().find(({ containerId }) => containerId === two.containerId)
  expect(found()?.running).toBe(false)
  machine.start(two)
  expect(found()).toMatchObject({ running: true, startMs: nowMs })
})
