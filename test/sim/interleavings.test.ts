import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Pool } from '#db/client.ts'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { eachMeter } from '#server/usage/meters.ts'
import { rollDue } from '#server/usage/roll.ts'
import { testDatabase } from '../support/database.ts'
import { evidenceOf, runStraight } from './straight.ts'
import { liveThrough, WILD } from './world.ts'

// `SEEDS=1000 npm test -- sim` for more worlds, `SEED=17` for one of them again.
const count = Number(process.env['SEEDS'] ?? 25)
const only = process.env['SEED']
const seeds = only === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(only)]
/** Worlds that live at the same time: while one waits for its commit another goes on. */
const AT_ONCE = 4
const DAY_MS = 86_400_000

const [faulty, straight] = [await testDatabase({ max: 16 }), await testDatabase({ max: 16 })]
const env = readEnv({ ...process.env, WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-sim-')) })
for (const { sql } of [faulty, straight]) {
  await sql`insert into cluster (name, kind) values ('sim', 'internal')`
  await sql`insert into account (name, kind, display_name) select name, 'organization', name
    from unnest(${['saltmarsh', 'greyheron', 'tidepool', 'lowlight', 'oxbow', 'halyard']}::text[]) name`
}
// Ids come from sequences: two worlds must not enrol at the same time.
let enrolling: Promise<unknown> = Promise.resolve()
const rollOf = (sql: Pool) => () => rollDue(systemContext(sql, env, 'sim'))
/** Rolls until nothing of these hosts is due: a world beside may be rolling them, and `rollDue` does not wait for it. */
const rollAll = async (sql: Pool, hosts: number[]) => {
  for (;;) {
    await rollOf(sql)()
    const due = await sql`select 1 from hour_due where host_id = any(${hosts}::int[]) limit 1`
    if (due.length === 0) return
    await setTimeout(20)
  }
}

const minutesOf = (sql: Pool, hosts: number[]) =>
  sql.unsafe(
    `select host_id, epoch, minute, ${eachMeter('$::text')} from usage_minute where host_id = any($1) order by 1, 2, 3`,
    [hosts],
  )
const hoursOf = (sql: Pool, hosts: number[]) =>
  sql.unsafe(
    `select host_id, epoch, hour, ${eachMeter('$::text')} from usage_hour where host_id = any($1) order by 1, 2, 3`,
    [hosts],
  )
const accountsOf = (sql: Pool, fromHour: number, untilHour: number) =>
  sql.unsafe(
    `select account_id, hour, app, containers, ${eachMeter('$::text')} from account_hour
      where hour >= $1 and hour < $2 order by 1, 2, 3`,
    [fromHour, untilHour],
  )
const epochsOf = (sql: Pool, hosts: number[]) =>
  sql`select e.host_id, e.epoch, kind, object_id, segment, witnessed, name, labels, ended_at is null as open,
      a.account_id, a.app from epoch e left join attribution a on a.host_id = e.host_id and a.epoch = e.epoch
    where e.host_id = any(${hosts}::int[]) order by 1, 2`

const textOf = (row: object) => JSON.stringify(row, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v))

const live = async (seed: number) => {
  // Each world has days of its own, so that accounts' hours are told apart; it lives across the ends of hours.
  const startMs = Date.UTC(2026, 0, 1) + seed * 2 * DAY_MS + 9 * 3_600_000 + 50 * 60_000
  const world = await liveThrough({
    seed,
    stores: [faulty.sql, straight.sql],
    enrolling: (work) => {
      const done = enrolling.then(work)
      enrolling = done.catch(() => {})
      return done
    },
    startMs,
    minutes: 75,
    hosts: 2,
    containers: 4,
    faults: WILD,
    roll: rollOf(faulty.sql),
  })
  expect(world.failures).toEqual([])
  expect(world.waiting, 'reports that could not be delivered').toEqual([])
  const ids = world.hosts.map(({ known }) => known.hostId)
  let reports = 0
  for (const host of world.hosts) {
    const evidence = await evidenceOf(faulty.sql, host.known.hostId)
    reports += evidence.length
    const stored = new Map(evidence.map(({ seq, digest }) => [seq, digest]))
    for (const [seq, digest] of host.kept())
      expect(stored.get(seq), `report ${seq} of host ${host.known.hostId}`).toBe(digest)
    expect(await runStraight(straight.sql, host, evidence)).toBe(0)
  }
  await rollAll(faulty.sql, ids)
  await rollAll(straight.sql, ids)
  expect(
    await faulty.sql`select path, reason, content from quarantine
    where host_id = any(${ids}::int[]) and kind = 'row'`,
  ).toEqual([])
  const hours = [Math.floor(startMs / 3_600_000) - 24, Math.floor(startMs / 3_600_000) + 24] as const
  const views = [
    (sql: Pool) => epochsOf(sql, ids),
    (sql: Pool) => minutesOf(sql, ids),
    (sql: Pool) => hoursOf(sql, ids),
    (sql: Pool) => accountsOf(sql, ...hours),
  ]
  for (const view of views) {
    const [seen, wanted] = [await view(faulty.sql), await view(straight.sql)].map((rows) => rows.map(textOf))
    expect({
      extra: seen?.filter((row) => !wanted?.includes(row)),
      missing: wanted?.filter((row) => !seen?.includes(row)),
    }).toEqual({ extra: [], missing: [] })
    expect(wanted?.length).toBeGreaterThan(0)
  }
  return { ...world, reports }
}

describe('a fleet under drops, repeats, reorders, wrong clocks and crashes of anything', () => {
  const worlds = Array.from({ length: Math.ceil(seeds.length / AT_ONCE) }, (_, i) =>
    seeds.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
  )
  test.each(worlds)('has the usage of the straight run: %i and on', { timeout: 300_000 }, async (...group) => {
    const lived = await Promise.all(group.map(live))
    // A world in which nothing happened would prove nothing.
    expect(lived.reduce((sum, { reports }) => sum + reports, 0)).toBeGreaterThan(100 * group.length)
    expect(lived.reduce((sum, { crashes }) => sum + crashes, 0)).toBeGreaterThan(0)
  })
})
