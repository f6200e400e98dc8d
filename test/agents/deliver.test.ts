import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { startDelivery } from '#agents/host/deliver.ts'
import { createLedger } from '#agents/host/ledger.ts'
import { createRecorder } from '#agents/host/recorder.ts'
import { emptyDraft } from '#agents/host/report.ts'
import { openSpool } from '#agents/host/spool.ts'
import { controlPlane, type Reply, type Seen } from './controlPlane.ts'

const acknowledged = (seq: number, contiguousSeq = seq): Reply => ({
  status: 200,
  json: { seq, status: 'stored', serverTimeMs: Date.now(), contiguousSeq, quarantined: [], commandsPending: false },
})
const seqOf = ({ body }: Seen) => (JSON.parse(gunzipSync(body).toString()) as { seq: number }).seq

/** A spool of `reports` reports sent to a control plane that answers by `reply`; resolves once `until` holds. */
const deliver = async (
  reports: number,
  reply: (seen: Seen, n: number) => Reply,
  { random = 0, before = (_: string) => {} } = {},
) => {
  const tries: Seen[] = []
  const plane = await controlPlane((seen) => {
    if (seen.path === '/v1/reports') tries.push(seen)
    return reply(seen, tries.length)
  })
  const directory = mkdtempSync(join(tmpdir(), 'deliver-'))
  const spool = openSpool(directory)
  const recorder = createRecorder({
    ledger: createLedger('boot-1', 0, 30_000),
    spool,
    time: plane.time,
    bootId: 'boot-1',
    log: () => {},
    persist: () => {},
    saved: { nextSeq: 1, draft: emptyDraft(), outbox: [] },
  })
  for (let n = 1; n <= reports; n++) {
    recorder.draft().minutes.push({ edgeMonoMs: n * 60_000, rows: [] })
    recorder.issue()
  }
  const answered: number[] = []
  const revoked: boolean[] = []
  const delivery = startDelivery({
    api: plane.api,
    spool,
    recorder,
    log: () => {},
    wallMs: Date.now,
    random: () => random,
    onAnswer: (seq) => answered.push(seq),
    onRevoked: (is) => revoked.push(is),
  })
  before(directory)
  delivery.wake()
  return { tries, answered, revoked, spool, delivery, plane }
}

test('reports are signed, gzipped and acknowledged in order', async () => {
  const { tries, answered, spool, delivery } = await deliver(6, (seen) => acknowledged(seqOf(seen)))
  await delivery.stop(true)
  expect(answered.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6])
  expect(spool.pending()).toEqual([])
  expect(tries.every(({ signed, headers }) => signed && headers['content-encoding'] === 'gzip')).toBe(true)
  expect(tries.every((seen) => seen.headers['wharf-seq'] === String(seqOf(seen)))).toBe(true)
})

test('a broken connection, a 5xx and a 429 are tried again with the same body', async () => {
  const replies: Reply[] = ['hang up', { status: 503, headers: { 'retry-after': '0' } }, { status: 429 }]
  const { tries, spool } = await deliver(1, (seen, n) => replies[n - 1] ?? acknowledged(seqOf(seen)))
  await expect.poll(() => spool.pending().length).toBe(0)
  expect(new Set(tries.map(({ body }) => body.toString('hex'))).size).toBe(1)
  expect(tries).toHaveLength(4)
})

test('a report whose file is gone keeps none of those after it, and its number is not left open', async () => {
  const { answered, tries, spool } = await deliver(4, (seen) => acknowledged(seqOf(seen)), {
    before: (directory) => rmSync(join(directory, '000000000002.gz')),
  })
  await expect.poll(() => spool.pending().length).toBe(0)
  expect(answered.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4])
  const second = tries.find((seen) => seqOf(seen) === 2)
  expect(gunzipSync(second?.body ?? Buffer.alloc(0)).toString()).toContain('was lost on this host')
})

test('Retry-After wins over the backoff', async () => {
  const { tries, delivery } = await deliver(1, () => ({ status: 503, headers: { 'retry-after': '30' } }))
  await expect.poll(() => delivery.waitingMs()).toBeGreaterThan(25_000)
  await delivery.stop()
  expect(tries).toHaveLength(1)
})

test('a 200 that does not name the report acknowledges nothing', async () => {
  const { spool } = await deliver(1, (seen, n) =>
    n === 1 ? { status: 200, json: { welcome: true } } : acknowledged(seqOf(seen)),
  )
  await expect.poll(() => spool.pending().length).toBe(0)
})

test('a 401 with the server’s time is signed again with it, at once', async () => {
  const aheadMs = 3 * 86_400_000
  const plane = await controlPlane(
    ({ headers }) =>
      Math.abs(Number(headers['wharf-time']) - Date.now()) > 300_000
        ? { status: 401, json: { error: { code: 'UNAUTHENTICATED' }, serverTimeMs: Date.now() } }
        : { status: 200, json: { serverTimeMs: Date.now() } },
    () => Date.now() + aheadMs,
  )
  expect((await plane.api('GET', '/v1/agents/commands')).status).toBe(200)
  expect(plane.seen).toHaveLength(2)
  expect(Math.abs(plane.time.corrected() - Date.now())).toBeLessThan(1_000)
  expect((await plane.api('GET', '/v1/agents/commands')).status).toBe(200)
  expect(plane.seen).toHaveLength(3)
})

test('a 409 gives the content a new number after the greatest known', async () => {
  const { tries, spool } = await deliver(1, (seen) => {
    if (seen.path === '/v1/agents/commands') {
      return { status: 200, json: { commands: [], serverTimeMs: Date.now(), contiguousSeq: 40, maxSeq: 40 } }
    }
    return seqOf(seen) === 1 ? { status: 409 } : acknowledged(seqOf(seen))
  })
  await expect.poll(() => spool.pending().length).toBe(0)
  expect(tries.map(seqOf)).toEqual([1, 41])
})

test('a 400 is never sent again: an empty report takes its number', async () => {
  const { tries, spool } = await deliver(2, (seen, n) =>
    n === 1 ? { status: 400, json: { error: { message: 'no' } } } : acknowledged(seqOf(seen)),
  )
  await expect.poll(() => spool.pending().length).toBe(0)
  expect(tries.map(seqOf).toSorted((a, b) => a - b)).toEqual([1, 1, 2])
  expect(new Set(tries.map(({ body }) => body.toString('hex'))).size).toBe(3)
})

test('a revoked host waits ten minutes and keeps its reports', async () => {
  const { spool, delivery, revoked } = await deliver(1, () => ({ status: 403 }))
  await expect.poll(() => revoked).toEqual([true])
  expect(delivery.waitingMs()).toBeGreaterThan(590_000)
  await delivery.stop()
  expect(spool.pending()).toEqual([1])
})
