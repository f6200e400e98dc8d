import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeSilence, keyOf } from '#server/hosts/silence.ts'
import { watchSilence } from '#server/hosts/watchSilence.ts'
import { testDatabase } from '../../support/database.ts'
import { startControl } from './control.ts'

const { sql } = await testDatabase()
const control = await startControl(sql)
const now = new Date('2026-11-21T12:00:00Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const longAgo = later(-86_400)

const silences = fc
  .uniqueArray(fc.integer({ min: 1, max: 2_000_000_000 }), { maxLength: 160 })
  .map((ids) => ids.map((hostId) => ({ hostId, name: `h${hostId}`, lastReportMs: hostId * 7 })))

test('every silence is told once, and every notice is taken back once', () => {
  fc.assert(
    fc.property(silences, (silent) => {
      const first = judgeSilence(silent, [])
      expect(first.tell.flat()).toEqual(silent)
      const keys = first.tell.map(keyOf)
      for (const key of keys) expect(key.length).toBeLessThan(2_000)
      expect(judgeSilence(silent, keys)).toEqual({ tell: [], resolve: [] })
      expect(judgeSilence([], keys)).toEqual({ tell: [], resolve: keys })
    }),
  )
})

test('a notice of several stays open while one of them is silent', () => {
  const both = [
    { hostId: 1, name: 'a', lastReportMs: 10 },
    { hostId: 2, name: 'b', lastReportMs: 20 },
  ]
  const [, second] = both
  expect(judgeSilence(second ? [second] : [], [keyOf(both)])).toEqual({ tell: [], resolve: [] })
})

test('a host that reported and went silent again is told of again', () => {
  const once = { hostId: 1, name: 'a', lastReportMs: 10 }
  const again = { ...once, lastReportMs: 99 }
  expect(judgeSilence([again], [keyOf([once])])).toEqual({ tell: [[again]], resolve: [keyOf([once])] })
})

test('operators are told of a silent host and of its return, each once', async () => {
  const { hostId } = await control.enrolled('quay')
  const never = await control.enrolled('never')
  const report = (at: Date) => sql`update host_progress set last_report_at = ${at} where host_id = ${hostId}`
  const notices = () => sql`select title, href, resolved_at is not null as resolved from notice order by id`
  await report(now)
  await watchSilence(control.context(later(180)), longAgo)
  expect(await notices()).toHaveLength(0)
  await watchSilence(control.context(later(181)), longAgo)
  await watchSilence(control.context(later(240)), longAgo)
  expect([...(await notices())]).toEqual([{ title: 'quay is silent', href: `/ops/hosts/${hostId}`, resolved: false }])
  await report(later(245))
  await watchSilence(control.context(later(250)), longAgo)
  expect((await notices())[0]?.['resolved']).toBe(true)
  expect(never.hostId).not.toBe(hostId)
})

test('just after our own start silence is not yet held against hosts', async () => {
  await control.enrolled('patient')
  await sql`update host_progress set last_report_at = ${longAgo}`
  await sql`delete from notice`
  await watchSilence(control.context(now), later(-170))
  expect(await sql`select 1 from notice`).toHaveLength(0)
  await watchSilence(control.context(now), later(-180))
  expect(await sql`select 1 from notice`).toHaveLength(1)
})
