import fc from 'fast-check'
import { createPublicKey } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { METERS, requestText, sha256Hex, verifyText } from '#agents/protocol.ts'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { MinuteRows } from '#server/usage/copyRows.ts'
import { minutesKeptFrom } from '#server/usage/horizon.ts'
import { keepPartitions } from '#server/usage/partitions.ts'
import { testDatabase } from '../../support/database.ts'
import { addHost, container, edgeAgo, report, row, sender, startPlane } from './plane.ts'

const { sql, url: databaseUrl } = await testDatabase({ max: 8 })
const plane = await startPlane(sql, databaseUrl)
const { send, sendBytes } = sender(plane.url)
const web = container('web')

test('any rows come back from a binary COPY as they went in', async () => {
  await sql`create table copied (like usage_minute including all)`
  const big = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER))
  const key = fc.tuple(
    fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    fc.array(big, { minLength: METERS.length + 1, maxLength: METERS.length + 1 }),
  )
  const rowsArb = fc.uniqueArray(key, { maxLength: 400, selector: ([h, m, r]) => `${h}:${m}:${r[0]}` })
  await fc.assert(
    fc.asyncProperty(rowsArb, fc.nat(400), async (rows, cut) => {
      // What a group before it left in the buffer must not show.
      const before = new MinuteRows()
      rows.slice(0, cut).forEach(([h, m, r]) => before.add(m, h, r))
      before.release()
      const one = new MinuteRows()
      rows.forEach(([h, m, r]) => one.add(h, m, r))
      expect(one.count).toBe(rows.length)
      await sql`truncate copied`
      await sql.begin(async (tx) => {
        await pipeline(Readable.from([one.payload()]), await tx`copy copied from stdin (format binary)`.writable())
      })
      const back = await sql<
        { cells: string[] }[]
      >`select array[host_id, minute, epoch, cpu_us, throttled_us, memory_mib_s,
        disk_mib_s, volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes]::text[] as cells
        from copied`
      const sorted = (lists: string[][]) => lists.map((l) => l.join()).toSorted()
      expect(sorted(back.map(({ cells }) => cells))).toEqual(sorted(rows.map(([h, m, r]) => [h, m, ...r].map(String))))
    }),
    { numRuns: 25 },
  )
})

test('the evidence in the store proves itself: the signed text is rebuilt from the row and verifies', async () => {
  const host = await addHost(sql)
  const contents = [1, 2, 3].map((seq) =>
    report(seq, { epochs: [web], minutes: [{ edgeMonoMs: edgeAgo(9 - seq), rows: [row(web.epoch, seq * 1_000)] }] }),
  )
  for (const content of contents) expect((await send(host, content)).status).toBe(200)
  const rows = await sql<
    {
      hostId: number
      keyId: number
      seq: bigint
      sentMs: bigint
      monoMs: bigint
      bootId: string
      signature: Buffer
      body: Buffer
      digest: Buffer
      publicKey: Buffer
    }[]
  >`select b.*, k.digest, h.public_key from report_body b join report_key k on k.host_id = b.host_id and k.seq = b.seq
    join host_key h on h.id = b.key_id where b.host_id = ${host.hostId} order by b.seq`
  expect(rows).toHaveLength(3)
  for (const kept of rows) {
    expect(sha256Hex(kept.body)).toBe(kept.digest.toString('hex'))
    const text = requestText('POST', '/v1/reports', {
      hostId: kept.hostId,
      keyId: kept.keyId,
      seq: Number(kept.seq),
      timeMs: Number(kept.sentMs),
      bootId: kept.bootId,
      monoMs: Number(kept.monoMs),
      digest: sha256Hex(kept.body),
    })
    const prefix = Buffer.from('302a300506032b6570032100', 'hex')
    const key = createPublicKey({ key: Buffer.concat([prefix, kept.publicKey]), format: 'der', type: 'spki' })
    expect(verifyText(key, text, kept.signature.toString('base64'))).toBe(true)
    expect(verifyText(key, `${text}0`, kept.signature.toString('base64'))).toBe(false)
    expect(JSON.parse(gunzipSync(kept.body).toString())).toEqual(contents[Number(kept.seq) - 1])
  }
})

test('in whatever order numbers come, the host is told the last one before the first gap', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: 14 }), { minLength: 1, maxLength: 14 }), async (seqs) => {
      const host = await addHost(sql)
      const known = new Set<number>()
      for (const seq of seqs) {
        known.add(seq)
        let expected = 0
        while (known.has(expected + 1)) expected++
        expect((await send(host, report(seq))).body.contiguousSeq).toBe(expected)
      }
      const [progress] = await sql`select contiguous_seq, max_seq from host_progress where host_id = ${host.hostId}`
      expect(progress?.['maxSeq']).toBe(BigInt(Math.max(...seqs)))
    }),
    { numRuns: 12 },
  )
})

test('numbers that come at once, gaps and all, end with the same count', async () => {
  const host = await addHost(sql)
  const seqs = [9, 3, 1, 2, 4, 12, 5, 8, 7]
  await Promise.all(seqs.map((seq) => send(host, report(seq))))
  expect((await send(host, report(20))).body.contiguousSeq).toBe(5)
  expect((await send(host, report(6))).body.contiguousSeq).toBe(9)
})

test('a late report does not undo what a newer one said of the host', async () => {
  const host = await addHost(sql)
  await send(host, report(2, { complete: false, failures: ['web: no such cgroup'] }))
  await send(host, report(1))
  const [progress] = await sql`select complete, failures from host_progress where host_id = ${host.hostId}`
  expect(progress).toEqual({ complete: false, failures: ['web: no such cgroup'] })
})

const DAY = 86_400_000
const ctxAt = (now: Date, more: Record<string, string> = {}) =>
  systemContext(sql, readEnv({ WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-parts-')), ...more }), 'test', now)

const partitionOf = async (hostId: number) => {
  const rows = await sql<{ place: string }[]>`
    select distinct tableoid::regclass::text as place from usage_minute where host_id = ${hostId}`
  return rows.map(({ place }) => place)
}
const nameOf = (ms: number) => `usage_minute_${new Date(ms).toISOString().slice(0, 10).replaceAll('-', '')}`

test('rows of a day without a partition are kept in the rest, and moved once there is one', async () => {
  const host = await addHost(sql)
  const bootId = 'three-days-ago'
  const anchorMs = Math.floor(Date.now() / DAY) * DAY - 2 * DAY
  const clock = { wallMs: Date.now(), monoMs: DAY, anchorMs }
  const minutes = [{ edgeMonoMs: 3_600_000, rows: [row(web.epoch, 1)] }]
  expect((await send(host, report(1, { bootId, clock, epochs: [web], minutes }))).status).toBe(200)
  expect(await partitionOf(host.hostId)).toEqual(['usage_minute_rest'])
  const bodies = await sql`select tableoid::regclass::text as place from report_body where host_id = ${host.hostId}`
  expect(bodies[0]?.['place']).toBe('report_body_rest')
  await Promise.all([keepPartitions(ctxAt(new Date())), keepPartitions(ctxAt(new Date()))])
  await keepPartitions(ctxAt(new Date()))
  expect(await partitionOf(host.hostId)).toEqual([nameOf(anchorMs)])
  const moved = await sql`select tableoid::regclass::text as place from report_body where host_id = ${host.hostId}`
  expect(moved[0]?.['place']).toMatch(/^report_body_\d{8}$/)
  // Moved or not, what is known stays known.
  const again = await send(host, report(1, { bootId, clock, epochs: [web], minutes }))
  expect(again.body.status).toBe('duplicate')
})

test('a day is dropped only past retention and once its hours are rolled, and closes them', async () => {
  const host = await addHost(sql)
  const later = new Date(Date.now() + 30 * DAY)
  const place = nameOf(Date.now() - DAY)
  const day = Math.floor(Date.now() / DAY) - 1
  await sql`insert into usage_minute select ${host.hostId}, ${day * 1_440 + 5}, 77, 1,1,1,1,1,1,1,1,1,1`
  await sql`delete from hour_due`
  await sql`insert into hour_due (host_id, hour) values (${host.hostId}, ${day * 24})`
  await keepPartitions(ctxAt(later))
  expect(await partitionOf(host.hostId)).toEqual([place])
  await sql`delete from hour_due`
  await keepPartitions(ctxAt(new Date(Date.now() + 4 * DAY)))
  expect(await partitionOf(host.hostId)).toEqual([place])
  await keepPartitions(ctxAt(later))
  expect(await partitionOf(host.hostId)).toEqual([])
  expect(await sql.begin((tx) => minutesKeptFrom(tx))).toBeGreaterThan(day * 1_440)
})

test('a report of the greatest size passes whole', async () => {
  const host = await addHost(sql, { cores: 4, memoryTotalMib: 1 })
  const rows = Array.from({ length: 20_000 }, (_, i) => row(i + 1, 1_000 + i, i % 97))
  const body = gzipSync(JSON.stringify(report(1, { minutes: [{ edgeMonoMs: edgeAgo(2), rows }] })))
  expect(body.length).toBeLessThan(2 * 1024 * 1024)
  expect((await sendBytes(host, 1, body)).body).toMatchObject({ status: 'stored', quarantined: [] })
  const [stored] =
    await sql`select count(*) as n, sum(cpu_us)::text as cpu from usage_minute where host_id = ${host.hostId}`
  expect(stored).toEqual({ n: 20_000n, cpu: String(rows.reduce((sum, r) => sum + (r[1] ?? 0), 0)) })
})
