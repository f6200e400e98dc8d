import { describe, expect, test } from 'vitest'
import { fits, matchesAll } from '#server/incidents/alerts/matchers.ts'
import { MOST_ALERTS, parseAlertmanager, parseGeneric } from '#server/incidents/alerts/parseAlerts.ts'
import { receiveAlerts } from '#server/incidents/alerts/receiveAlerts.ts'
import { addSilence, endSilence } from '#server/incidents/alerts/silences.ts'
import { addSource, removeSource, sourceOf } from '#server/incidents/alerts/sources.ts'
import { addHeartbeat, beat, pagingHealth } from '#server/incidents/alerts/heartbeats.ts'
import { watch } from '#server/incidents/alerts/watch.ts'
import { readDraft, saveDraft } from '#server/incidents/draft.ts'
import { postUpdate } from '#server/incidents/postUpdate.ts'
import { testDatabase } from '../../support/database.ts'
import { buildWharf, minuteAt } from './wharf.ts'

const { sql } = await testDatabase()
const wharf = await buildWharf(sql)
const ctx = (minutes: number) => wharf.as('alert source prometheus', minutes)

type Sent = { status?: string; host?: string; print?: string; starts?: number; ends?: number; more?: object }
/** As Alertmanager 0.25 writes it: `endsAt` is the year 1 while an alert fires. */
const bodyOf = (groupKey: string, ...alerts: Sent[]) =>
  Buffer.from(
    JSON.stringify({
      version: '4',
      groupKey,
      status: 'firing',
      receiver: 'wharfinger',
      truncatedAlerts: 0,
      alerts: alerts.map(({ status = 'firing', host = 'ams1-c1', print = 'f1', starts = 0, ends, more }) => ({
        status,
        labels: { alertname: 'HostDown', instance: `${host}:9100`, severity: 'critical', ...more },
        annotations: { summary: `${host} is down` },
        startsAt: minuteAt(starts).toISOString(),
        endsAt: ends === undefined ? '0001-01-01T00:00:00Z' : minuteAt(ends).toISOString(),
        generatorURL: 'http://prometheus:9090/graph',
        fingerprint: print,
      })),
    }),
  )
const take = (minutes: number, body: Buffer, source = 'prometheus') =>
  receiveAlerts(ctx(minutes), source, parseAlertmanager(body, minuteAt(minutes)))
const pages = (like: string) => sql<{ id: bigint; state: string; incidentId: bigint }[]>`
  select id, state, incident_id from page where group_key like ${`${like}|%`} order by id`

describe('a body of Alertmanager', () => {
  test('opens one page and one draft with hosts, components and text, however often it is sent', async () => {
    const body = bodyOf('{}:{alertname="HostDown"}', {})
    expect(await take(1, body)).toEqual({ received: 1, fresh: 1, ended: 0 })
    expect(await take(1, body)).toEqual({ received: 1, fresh: 0, ended: 0 })
    const [page, ...more] = await pages('prometheus')
    expect(more).toEqual([])
    const [incident] = await sql`select state, title, started_at from incident where id = ${page!.incidentId}`
    expect(incident).toMatchObject({ state: 'draft', startedAt: minuteAt(0) })
    // The host's own name is not for the public.
    expect(incident!['title']).not.toContain('ams1-c1')
    const draft = await readDraft(sql, page!.incidentId, 'somebody')
    expect(draft?.content).toMatchObject({ state: 'investigating', hosts: [wharf.one] })
    expect(draft?.content.components.map(({ componentId }) => BigInt(componentId))).toEqual([
      wharf.running,
      wharf.registry,
    ])
    expect(draft?.content.text).toContain('Running services and Image registry')
    expect((await sql`select count(*)::int as n from alert where source = 'prometheus'`)[0]).toEqual({ n: 1 })
  })

  test('with one more alert of the group wakes nobody again; with all resolved the page is over', async () => {
    const group = '{}:{alertname="HostDown"}'
    expect(await take(2, bodyOf(group, {}, { host: 'ams1-c2', print: 'f2', starts: 1 }))).toMatchObject({ fresh: 1 })
    expect(await pages('prometheus')).toHaveLength(1)
    await take(3, bodyOf(group, { status: 'resolved', ends: 3 }))
    expect((await pages('prometheus'))[0]).toMatchObject({ state: 'open' })
    await take(4, bodyOf(group, { status: 'resolved', host: 'ams1-c2', print: 'f2', starts: 1, ends: 4 }))
    expect((await pages('prometheus'))[0]).toMatchObject({ state: 'resolved' })
    expect((await sql`select count(*)::int as n from alert where ends_at is null`)[0]).toEqual({ n: 0 })
  })

  test('adds hosts, components and words to the draft that it joins, while that is one', async () => {
    await take(5, bodyOf('j', { host: 'ams1-c2', print: 'j1', starts: 5 }), 'joining')
    const [page] = await pages('joining')
    const id = page!.incidentId
    const suggested = async () => (await readDraft(sql, id, 'somebody'))!.content
    expect(await suggested()).toMatchObject({
      hosts: [wharf.two],
      components: [{ componentId: String(wharf.running) }],
    })
    expect((await suggested()).text).not.toContain('Image registry')
    const own = { ...(await suggested()), text: 'Written by hand.' }
    await saveDraft(ctx(5), id, own)
    // Another group on the same host joins that draft too.
    await take(6, bodyOf('j', { print: 'j2', starts: 4 }), 'joining')
    await take(7, bodyOf('k', { host: 'ams1-c2', print: 'k1', starts: 7 }), 'joining')
    const joined = await suggested()
    expect(joined.hosts).toEqual([wharf.two, wharf.one])
    expect(joined.components.map(({ componentId }) => BigInt(componentId))).toEqual([wharf.running, wharf.registry])
    expect(joined.text).toContain('Running services and Image registry')
    const [incident] = await sql`select started_at, title from incident where id = ${id}`
    expect(incident).toMatchObject({ startedAt: minuteAt(4), title: expect.stringContaining('Image registry') })
    expect((await readDraft(sql, id, 'alert source prometheus'))!.content).toEqual(own)
    const said = {
      requestId: 'tap-joined',
      state: 'investigating',
      text: 'x',
      components: [],
      hosts: [wharf.two],
    } as const
    await postUpdate(ctx(8), { ...said, incidentId: id, nextUpdateMinutes: 30, sawUpdate: 0 })
    await take(9, bodyOf('j', { print: 'j3', starts: 9 }), 'joining')
    expect(await sql`select host_id from incident_host where incident_id = ${id}`).toEqual([{ hostId: wharf.two }])
    await sql`update incident set state = 'resolved' where id = ${id}`
    await sql`update alert set ends_at = now() where ends_at is null`
    await sql`update page set state = 'resolved' where state <> 'resolved'`
  })

  test('of two groups on one host leads to one incident', async () => {
    await take(10, bodyOf('g1', { print: 'a', starts: 10 }), 'two')
    await take(11, bodyOf('g2', { print: 'b', starts: 11, more: { alertname: 'DiskFull' } }), 'two')
    const [one, other] = await pages('two')
    expect(one!.incidentId).toBe(other!.incidentId)
  })

  test('that goes on under another start after Prometheus was restarted is no news', async () => {
    await take(20, bodyOf('g', { print: 'r', starts: 20 }), 'restarted')
    expect(await take(25, bodyOf('g', { print: 'r', starts: 24 }), 'restarted')).toMatchObject({ fresh: 0 })
    expect(await pages('restarted')).toHaveLength(1)
  })

  test('that is no page is listed and wakes nobody', async () => {
    const info = bodyOf('info', { print: 'i', starts: 30, more: { severity: 'info' } })
    const warning = bodyOf('warning', { print: 'w', starts: 30, more: { severity: 'warning' } })
    await take(30, info, 'quiet')
    await take(30, warning, 'quiet')
    expect(await pages('quiet')).toEqual([])
    await sql`insert into escalation_policy (name, steps, matchers, updated_by)
      values ('warnings', '[]', '[{"label":"severity","is":"equal","value":"warning"}]', 'test')`
    await take(31, bodyOf('warning', { print: 'w2', starts: 31, more: { severity: 'warning' } }), 'quiet')
    expect(await pages('quiet')).toHaveLength(1)
    await sql`update escalation_policy set removed_at = now()`
  })
})

describe('what is hostile', () => {
  const refused = (body: string) => {
    try {
      parseAlertmanager(Buffer.from(body), minuteAt(0))
    } catch (error) {
      return (error as { code: string }).code
    }
    return 'taken'
  }

  test.each([
    ['no JSON', '{"version":'],
    ['another version', '{"version":"3","alerts":[]}'],
    ['a list', '[]'],
    ['null', 'null'],
    [
      'a number of the labels',
      '{"version":"4","alerts":[{"status":"firing","labels":7,"startsAt":"2026-11-21T00:00:00Z","fingerprint":"f"}]}',
    ],
    ['a time that is none', '{"version":"4","alerts":[{"status":"firing","startsAt":"soon","fingerprint":"f"}]}'],
    [
      'a year that databases cannot keep',
      '{"version":"4","alerts":[{"status":"firing","startsAt":"+275000-01-01T00:00:00Z","fingerprint":"f"}]}',
    ],
    ['a deep nest', '['.repeat(100_000)],
    [
      'too many',
      JSON.stringify({
        version: '4',
        alerts: Array.from({ length: MOST_ALERTS + 1 }, () => ({
          status: 'firing',
          startsAt: '2026-11-21T00:00:00Z',
          fingerprint: 'f',
        })),
      }),
    ],
  ])('%s is refused', (_, body) => {
    expect(refused(body)).toBe('BAD_REQUEST')
  })

  test('names of prototypes, control characters, lone surrogates and long texts are kept as harmless text', async () => {
    const labels = `{"__proto__":"x","constructor":"\\u0000\\ud800","severity":"critical","alertname":"${'<b>'.repeat(5_000)}"}`
    const body = `{"version":"4","groupKey":"\\u0000","alerts":[{"status":"firing","labels":${labels},
      "annotations":{"summary":"a\\nb\\u202e\\u0007"},"startsAt":"2026-11-21T03:40:00Z","generatorURL":"javascript:alert(1)","fingerprint":"h"}]}`
    expect(await take(41, Buffer.from(body), 'hostile')).toMatchObject({ fresh: 1 })
    const [row] = await sql<{ labels: Record<string, string>; title: string; link: null }[]>`
      select labels, title, link from alert where source = 'hostile'`
    expect(row!.link).toBeNull()
    expect(row!.title).not.toMatch(/\p{Cc}/u)
    expect(Object.keys(row!.labels).toSorted()).toEqual(['alertname', 'constructor', 'severity'])
    expect(row!.labels['alertname']!.length).toBeLessThanOrEqual(1_000)
  })
})

test('the simple form: known by its key, over when it says so, and again after that', async () => {
  const send = (minutes: number, more: object) =>
    receiveAlerts(
      ctx(minutes),
      'backup',
      parseGeneric(Buffer.from(JSON.stringify({ title: 'Backup failed', key: 'nightly', ...more })), minuteAt(minutes)),
    )
  expect(await send(50, {})).toEqual({ received: 1, fresh: 1, ended: 0 })
  expect(await send(51, {})).toMatchObject({ fresh: 0 })
  expect(await send(52, { status: 'resolved' })).toMatchObject({ ended: 1 })
  expect(await send(53, {})).toMatchObject({ fresh: 1 })
  expect((await pages('backup')).map(({ state }) => state)).toEqual(['resolved', 'open'])
})

test('a silence keeps an alert from waking, and what still fires when it ends wakes then', async () => {
  const id = await addSilence(wharf.ctx(60), {
    matchers: [{ label: 'instance', is: 'equal', value: 'ams1-c2*' }],
    endsAt: minuteAt(120),
    comment: 'the disk is being changed',
  })
  await take(61, bodyOf('s', { host: 'ams1-c2', print: 's', starts: 61 }), 'silenced')
  await take(61, bodyOf('t', { host: 'ams1-c1', print: 't', starts: 61 }), 'silenced')
  expect(await pages('silenced')).toHaveLength(1)
  await endSilence(wharf.ctx(62), id)
  expect(await pages('silenced')).toHaveLength(2)
  // In its place another one: what only the old one kept silent would wake now.
  const next = await addSilence(wharf.ctx(62), {
    matchers: [{ label: 'instance', is: 'equal', value: 'ams1-c2*' }],
    endsAt: minuteAt(120),
    comment: 'again',
  })
  const on = (value: string, instead: bigint) =>
    addSilence(wharf.ctx(62.5), {
      matchers: [{ label: 'instance', is: 'equal', value }],
      endsAt: minuteAt(64),
      comment: 'x',
      instead,
    })
  const changed = await on('ams1-*2:9100', next)
  expect((await pages('silenced')).map(({ state }) => state)).toEqual(['open', 'resolved'])
  await expect(on('ams1-c9', next)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const other = await on('ams1-c9', changed)
  expect((await pages('silenced')).map(({ state }) => state)).toEqual(['open', 'resolved', 'open'])
  await endSilence(wharf.ctx(62.6), other)
  // A silence made while it fires ends its page.
  await addSilence(wharf.ctx(63), {
    matchers: [{ label: 'instance', is: 'equal', value: 'ams1-c2:9100' }],
    endsAt: minuteAt(70),
    comment: 'known',
  })
  expect((await pages('silenced')).map(({ state }) => state)).toEqual(['open', 'resolved', 'resolved'])
  await watch(wharf.ctx(71), minuteAt(-100))
  expect((await pages('silenced')).map(({ state }) => state)).toEqual(['open', 'resolved', 'resolved', 'open'])
})

test('a pattern with stars, and labels that are absent', () => {
  expect(fits('ams1-*', 'ams1-c1')).toBe(true)
  expect(fits('*c*1', 'ams1-c1')).toBe(true)
  expect(fits('ams*ams', 'ams')).toBe(false)
  expect(fits('a.c', 'abc')).toBe(false)
  expect(fits(`${'a*'.repeat(200)}b`, 'a'.repeat(10_000))).toBe(false)
  expect(matchesAll([{ label: 'toString', is: 'equal', value: '' }], {})).toBe(true)
  expect(matchesAll([{ label: 'team', is: 'not', value: 'web' }], { team: 'web' })).toBe(false)
})

test('a source’s token sends alerts until it is removed, and its name is free again', async () => {
  const { id, token } = await addSource(wharf.ctx(0), 'grafana')
  expect((await sourceOf(wharf.ctx(1), `Bearer ${token}`)).source).toBe('grafana')
  await expect(sourceOf(wharf.ctx(1), 'Bearer whalert_nonsense')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await expect(sourceOf(wharf.ctx(1), undefined)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await removeSource(wharf.ctx(2), id)
  await expect(sourceOf(wharf.ctx(3), `Bearer ${token}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await addSource(wharf.ctx(4), 'grafana')
  await expect(addSource(wharf.ctx(4), 'wharfinger')).rejects.toMatchObject({ code: 'BAD_REQUEST' })
})

test('a sign of life that does not come pages once, and is over when it comes again', async () => {
  const { token } = await addHeartbeat(wharf.ctx(200), { name: 'nightly backup', everyMinutes: 10, graceMinutes: 5 })
  // What never called is not missed.
  await watch(wharf.ctx(300), minuteAt(-100))
  expect(await pages('heartbeat')).toEqual([])
  await beat(wharf.ctx(301), token)
  await watch(wharf.ctx(315), minuteAt(-100))
  expect(await pages('heartbeat')).toEqual([])
  await watch(wharf.ctx(316), minuteAt(-100))
  await watch(wharf.ctx(317), minuteAt(-100))
  expect((await pages('heartbeat')).map(({ state }) => state)).toEqual(['open'])
  await beat(wharf.ctx(318), token)
  await watch(wharf.ctx(319), minuteAt(-100))
  expect((await pages('heartbeat')).map(({ state }) => state)).toEqual(['resolved'])
  await expect(beat(wharf.ctx(320), 'nonsense')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a host that is silent pages, and its alert is over when it reports again', async () => {
  await sql`insert into host_progress (host_id, last_report_at) values (${wharf.two}, ${minuteAt(400)})
    on conflict (host_id) do update set last_report_at = excluded.last_report_at`
  // Right after a start silence may be our own.
  await watch(wharf.ctx(405), minuteAt(404))
  expect(await pages('wharfinger')).toEqual([])
  await watch(wharf.ctx(405), minuteAt(0))
  await watch(wharf.ctx(406), minuteAt(0))
  const [page, ...more] = await pages('wharfinger')
  expect(more).toEqual([])
  const [alert] =
    await sql`select title, host_ids from alert where incident_id = ${page!.incidentId} and source = 'wharfinger'`
  expect(alert).toEqual({ title: 'ams1-c2 is silent', hostIds: [wharf.two] })
  await sql`update host_progress set last_report_at = ${minuteAt(407)} where host_id = ${wharf.two}`
  await watch(wharf.ctx(408), minuteAt(0))
  expect((await pages('wharfinger'))[0]).toMatchObject({ state: 'resolved' })
  await sql`delete from host_progress`
})

test('a watcher outside is told when paging does not run, or a page waits', async () => {
  await sql`update page set state = 'resolved', next_at = null`
  await watch(wharf.ctx(500), minuteAt(0))
  expect(await pagingHealth(wharf.ctx(502))).toMatchObject({ ok: true, latePages: 0 })
  expect(await pagingHealth(wharf.ctx(503))).toMatchObject({ ok: false })
  await take(504, bodyOf('late', { print: 'late', starts: 504 }), 'late')
  await watch(wharf.ctx(507), minuteAt(0))
  expect(await pagingHealth(wharf.ctx(507))).toMatchObject({ ok: false, latePages: 1 })
})
