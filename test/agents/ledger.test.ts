import fc from 'fast-check'
import { expect, test } from 'vitest'
import { zeroReading, type Reading } from '#agents/host/accumulate.ts'
import { createLedger, type Ledger, type Life, type SavedLedger, type StorageObject } from '#agents/host/ledger.ts'
import { epochId, METERS } from '#agents/protocol.ts'

const BOOT = 'b00t'
const GAP_MS = 30_000
const CPU = METERS.indexOf('cpuUs')
const DISK = METERS.indexOf('diskMibS')
const life = (startMonoMs: number, startedAt = 'first'): Life => ({
  containerId: 'c1',
  startedAt,
  startMonoMs,
  name: 'web',
  image: 'web:1',
  labels: { 'io.wharfinger.account': 'acme' },
})
const layer: StorageObject = {
  kind: 'layer',
  objectId: 'c1',
  containerId: 'c1',
  name: 'web',
  image: 'web:1',
  labels: {},
}
const reading = (monoMs: number, cpuUs: number, memoryBytes = 0): Reading => ({
  ...zeroReading(monoMs),
  cpuUs,
  memoryBytes,
})
const reopened = (ledger: Ledger, startedMonoMs: number): Ledger => {
  const saved = JSON.parse(JSON.stringify(ledger.save())) as SavedLedger
  return createLedger(BOOT, saved.sampledMonoMs || startedMonoMs, GAP_MS, saved)
}

test('a start after the agent’s own is witnessed and counts from zero', () => {
  const ledger = createLedger(BOOT, 1_000, GAP_MS)
  const { epoch } = ledger.read(life(2_000), reading(3_000, 400))
  expect(ledger.block(3_000)).toEqual([[epoch, 400, 0, 0, 0, 0, 0, 0, 0, 0, 0]])
  const [declaration] = ledger.declarations(1, 3_000)
  expect(declaration).toMatchObject({ segment: 0, witnessed: true, openedMonoMs: 2_000, epoch })
  expect(epochId(declaration!)).toBe(epoch)
})

test('a container that was there before is a baseline that bills nothing', () => {
  const ledger = createLedger(BOOT, 5_000, GAP_MS)
  ledger.read(life(2_000), reading(6_000, 400))
  const { epoch } = ledger.read(life(2_000), reading(16_000, 450))
  expect(ledger.block(16_000)).toEqual([[epoch, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0]])
  expect(ledger.declarations(1, 16_000)[0]).toMatchObject({ segment: 6_000, witnessed: false, openedMonoMs: 6_000 })
})

test('a start while the agent was down is witnessed if it remembers when it last looked', () => {
  const first = createLedger(BOOT, 1_000, GAP_MS)
  first.read({ ...life(500), containerId: 'old' }, reading(10_000, 1))
  const second = reopened(first, 99_000)
  const { epoch } = second.read(life(20_000), reading(100_000, 700))
  expect(second.block(100_000).find(([id]) => id === epoch)?.[1 + CPU]).toBe(700)
})

test('an agent’s restart goes on with the same epoch, memory in between by the lesser value', () => {
  const first = createLedger(BOOT, 0, GAP_MS)
  const before = first.read(life(1), reading(10_000, 100, 2 ** 20 * 50)).epoch
  first.block(10_000)
  const second = reopened(first, 0)
  const { epoch, gap } = second.read(life(1), reading(20_000, 900, 2 ** 20 * 150))
  expect({ epoch, gap }).toEqual({ epoch: before, gap: true })
  const [row] = second.block(20_000)
  expect(row![1 + CPU]).toBe(900)
  expect(row![1 + METERS.indexOf('memoryMibS')]).toBe(249 + 500)
})

test('a kernel counter that went back opens a new segment; the old one keeps its total', () => {
  const ledger = createLedger(BOOT, 0, GAP_MS)
  const old = ledger.read(life(1), reading(10_000, 500)).epoch
  const next = ledger.read(life(1), reading(20_000, 30))
  expect(next).toMatchObject({ opened: true })
  ledger.read(life(1), reading(30_000, 80))
  const rows = ledger.block(30_000)
  expect(rows).toHaveLength(2)
  expect(rows.find(([id]) => id === old)?.[1 + CPU]).toBe(500)
  expect(rows.find(([id]) => id === next.epoch)?.[1 + CPU]).toBe(50)
})

test('a container that died stands in the block of that minute and then no more', () => {
  const ledger = createLedger(BOOT, 0, GAP_MS)
  ledger.read(life(1), reading(10_000, 500))
  ledger.closeLife('c1', 'first')
  ledger.read(life(20_000, 'second'), reading(30_000, 70))
  const rows = ledger.block(60_000)
  ledger.declarations(1, 60_000)
  expect(rows.map((row) => row[1 + CPU])).toEqual([500, 70])
  ledger.read(life(20_000, 'second'), reading(110_000, 90))
  expect(ledger.block(120_000).map((row) => row[1 + CPU])).toEqual([90])
})

test('another boot starts anew', () => {
  const first = createLedger(BOOT, 0, GAP_MS)
  first.read(life(1), reading(10_000, 500))
  const saved = first.save()
  const second = createLedger('other', 100, GAP_MS, saved)
  second.read(life(1), reading(200, 900))
  expect(second.block(200).map((row) => row[1 + CPU])).toEqual([0])
})

test('a declaration is repeated until its report is acknowledged, and again every hour', () => {
  const ledger = createLedger(BOOT, 0, GAP_MS)
  ledger.read(life(1), reading(10_000, 1))
  expect(ledger.declarations(1, 10_000)).toHaveLength(1)
  expect(ledger.declarations(2, 70_000)).toHaveLength(1)
  ledger.acknowledge(1)
  expect(ledger.declarations(3, 130_000)).toHaveLength(0)
  expect(ledger.declarations(60, 3_700_000)).toHaveLength(1)
  ledger.acknowledge(60)
  ledger.describe('c1', { ...life(1), limits: { memoryMib: 64 } })
  expect(ledger.declarations(61, 3_760_000)).toMatchObject([{ limits: { memoryMib: 64 } }])
})

test('a storage object has a row in the minutes where its total changed', () => {
  const ledger = createLedger(BOOT, 0, GAP_MS)
  ledger.measure(layer, { monoMs: 1_000, bytes: 2 ** 20 }, 'then', true)
  expect(ledger.block(60_000)).toHaveLength(1)
  expect(ledger.block(120_000)).toHaveLength(0)
  ledger.measure(layer, { monoMs: 121_000, bytes: 2 ** 20 * 3 }, 'later', false)
  expect(ledger.block(180_000)[0]?.[1 + DISK]).toBe(120)
  expect(ledger.changedSizes()).toHaveLength(1)
  expect(ledger.changedSizes()).toHaveLength(0)
})

const moves = fc.array(
  fc.record({
    ms: fc.integer({ min: 1, max: 120_000 }),
    cpu: fc.nat(1_000_000),
    memory: fc.nat(2 ** 38),
    what: fc.constantFrom('read', 'read', 'read', 'block', 'restart'),
  }),
  { minLength: 1, maxLength: 60 },
)

test('whatever is sampled, reported and restarted when, rows only grow and end at the kernel’s own count', () => {
  fc.assert(
    fc.property(moves, (list) => {
      let ledger = createLedger(BOOT, 0, GAP_MS)
      let monoMs = 1
      let cpuUs = 0
      let last: number[] = []
      const see = (rows: number[][]) => {
        for (const row of rows) {
          expect(row.every((value, i) => value >= (last[i] ?? 0) && Number.isSafeInteger(value))).toBe(true)
          last = row
        }
      }
      ledger.read(life(1), reading(monoMs, 0))
      for (const { ms, cpu, memory, what } of list) {
        monoMs += ms
        cpuUs += cpu
        if (what === 'restart') ledger = reopened(ledger, monoMs)
        ledger.read(life(1), reading(monoMs, cpuUs, memory))
        if (what === 'block') see(ledger.block(monoMs - Math.min(ms - 1, 500)))
      }
      see(ledger.block(monoMs))
      expect(last[1 + CPU]).toBe(cpuUs)
      expect(ledger.openEntries()).toHaveLength(1)
    }),
  )
})
