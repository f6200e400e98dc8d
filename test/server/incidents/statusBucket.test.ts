import { afterAll, beforeEach, expect, test } from 'vitest'
import { openIncident } from '#server/incidents/openIncident.ts'
import { postUpdate } from '#server/incidents/postUpdate.ts'
import { renderStatus } from '#server/incidents/renderStatus.ts'
import { bucketSchema, readBucket, removeBucket, setBucket } from '#server/incidents/statusBucket.ts'
import { archiveComponent } from '#server/incidents/components.ts'
import { uploadStatus } from '#server/incidents/uploadStatus.ts'
import { refused, startS3 } from '../../channels/s3Api.ts'
import { freePort } from '../../support/controlPlane.ts'
import { testDatabase } from '../../support/database.ts'
import { buildWharf } from './wharf.ts'

const { sql } = await testDatabase()
const { ctx: at, registry } = await buildWharf(sql)
const s3 = await startS3()
afterAll(() => s3.close())
// Signatures hold for minutes only, so that these tests run at the time it is.
const ctx = (seconds = 0) => ({ ...at(0), now: new Date(Date.now() + seconds * 1_000) })
const place = {
  endpoint: s3.url,
  region: s3.keys.region,
  bucket: 'status',
  prefix: 'public/',
  accessKey: s3.keys.accessKey,
  secretKey: s3.keys.secretKey,
}
beforeEach(() => s3.restart())

const jobs = async () =>
  (await sql`select 1 from graphile_worker.jobs where key = 'incidents.upload_status' and locked_at is null`).length

test('the page is copied whole, signed, with what links to others last', async () => {
  const { id } = await sql.begin((tx) => openIncident(tx, ctx(), { requestId: 'bucket-0001', title: 'Pulls fail' }))
  await postUpdate(ctx(), {
    incidentId: id,
    requestId: 'bucket-0001-1',
    state: 'investigating',
    text: 'Pulls fail — <b>all</b>.',
    components: [{ componentId: registry, status: 'major_outage' }],
    nextUpdateMinutes: null,
    sawUpdate: 0,
    undoMs: 0,
  })
  await setBucket(ctx(), place)
  expect(await jobs()).toBe(1)
  await uploadStatus(ctx(1))
  expect([...s3.objects.keys()].toSorted()).toEqual(
    [
      ...['badge.svg', 'history.atom', 'history.html', 'history.rss', 'index.html', 'summary.json'],
      ...['components/image-registry-ams1.html', 'components/running-services-ams1.html', `i/INC-${id}.html`],
      ...[
        'components',
        'incidents',
        'incidents/unresolved',
        'scheduled-maintenances',
        'scheduled-maintenances/active',
      ].map((name) => `api/v2/${name}.json`),
      ...['scheduled-maintenances/upcoming', 'status', 'summary'].map((name) => `api/v2/${name}.json`),
    ]
      .map((path) => `public/${path}`)
      .toSorted(),
  )
  expect(s3.objects.get('public/index.html')).toMatchObject({
    body: expect.stringContaining('Pulls fail — &lt;b&gt;all&lt;/b&gt;.'),
    type: 'text/html; charset=utf-8',
    cache: expect.stringMatching(/^public, max-age=10,/),
  })
  expect(s3.order.at(-1)).toBe('PUT public/index.html')
  expect(s3.order.indexOf(`PUT public/i/INC-${id}.html`)).toBeLessThan(s3.order.indexOf('PUT public/history.html'))
  const [page] = await sql<{ revision: bigint }[]>`select revision from status_page`
  expect(await readBucket(sql)).toMatchObject({
    files: 17,
    revision: page!.revision,
    lastError: null,
    region: 'eu-test-1',
  })
  expect(
    JSON.stringify(await sql`select * from status_bucket`, (_, v: unknown) =>
      String(v) === '[object Object]' ? v : String(v),
    ),
  ).not.toContain(s3.keys.secretKey)
})

test('where something fails it is kept and said, the first page stays as it was, and the rest follows later', async () => {
  const before = s3.objects.get('public/index.html')!.body
  s3.faults.set(3, refused(503, 'SlowDown'))
  await expect(uploadStatus(ctx(60))).rejects.toThrow(/refused \S+: 503 SlowDown: as documented/)
  expect(s3.objects.get('public/index.html')!.body).toBe(before)
  expect(await readBucket(sql)).toMatchObject({
    lastError: expect.stringContaining('SlowDown'),
    failingSince: expect.any(Date),
  })
  const put = s3.order.length
  expect(put).toBeGreaterThan(1)
  s3.restart()
  await uploadStatus(ctx(60))
  // What arrived before the fault was not sent again: only the time of the copy differs in some.
  expect(s3.order).not.toContain('PUT public/badge.svg')
  expect(s3.objects.get('public/index.html')!.body).not.toBe(before)
  expect(await readBucket(sql)).toMatchObject({ lastError: null, failingSince: null })
})

test('a wrong secret is said as the store says it; one copies at a time', async () => {
  await setBucket(ctx(), { ...place, secretKey: 'another' })
  await expect(uploadStatus(ctx(120))).rejects.toThrow('403 SignatureDoesNotMatch')
  await setBucket(ctx(), place)
  await sql`update status_bucket set busy_until = now() + interval '1 hour'`
  s3.restart()
  await uploadStatus(ctx())
  expect(s3.order).toEqual([])
  expect(await jobs()).toBe(1)
  await sql`update status_bucket set busy_until = null`
  const closed = `127.0.0.1:${await freePort()}`
  await setBucket(ctx(), { ...place, endpoint: `http://${closed}` })
  expect(await readBucket(sql)).toMatchObject({ files: 0, revision: null })
  await expect(uploadStatus(ctx())).rejects.toThrow(`${closed} does not answer (ECONNREFUSED)`)
})

test('what is no longer part of the page goes last; a rendering has it copied; nothing is copied where nothing is set', async () => {
  await setBucket(ctx(), place)
  await uploadStatus(ctx())
  await postUpdate(ctx(130), {
    incidentId: (await sql<{ id: bigint }[]>`select id from incident`)[0]!.id,
    requestId: 'bucket-0001-2',
    state: 'resolved',
    text: 'Over.',
    components: [],
    nextUpdateMinutes: null,
    sawUpdate: 1,
    undoMs: 0,
  })
  await archiveComponent(ctx(140), registry)
  s3.restart()
  await uploadStatus(ctx(141))
  expect(s3.order.at(-2)).toBe('PUT public/index.html')
  expect(s3.order.at(-1)).toBe('DELETE public/components/image-registry-ams1.html')
  await sql`delete from graphile_worker._private_jobs`
  await renderStatus(ctx(150))
  expect(await jobs()).toBe(1)
  await removeBucket(ctx())
  s3.restart()
  await uploadStatus(ctx(160))
  expect([s3.order, await readBucket(sql)]).toEqual([[], null])
})

test('an address with a path or a password, or a bucket that is none, is refused', () => {
  const isFine = (of: Partial<typeof place>) => bucketSchema.safeParse({ ...place, ...of }).success
  expect(isFine({})).toBe(true)
  for (const wrong of [
    { endpoint: 'https://s3.example/bucket' },
    { endpoint: 'https://me:secret@s3.example' },
    { endpoint: 'ftp://s3.example' },
    { bucket: 'Up' },
    { prefix: '../up' },
    { region: 'eu west' },
  ])
    expect([wrong, isFine(wrong)]).toEqual([wrong, false])
})
