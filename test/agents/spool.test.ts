import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSpool } from '#agents/host/spool.ts'

const directory = () => mkdtempSync(join(tmpdir(), 'spool-'))
const body = (text: string) => Buffer.from(text)

test('a stored report waits until it is acknowledged, also over a restart', () => {
  const at = directory()
  const spool = openSpool(at)
  spool.write(1, body('one'))
  spool.write(2, body('two'))
  spool.acknowledge(1)
  const again = openSpool(at)
  expect(again.pending()).toEqual([2])
  expect(again.highest()).toBe(2)
  expect(again.read(1).toString()).toBe('one')
})

test('a file that a crash left half written is no report', () => {
  const at = directory()
  openSpool(at).write(1, body('one'))
  writeFileSync(join(at, '000000000002.gz.tmp'), 'hal')
  const again = openSpool(at)
  expect(again.pending()).toEqual([1])
  expect(readdirSync(at)).not.toContain('000000000002.gz.tmp')
})

test('what the control plane lost is sent again, what it never had a hole for is not', () => {
  const spool = openSpool(directory())
  for (let seq = 5; seq <= 9; seq++) {
    spool.write(seq, body(String(seq)))
    spool.acknowledge(seq)
  }
  expect(spool.serverKnows(9)).toBe(0)
  // Number 4 is missing for ever: everything after it is beyond the contiguous part, and known all the same.
  expect(spool.serverKnows(3, 9)).toBe(0)
  expect(spool.serverKnows(6, 9)).toBe(3)
  expect(spool.pending()).toEqual([7, 8, 9])
  for (const seq of spool.pending()) spool.acknowledge(seq)
  expect(spool.serverKnows(3, 8)).toBe(1)
  expect(spool.pending()).toEqual([9])
})

test('acknowledged reports go first, oldest first; unsent ones only for want of room', () => {
  const spool = openSpool(directory(), { mostAcknowledged: 2, mostBytes: 50 })
  for (let seq = 1; seq <= 4; seq++) {
    spool.write(seq, body('x'.repeat(10)))
    spool.acknowledge(seq)
  }
  expect(spool.write(5, body('x'.repeat(10)))).toBe(0)
  expect([1, 2, 3, 4, 5].map((seq) => spool.has(seq))).toEqual([false, false, true, true, true])
  expect(spool.write(6, body('x'.repeat(30)))).toBe(0)
  expect(spool.pending()).toEqual([5, 6])
  expect(spool.write(7, body('x'.repeat(15)))).toBe(1)
  expect(spool.pending()).toEqual([6, 7])
})

test('a refused body is kept aside', () => {
  const at = directory()
  const spool = openSpool(at)
  spool.write(3, body('bad'))
  expect(spool.refuse(3).toString()).toBe('bad')
  expect(spool.pending()).toEqual([])
  expect(readdirSync(join(at, 'refused'))).toEqual(['3.gz'])
})
