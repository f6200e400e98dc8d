import fc from 'fast-check'
import { expect, test } from 'vitest'
import { containersOf, containerUse, presentOfApps } from '#server/usage/containerSql.ts'
import { eachMeter, METER_COLUMNS } from '#server/usage/meters.ts'
import { appTotals } from '#server/usage/sql.ts'
import { testDatabase } from '../../support/database.ts'
import { addAccount, addCluster, addEpoch, addHost } from './place.ts'

const { sql } = await testDatabase()
const saltmarsh = await addAccount(sql, 'saltmarsh')
const host = await addHost(sql, await addCluster(sql, 'main'), 'ams1-1')
const FIRST = Math.floor(Date.UTC(2026, 10, 1) / 3_600_000) + 7
const LAST = FIRST + 24 * 6
/** Where an epoch passes from the app `web` to the app `api`: in the middle of a day. */
const MOVED = FIRST + 60

const columns = METER_COLUMNS.join(', ')
const made = async (name: string, of: { moved?: boolean; openedAt?: Date; endedAt?: Date } = {}) => {
  const { moved = false, ...given } = of
  const epoch = await addEpoch(sql, host, name, { containerId: name, ...given })
  await sql`insert into attribution (host_id, epoch, from_hour, until_hour, account_id, app, source)
    values (${host}, ${epoch}, ${FIRST - 100}, ${moved ? MOVED : 2_147_483_647}, ${saltmarsh}, 'web', 'label')`
  if (moved) {
    await sql`insert into attribution (host_id, epoch, from_hour, account_id, app, source)
      values (${host}, ${epoch}, ${MOVED}, ${saltmarsh}, 'api', 'label')`
  }
  await sql.unsafe(
    `insert into usage_hour (host_id, epoch, hour, ${columns})
      select $1, $2::bigint, h, ${METER_COLUMNS.map((_, i) => `(h * ${i + 3} + $2::bigint) % 1009`).join(', ')}
      from generate_series(${FIRST}, ${LAST}) h where h % 11 <> 0`,
    [host, epoch],
  )
  return epoch
}
await sql`insert into app (account_id, name) values (${saltmarsh}, 'web'), (${saltmarsh}, 'api')`
await made('one')
await made('two', { moved: true })
await made('three', { openedAt: new Date('2026-11-01T01:00:00Z'), endedAt: new Date('2026-11-05T03:20:00Z') })
await sql.unsafe(`insert into account_hour (account_id, hour, app, containers, ${columns})
  select t.account_id, u.hour, t.app, count(*), ${eachMeter('sum(u.$)')} from usage_hour u
  join attribution t on t.host_id = u.host_id and t.epoch = u.epoch and u.hour >= t.from_hour and u.hour < t.until_hour group by 1, 2, 3`)

const hours = fc.tuple(fc.integer({ min: FIRST - 30, max: LAST + 30 }), fc.integer({ min: 1, max: 170 }))
const windowOf = ([from, length]: [number, number]) => ({
  start: new Date(from * 3_600_000),
  end: new Date((from + length) * 3_600_000),
})
const byHours = async ([from, length]: [number, number], app: string) => {
  const rows = await sql<{ key: string; app: string; cpuUs: bigint }[]>`
    select e.name as key, sum(u.cpu_us)::bigint as cpu_us from usage_hour u
    join attribution t on t.host_id = u.host_id and t.epoch = u.epoch and u.hour >= t.from_hour and u.hour < t.until_hour
    join epoch e on e.host_id = u.host_id and e.epoch = u.epoch
    where t.app = ${app} and u.hour >= ${from} and u.hour < ${from + length} group by 1 order by 1`
  return Object.fromEntries(rows.map(({ key, cpuUs }) => [key, cpuUs]))
}
const sumOf = (amounts: Record<string, bigint>) => Object.values(amounts).reduce((a, b) => a + b, 0n)

test('days and the hours at their edges are the sum of the hours, whatever the window', async () => {
  await fc.assert(
    fc.asyncProperty(hours, fc.constantFrom('web', 'api'), async (asked, app) => {
      const window = windowOf(asked)
      const expected = await byHours(asked, app)
      const { rows } = await containersOf(sql, saltmarsh, window, { app })
      for (const row of rows) expect([row.name, row.used?.cpuUs]).toEqual([row.name, expected[row.name] ?? 0n])
      const [totals] = await appTotals(sql, saltmarsh, window, app)
      expect(totals?.cpuUs ?? 0n).toBe(sumOf(expected))
      for (const resolution of ['hour', 'day'] as const) {
        const points = await containerUse(sql, saltmarsh, window, resolution, ['cpuUs', 'txBytes'], app)
        const sums: Record<string, bigint> = {}
        for (const { key, cpuUs = 0n } of points) {
          const name = key.replace(`${host}:`, '')
          sums[name] = (sums[name] ?? 0n) + cpuUs
        }
        expect(sums).toEqual(expected)
      }
    }),
    { numRuns: 40 },
  )
})

test('a list may be cut, searched and sorted by use, and still says how many there are', async () => {
  const window = windowOf([FIRST, 48])
  const all = await containersOf(sql, saltmarsh, window, { app: 'web', by: 'txBytes', runningFirst: false })
  const used = all.rows.map((row) => row.used?.txBytes ?? 0n)
  expect(all.total).toBe(3)
  expect(used).toEqual(used.toSorted((a, b) => Number(b - a)))
  const first = await containersOf(sql, saltmarsh, window, { app: 'web', by: 'txBytes', runningFirst: false, limit: 1 })
  expect([first.total, first.rows.map((row) => row.name)]).toEqual([3, [all.rows[0]?.name]])
  const found = await containersOf(sql, saltmarsh, window, { app: 'web', text: 'W' })
  expect([found.total, found.rows.map((row) => row.name)]).toEqual([1, ['two']])
  expect((await containersOf(sql, saltmarsh, window, { text: '%' })).total).toBe(0)
})

test('what is stored counts once, of the newest count of each object, and not when that ended', async () => {
  const at = (hour: number) => new Date((FIRST + hour) * 3_600_000)
  const layer = async (name: string, object: string, hour: number, sizeBytes: bigint, endedAt?: Date) => {
    const of = { kind: 'layer' as const, containerId: object, openedAt: at(hour), sizeBytes }
    const epoch = await addEpoch(sql, host, name, { ...of, ...(endedAt ? { endedAt } : {}) })
    await sql`insert into attribution (host_id, epoch, from_hour, account_id, app, source)
      values (${host}, ${epoch}, ${FIRST}, ${saltmarsh}, 'web', 'label')`
  }
  await layer('one-before', 'one', 1, 900n)
  await layer('one-now', 'one', 2, 70n)
  await layer('three-before', 'three', 1, 500n)
  await layer('three-now', 'three', 2, 500n, at(9))
  const web = (await presentOfApps(sql, saltmarsh)).find(({ app }) => app === 'web')
  expect([web?.diskBytes, web?.running]).toEqual([70n, 0])
  const { rows } = await containersOf(sql, saltmarsh, null, { app: 'web' })
  expect(rows.find((row) => row.name === 'one')?.diskBytes).toBe(70n)
  expect(rows.find((row) => row.name === 'three')?.diskBytes).toBe(0n)
})
