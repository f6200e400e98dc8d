import { createHash, generateKeyPairSync } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { HEADERS } from '#agents/protocol.ts'
import { testDatabase } from '../../support/database.ts'
import {
  addHost,
  BOOT,
  container,
  edgeAgo,
  post,
  report,
  REPORTS,
  row,
  sender,
  signed,
  startPlane,
  UPTIME_MS,
  type TestHost,
} from './plane.ts'

const { sql, url: databaseUrl } = await testDatabase({ max: 8 })
const plane = await startPlane(sql, databaseUrl)
const { send, sendBytes } = sender(plane.url)

/** Everything a report could have left behind. */
const traces = async ({ hostId }: TestHost) => {
  const [counts] = await sql<Record<string, number>[]>`select
    (select count(*)::int from report_key where host_id = ${hostId}) as keys,
    (select count(*)::int from report_body where host_id = ${hostId}) as bodies,
    (select count(*)::int from usage_minute where host_id = ${hostId}) as minutes,
    (select count(*)::int from host_minute where host_id = ${hostId}) as host_minutes,
    (select count(*)::int from epoch where host_id = ${hostId}) as epochs,
    (select count(*)::int from quarantine where host_id = ${hostId}) as quarantined`
  return counts
}
const NOTHING = { keys: 0, bodies: 0, minutes: 0, hostMinutes: 0, epochs: 0, quarantined: 0 }

const minutesOf = async ({ hostId }: TestHost, epoch: number) => {
  const rows = await sql<{ minute: number; cpuUs: bigint }[]>`
    select minute, cpu_us from usage_minute where host_id = ${hostId} and epoch = ${epoch} order by minute`
  return rows.map(({ cpuUs }) => Number(cpuUs))
}

const web = container('web')
const hostReading = {
  cpuUs: 1,
  memoryUsedMib: 2,
  load1Centi: 3,
  rxBytes: 4,
  txBytes: 5,
  fileSystems: [{ mount: '/', usedMib: 6, totalMib: 7 }],
}
const facts = {
  hostname: 'a',
  kernel: '6',
  architecture: 'x64',
  cores: 4,
  memoryTotalMib: 1,
  cgroupVersion: 2,
  engine: 'docker',
  projectQuotas: false,
} as const

test('a good report is stored with its evidence', async () => {
  const host = await addHost(sql)
  const minutes = [{ edgeMonoMs: edgeAgo(2), host: hostReading, rows: [row(web.epoch, 1_000)] }]
  const answer = await send(host, report(1, { facts, epochs: [web], minutes }))
  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({ seq: 1, status: 'stored', contiguousSeq: 1, quarantined: [] })
  expect(Math.abs(Date.now() - (answer.body.serverTimeMs ?? 0))).toBeLessThan(60_000)
  expect(await traces(host)).toEqual({ ...NOTHING, keys: 1, bodies: 1, minutes: 1, hostMinutes: 1, epochs: 1 })
})

type Loose = Record<string, unknown>
const faults: [what: string, path: string, change: Loose][] = [
  ['another version', 'v', { v: 2 }],
  ['no boot id', 'bootId', { bootId: undefined }],
  ['a sequence number that is text', 'seq', { seq: '1' }],
  ['a clock that is a list', 'clock', { clock: [] }],
  ['a clock with a fraction', 'clock.monoMs', { clock: { wallMs: 1, monoMs: 0.5, anchorMs: 1 } }],
  ['an uptime longer than time itself', 'clock.monoMs', { clock: { wallMs: 1, monoMs: 9e15, anchorMs: 1 } }],
  ['failures that are no list', 'failures', { failures: 'none' }],
  ['a text with NUL', 'failures[0]', { failures: ['a\0b'] }],
  ['a text with a lone surrogate', 'failures[1]', { failures: ['a', '\ud800'] }],
  ['facts of a wrong type', 'facts.cores', { facts: { ...facts, cores: -1 } }],
  ['an engine nobody knows', 'facts.engine', { facts: { ...facts, engine: 'rkt' } }],
  ['an epoch whose id is not of its identity', 'epochs[0].epoch', { epochs: [{ ...web, epoch: web.epoch + 1 }] }],
  ['a label that is a number', 'epochs[0].labels.a', { epochs: [{ ...web, labels: { a: 1 } }] }],
  ['a limit that is text', 'epochs[0].limits.pids', { epochs: [{ ...web, limits: { pids: '1' } }] }],
  ['rows that are no list', 'minutes[0].rows', { minutes: [{ edgeMonoMs: 1, rows: {} }] }],
  ['a row too short', 'minutes[0].rows[0]', { minutes: [{ edgeMonoMs: 1, rows: [[1, 2]] }] }],
  [
    'a total below zero',
    'minutes[0].rows[1][10]',
    { minutes: [{ edgeMonoMs: 1, rows: [row(1, 1), [...row(1, 1).slice(0, 10), -1]] }] },
  ],
  ['a total beyond 2^53', 'minutes[0].rows[0][1]', { minutes: [{ edgeMonoMs: 1, rows: [row(1, 2 ** 53)] }] }],
  [
    'a pressure over 100 %',
    'minutes[0].host.pressure.cpuCenti',
    { minutes: [{ edgeMonoMs: 1, host: { ...hostReading, pressure: { cpuCenti: 10_001 } }, rows: [] }] },
  ],
  [
    'a file system without a mount',
    'minutes[0].host.fileSystems[0].mount',
    { minutes: [{ edgeMonoMs: 1, host: { ...hostReading, fileSystems: [{}] }, rows: [] }] },
  ],
  ['a size that is text', 'objects[0].bytes', { objects: [{ epoch: 1, bytes: '1', monoMs: 1 }] }],
  ['an event nobody knows', 'events[0].kind', { events: [{ epoch: 1, monoMs: 1, kind: 'explode' }] }],
  [
    'a state of a wrong type',
    'events[0].state.running',
    { events: [{ epoch: 1, monoMs: 1, kind: 'state', state: { running: 1 } }] },
  ],
]

test.each(faults)('%s is 400 and names %s', async (_, path, change) => {
  const host = await addHost(sql)
  const content = {
    ...report(1, { epochs: [web], minutes: [{ edgeMonoMs: edgeAgo(2), rows: [row(web.epoch, 1)] }] }),
    ...change,
  }
  const answer = await sendBytes(host, 1, gzipSync(JSON.stringify(content)))
  expect(answer.status).toBe(400)
  expect(answer.body.error).toMatchObject({ code: 'BAD_REQUEST', path })
  expect(answer.body.error?.requestId).toBe(answer.headers['x-request-id'])
  expect(await traces(host)).toEqual(NOTHING)
})

test('what is no JSON, no gzip, no object or another number than the one signed is 400', async () => {
  const host = await addHost(sql)
  for (const [body, path] of [
    [gzipSync('{"v":1,'), 'report'],
    [gzipSync('null'), 'report'],
    [gzipSync('[]'), 'report'],
    [gzipSync(''), 'report'],
    [Buffer.from('{}'), 'report'],
    [gzipSync(JSON.stringify(report(2))), 'seq'],
    [gzipSync(JSON.stringify(report(1))).subarray(0, 40), 'report'],
  ] as const) {
    const answer = await sendBytes(host, 1, body)
    expect(answer.status).toBe(400)
    expect(answer.body.error?.path).toBe(path)
  }
  const zero = await send(host, report(0))
  expect([zero.status, zero.body.error?.path]).toEqual([400, 'seq'])
  const odd = await sendBytes(host, 1, Buffer.from('{}'), { headers: { 'content-encoding': 'br' } })
  expect(odd.status).toBe(400)
  expect(await traces(host)).toEqual(NOTHING)
})

test('members that only a newer agent knows are let through, whatever they hold', async () => {
  const host = await addHost(sql)
  const strange = { text: '\0\ud800', deep: 'DEEP' }
  const content = {
    ...report(1, { epochs: [{ ...web, ...strange }] as never, facts: { ...facts, ...strange } as never }),
    minutes: [{ edgeMonoMs: edgeAgo(2), host: { ...hostReading, ...strange }, rows: [row(web.epoch, 1)], strange }],
    events: [{ epoch: web.epoch, monoMs: 1, kind: 'state', state: { pids: 3, strange } }],
    strange,
  }
  const text = JSON.stringify(content).replaceAll('"DEEP"', '['.repeat(20_000) + ']'.repeat(20_000))
  expect((await sendBytes(host, 1, gzipSync(text))).status).toBe(200)
  const [stored] = await sql`select facts, (select state from epoch where host_id = ${host.hostId}) as state
    from host where id = ${host.hostId}`
  expect(stored).toEqual({ facts, state: { pids: 3 } })
})

test('an unknown host, an unknown key and a wrong signature are 401 in the same words', async () => {
  const host = await addHost(sql)
  const other = await addHost(sql)
  const stranger = { ...host, key: generateKeyPairSync('ed25519').privateKey }
  const answers = [
    await send({ ...host, hostId: 2_000_000_000 }, report(1)),
    await send({ ...host, keyId: 2_000_000_000 }, report(1)),
    await send({ ...host, keyId: other.keyId }, report(1)),
    await send(stranger, report(1)),
  ]
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401])
  expect(new Set(answers.map(({ body }) => body.error?.message)).size).toBe(1)
  const bare = await post(plane.url + REPORTS, gzipSync(JSON.stringify(report(1))))
  expect([bare.status, bare.body.error?.code]).toEqual([401, 'UNAUTHENTICATED'])
  expect(await traces(host)).toEqual(NOTHING)
})

test('any signed part of a request that was changed on the way is 401', async () => {
  const host = await addHost(sql)
  const body = gzipSync(JSON.stringify(report(1)))
  const headers = signed(host, 1, body)
  const changes: Record<string, string> = {
    [HEADERS.seq]: '2',
    [HEADERS.timeMs]: String(Date.now() + 1),
    [HEADERS.monoMs]: '1',
    [HEADERS.bootId]: 'another-boot',
    [HEADERS.digest]: createHash('sha256').update('other').digest('hex'),
  }
  for (const [name, value] of Object.entries(changes)) {
    const answer = await post(plane.url + REPORTS, body, { ...headers, [name]: value })
    expect([name, answer.status]).toEqual([name, 401])
  }
  const otherBody = await post(plane.url + REPORTS, gzipSync('{}'), headers)
  expect(otherBody.status).toBe(401)
  expect(await traces(host)).toEqual(NOTHING)
})

test('a revoked host or key is 403', async () => {
  const host = await addHost(sql)
  const first = report(1)
  expect((await send(host, first)).status).toBe(200)
  await sql`update host set revoked_at = now() where id = ${host.hostId}`
  // Until the news is heard the same report is acknowledged again.
  await expect.poll(async () => (await send(host, first)).status).toBe(403)
  expect((await send(host, report(2))).status).toBe(403)
  const late = await addHost(sql)
  await sql`update host_key set revoked_at = now() where id = ${late.keyId}`
  expect((await send(late, report(1))).status).toBe(403)
  expect(await traces(host)).toMatchObject({ keys: 1 })
})

test('another body under a known number is 409, set aside with both digests, and operators are told once', async () => {
  const host = await addHost(sql)
  const bodies = [1_000, 2_000, 3_000].map((cpu) =>
    gzipSync(
      JSON.stringify(report(1, { epochs: [web], minutes: [{ edgeMonoMs: edgeAgo(2), rows: [row(web.epoch, cpu)] }] })),
    ),
  )
  const digests = bodies.map((body) => createHash('sha256').update(body).digest('hex'))
  const statuses = []
  for (const body of [...bodies, bodies[1] as Buffer]) statuses.push((await sendBytes(host, 1, body)).status)
  expect(statuses).toEqual([200, 409, 409, 409])
  expect(await minutesOf(host, web.epoch)).toEqual([1_000])
  const set = await sql`select kind, content from quarantine where host_id = ${host.hostId} order by id`
  expect([...set]).toEqual([
    { kind: 'conflict', content: { kept: digests[0], refused: digests[1] } },
    { kind: 'conflict', content: { kept: digests[0], refused: digests[2] } },
  ])
  const told = await sql<{ audience: string; severity: string; href: string }[]>`
    select audience, severity, href from notice where key like ${`host:${host.hostId}:conflict:%`}`
  expect([...told]).toEqual([{ audience: 'operators', severity: 'warning', href: `/ops/hosts/${host.hostId}` }])
})

test('a row whose totals shrink is set aside alone, the rest of the report counts', async () => {
  const host = await addHost(sql)
  const db = container('db')
  const at = (seq: number, ago: number, webCpu: number, dbCpu: number) =>
    report(seq, {
      epochs: seq === 1 ? [web, db] : [],
      minutes: [{ edgeMonoMs: edgeAgo(ago), rows: [row(web.epoch, webCpu), row(db.epoch, dbCpu)] }],
    })
  await send(host, at(1, 5, 1_000, 1_000))
  const answer = await send(host, at(2, 4, 900, 2_000))
  expect(answer.status).toBe(200)
  expect(answer.body.quarantined).toMatchObject([{ path: 'minutes[0].rows[0]' }])
  expect(answer.body.quarantined?.[0]?.reason).toMatch(/cpuUs shrinks/)
  expect(await minutesOf(host, web.epoch)).toEqual([1_000])
  expect(await minutesOf(host, db.epoch)).toEqual([1_000, 2_000])
  const [row0] = await sql`select seq, kind, path, epoch, content from quarantine where host_id = ${host.hostId}`
  expect(row0).toEqual({
    seq: 2n,
    kind: 'row',
    path: 'minutes[0].rows[0]',
    epoch: BigInt(web.epoch),
    content: row(web.epoch, 900),
  })
  // What it is told again, it answers again, and quarantines nothing more.
  expect((await send(host, at(3, 3, 1_100, 2_100))).body.quarantined).toEqual([])
})

test('rows of one report are held to each other, in whatever order its minutes stand', async () => {
  const host = await addHost(sql)
  const minutes = [
    { edgeMonoMs: edgeAgo(3), rows: [row(web.epoch, 500)] },
    { edgeMonoMs: edgeAgo(5), rows: [row(web.epoch, 1_000)] },
    { edgeMonoMs: edgeAgo(4), rows: [row(web.epoch, 1_500)] },
  ]
  const answer = await send(host, report(1, { epochs: [web], minutes }))
  expect(answer.body.quarantined?.map(({ path }) => path)).toEqual(['minutes[0].rows[0]'])
  expect(await minutesOf(host, web.epoch)).toEqual([1_000, 1_500])
})

test('more cpu time than the cores of a host can give is set aside', async () => {
  const host = await addHost(sql, { cores: 2, memoryTotalMib: 1 })
  const at = (seq: number, ago: number, cpu: number) =>
    send(host, report(seq, { epochs: [web], minutes: [{ edgeMonoMs: edgeAgo(ago), rows: [row(web.epoch, cpu)] }] }))
  expect((await at(1, 10, 1_000_000)).body.quarantined).toEqual([])
  expect((await at(2, 9, 1_000_000 + 2 * 60_000_000)).body.quarantined).toEqual([])
  expect((await at(3, 8, 1_000_000 + 5 * 60_000_000)).body.quarantined?.[0]?.reason).toMatch(/2 cores/)
  expect((await at(4, 9, 1_000_000 + 8 * 60_000_000)).body.quarantined?.[0]?.reason).toMatch(/2 cores/)
  expect(await minutesOf(host, web.epoch)).toEqual([1_000_000, 121_000_000])
})

test('a minute that is yet to come, or long gone, is set aside', async () => {
  const host = await addHost(sql)
  const minutes = [
    { edgeMonoMs: Number.MAX_SAFE_INTEGER, host: hostReading, rows: [row(web.epoch, 1)] },
    { edgeMonoMs: edgeAgo(-10), rows: [row(web.epoch, 2)] },
    { edgeMonoMs: edgeAgo(2), rows: [row(web.epoch, 3)] },
  ]
  const answer = await send(host, report(1, { epochs: [{ ...web, openedMonoMs: Number.MAX_SAFE_INTEGER }], minutes }))
  expect(answer.status).toBe(200)
  expect(answer.body.quarantined?.map(({ path }) => path)).toEqual(['minutes[1].rows[0]', 'minutes[0].rows[0]'])
  const old = report(2, { bootId: 'an-earlier-boot', clock: { wallMs: 0, monoMs: 0, anchorMs: 0 } })
  const gone = await send(host, { ...old, minutes: [{ edgeMonoMs: 0, rows: [row(web.epoch, 4)] }] })
  expect(gone.body.quarantined?.[0]?.reason).toMatch(/over a year ago/)
  expect(await traces(host)).toMatchObject({ keys: 2, minutes: 1, hostMinutes: 0, quarantined: 3 })
  const [progress] = await sql<
    { lastMinute: number }[]
  >`select last_minute from host_progress where host_id = ${host.hostId}`
  expect(progress?.lastMinute).toBe(Math.floor(Date.now() / 60_000) - 2)
})

test('events at any time of the boot clock end what they end, never in the future', async () => {
  const host = await addHost(sql)
  const events = [
    { epoch: web.epoch, monoMs: 5, kind: 'state' as const, state: { pids: 4, running: true } },
    {
      epoch: web.epoch,
      monoMs: Number.MAX_SAFE_INTEGER,
      kind: 'die' as const,
      state: { running: false, exitCode: 137 },
    },
  ]
  expect((await send(host, report(1, { epochs: [web], events }))).status).toBe(200)
  const [stored] = await sql<{ state: object; past: boolean }[]>`
    select state, ended_at <= now() as past from epoch where host_id = ${host.hostId}`
  expect(stored).toEqual({ state: { pids: 4, running: false, exitCode: 137 }, past: true })
})

test('a wrong wall clock changes nothing but the skew that is shown', async () => {
  const host = await addHost(sql)
  const nowMs = Date.now()
  const clock = { wallMs: nowMs + 7_200_000, monoMs: UPTIME_MS, anchorMs: nowMs + 7_200_000 - UPTIME_MS }
  const minutes = [{ edgeMonoMs: edgeAgo(2, nowMs), rows: [row(web.epoch, 1)] }]
  expect((await send(host, report(1, { clock, epochs: [web], minutes }))).status).toBe(200)
  const [seen] = await sql<{ minute: number; skewMs: bigint }[]>`select m.minute, p.skew_ms from usage_minute m
    join host_progress p on p.host_id = m.host_id where m.host_id = ${host.hostId}`
  expect(seen?.minute).toBe(Math.floor(nowMs / 60_000) - 2)
  expect(Math.abs(Number(seen?.skewMs) - 7_200_000)).toBeLessThan(60_000)
})

test('a signature from outside the replay window is 401 with our time to sign with', async () => {
  const host = await addHost(sql)
  for (const away of [-301_000, 310_000]) {
    const answer = await send(host, report(1), { timeMs: Date.now() + away })
    expect(answer.status).toBe(401)
    expect(Math.abs(Date.now() - (answer.body.serverTimeMs ?? 0))).toBeLessThan(60_000)
  }
  expect((await send(host, report(1), { timeMs: Date.now() - 280_000 })).status).toBe(200)
})

test('a captured request sent again has the same acknowledgement and no second effect; elsewhere it is 401', async () => {
  const host = await addHost(sql)
  const body = gzipSync(
    JSON.stringify(report(1, { epochs: [web], minutes: [{ edgeMonoMs: edgeAgo(2), rows: [row(web.epoch, 5)] }] })),
  )
  const headers = signed(host, 1, body)
  const first = await post(plane.url + REPORTS, body, headers)
  const before = await traces(host)
  const again = await Promise.all(Array.from({ length: 8 }, () => post(plane.url + REPORTS, body, headers)))
  for (const answer of again) {
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      seq: 1,
      status: 'duplicate',
      contiguousSeq: first.body.contiguousSeq,
      quarantined: [],
    })
  }
  expect(await traces(host)).toEqual(before)
  for (const path of ['/v1/findings', '/v1/agents/results', '/v1/agents/rotate']) {
    expect([path, (await post(plane.url + path, body, headers)).status]).toEqual([path, 401])
  }
})

test('the same new report many times at once is stored once', async () => {
  const host = await addHost(sql)
  const body = gzipSync(
    JSON.stringify(report(1, { epochs: [web], minutes: [{ edgeMonoMs: edgeAgo(2), rows: [row(web.epoch, 5)] }] })),
  )
  const answers = await Promise.all(Array.from({ length: 12 }, () => sendBytes(host, 1, body)))
  expect(answers.map(({ body: b }) => b.status).toSorted()).toEqual([...Array<string>(11).fill('duplicate'), 'stored'])
  expect(await traces(host)).toMatchObject({ keys: 1, bodies: 1, minutes: 1 })
})

test('a report that the database cannot hold spoils nobody else in its group', async () => {
  const hosts = await Promise.all(Array.from({ length: 6 }, () => addHost(sql)))
  await sql`create or replace function refuse_poison() returns trigger language plpgsql as $$
    begin if new.name = 'poison' then raise exception 'no' using errcode = '22003'; end if; return new; end $$`
  await sql`create trigger refuse_poison before insert on epoch for each row execute function refuse_poison()`
  const answers = await Promise.all(
    hosts.map((host, i) => send(host, report(1, { epochs: [i === 3 ? { ...web, name: 'poison' } : web] }))),
  )
  await sql`drop trigger refuse_poison on epoch`
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 400, 200, 200])
  expect(await traces(hosts[3] as TestHost)).toEqual(NOTHING)
})

test('a body over 2 MB is 413 before it has come', async () => {
  const host = await addHost(sql)
  const declared = await new Promise<number>((resolve, reject) => {
    const req = request(plane.url + REPORTS, {
      method: 'POST',
      headers: { ...signed(host, 1, Buffer.alloc(0)), 'content-length': 3_000_000_000 },
    })
    req.on('response', (res) => resolve(res.statusCode ?? 0))
    req.on('error', reject)
    // Not one byte of the body is sent.
    req.flushHeaders()
  })
  expect(declared).toBe(413)

  let sent = 0
  const streamed = await new Promise<number>((resolve, reject) => {
    const req = request(plane.url + REPORTS, {
      method: 'POST',
      headers: { ...signed(host, 1, Buffer.alloc(0)), 'transfer-encoding': 'chunked' },
    })
    const chunk = Buffer.alloc(64 * 1024, 120)
    let answered = false
    const more = () => {
      if (answered || req.destroyed) return
      sent += chunk.length
      if (sent > 64 * 1024 * 1024) return void req.destroy(new Error('never refused'))
      req.write(chunk, () => setImmediate(more))
    }
    req.on('response', (res) => {
      answered = true
      resolve(res.statusCode ?? 0)
      req.destroy()
    })
    req.on('error', (error) => (answered ? undefined : reject(error)))
    more()
  })
  expect(streamed).toBe(413)
  expect(sent).toBeLessThan(32 * 1024 * 1024)
})

test('a compressed bomb is 413 and takes no more memory than a report may', async () => {
  const host = await addHost(sql)
  const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024, 32))
  expect(bomb.length).toBeLessThan(2 * 1024 * 1024)
  const before = process.memoryUsage.rss()
  const answers = await Promise.all(Array.from({ length: 4 }, () => sendBytes(host, 1, bomb)))
  expect(answers.map(({ status, body }) => `${status} ${body.error?.code}`)).toEqual(Array(4).fill('413 TOO_LARGE'))
  expect(process.memoryUsage.rss() - before).toBeLessThan(256 * 1024 * 1024)
  expect((await send(host, report(1))).status).toBe(200)
})

test('too fast is 429 with the time to wait, and other hosts are not held up', async () => {
  const [fast, other] = await Promise.all([addHost(sql), addHost(sql)])
  const body = gzipSync(JSON.stringify(report(1)))
  const headers = signed(fast, 1, body)
  let limited: Awaited<ReturnType<typeof post>> | undefined
  for (let round = 0; round < 20 && !limited; round++) {
    const answers = await Promise.all(Array.from({ length: 60 }, () => post(plane.url + REPORTS, body, headers)))
    limited = answers.find(({ status }) => status === 429)
  }
  expect(limited?.body.error?.code).toBe('LIMITED')
  expect(Number(limited?.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  expect((await send(other, report(1))).status).toBe(200)
})

test('the boot id of a report is the one that was signed, or an earlier one', async () => {
  const host = await addHost(sql)
  const nowMs = Date.now()
  const earlier = {
    ...report(1, { epochs: [web], minutes: [{ edgeMonoMs: 120_000, rows: [row(web.epoch, 1)] }] }),
    bootId: 'an-earlier-boot',
    clock: { wallMs: nowMs, monoMs: 3_600_000, anchorMs: nowMs - 90_000_000 },
  }
  expect((await send(host, earlier)).status).toBe(200)
  const [boot] = await sql`select boot_id, anchor_ms, source from host_boot where host_id = ${host.hostId}`
  expect(boot).toEqual({ bootId: 'an-earlier-boot', anchorMs: BigInt(nowMs - 90_000_000), source: 'agent' })
  expect((await send(host, report(2))).status).toBe(200)
  const [live] = await sql`select source from host_boot where host_id = ${host.hostId} and boot_id = ${BOOT}`
  expect(live).toEqual({ source: 'server' })
})
