import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { zeroReading } from '#agents/host/accumulate.ts'
import { createLedger } from '#agents/host/ledger.ts'
import { createRecorder } from '#agents/host/recorder.ts'
import { decodeReport, type Draft } from '#agents/host/report.ts'
import { openSpool } from '#agents/host/spool.ts'
import { createTime } from '#agents/host/time.ts'

type Part = { nextSeq: number | null; draft: Draft; outbox: { seq: number; body: string }[] }

const setup = (nextSeq: number | null = 1) => {
  const at = mkdtempSync(join(tmpdir(), 'recorder-'))
  let disk: Part | null = null
  let full = false
  const open = (saved: Part | null) => {
    const ledger = createLedger('boot', 0, 30_000)
    ledger.read(
      { containerId: 'c', startedAt: 's', startMonoMs: 1, name: 'c', image: 'i', labels: {} },
      zeroReading(1_000),
    )
    const spool = openSpool(join(at, 'spool'))
    const recorder = createRecorder({
      ledger,
      spool,
      time: createTime(
        () => 60_000,
        () => 1_000_000,
      ),
      bootId: 'boot',
      log: () => {},
      saved,
      persist: (part) => {
        if (full) throw new Error('ENOSPC')
        disk = JSON.parse(JSON.stringify(part)) as Part
      },
    })
    const minute = () => recorder.draft().minutes.push({ edgeMonoMs: 60_000, rows: ledger.block(60_000) })
    return { ledger, spool, recorder, minute }
  }
  return {
    at,
    open,
    first: open(
      nextSeq === null ? null : { nextSeq, draft: { minutes: [], objects: [], events: [], failures: [] }, outbox: [] },
    ),
    disk: () => disk,
    fill: (value: boolean) => {
      full = value
    },
  }
}

test('a crash between state and spool leaves the report with its number', () => {
  const { at, open, first, disk } = setup()
  first.minute()
  expect(first.recorder.issue()).toBe(true)
  rmSync(join(at, 'spool', '000000000001.gz'))
  const second = open(disk())
  expect(second.spool.pending()).toEqual([1])
  expect(decodeReport(second.spool.read(1)).minutes).toHaveLength(1)
  second.recorder.issue()
  expect(second.spool.pending()).toEqual([1, 2])
})

test('without a known number nothing is reported and nothing is lost', () => {
  const { first } = setup(null)
  first.minute()
  expect(first.recorder.issue()).toBe(false)
  expect(first.spool.pending()).toEqual([])
  first.recorder.learnSeq(41)
  expect(first.recorder.issue()).toBe(true)
  expect(decodeReport(first.spool.read(42))).toMatchObject({ seq: 42, minutes: [{ edgeMonoMs: 60_000 }] })
})

test('a full disk keeps what waits, uses no number, and says so in the next report', () => {
  const { first, fill } = setup()
  first.minute()
  fill(true)
  expect(first.recorder.issue()).toBe(false)
  expect(first.spool.pending()).toEqual([])
  fill(false)
  expect(first.recorder.issue()).toBe(true)
  const report = decodeReport(first.spool.read(1))
  expect(report).toMatchObject({ complete: false, failures: [expect.stringContaining('ENOSPC')] })
  expect(report.minutes).toHaveLength(1)
  expect(report.epochs).toHaveLength(1)
})

test('a number that belongs to another body is left, its content goes under the next free one', () => {
  const { first } = setup()
  first.minute()
  first.recorder.issue()
  first.recorder.reissue(1, 7)
  expect(first.spool.pending()).toEqual([8])
  expect(decodeReport(first.spool.read(8))).toMatchObject({ seq: 8, minutes: [{ edgeMonoMs: 60_000 }] })
  first.recorder.issue()
  expect(first.spool.pending()).toEqual([8, 9])
})

test('a refused report leaves its number to an empty one, so that no gap stays', () => {
  const { first } = setup()
  first.minute()
  first.recorder.issue()
  first.recorder.refuse(1, 'minutes[0] is wrong')
  const report = decodeReport(first.spool.read(1))
  expect(report).toMatchObject({ seq: 1, minutes: [], epochs: [], complete: false })
  expect(report.failures[0]).toContain('minutes[0] is wrong')
  first.recorder.refuse(1, 'still wrong')
  expect(first.spool.pending()).toEqual([])
  first.recorder.issue()
  expect(decodeReport(first.spool.read(2)).epochs).toHaveLength(1)
})
