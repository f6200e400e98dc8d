import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { METERS } from '#agents/protocol.ts'
import { pastEpochs, pastHost, stateAfter } from '#agents/sim/history.ts'
import { createMachine } from '#agents/sim/machine.ts'
import { planFleet } from '#agents/sim/plan.ts'
import { systemContext } from '#server/context.ts'
import { writeHistory } from '#server/demo/history.ts'
import { readEnv } from '#server/env.ts'
import { eachMeter, METER_COLUMNS } from '#server/usage/meters.ts'
import { rollDue } from '#server/usage/roll.ts'
import { testDatabase } from '../support/database.ts'

const SEED = 11
const PRESENT_S = Math.floor(Date.now() / 60_000) * 60
const { sql } = await testDatabase()
const env = readEnv({ ...process.env, WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-history-')) })

const plans = planFleet({ seed: SEED, hosts: 12, containers: 8, presentS: PRESENT_S })
await sql`insert into cluster (name, kind) values ('sim', 'internal')`
await sql`insert into account (name, kind, display_name) select name, 'organization', name
  from unnest(${['saltmarsh', 'greyheron', 'tidepool', 'lowlight', 'oxbow', 'dunlin', 'quietfern', 'halyard']}::text[]) name`
const machines = await Promise.all(
  plans.map(async (plan) => {
    const raw = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).subarray(12)
    const [host] = await sql<{ id: number }[]>`insert into host (name, cluster_id)
      values (${plan.name}, (select id from cluster)) returning id`
    await sql`insert into host_key (host_id, public_key) values (${host!.id}, ${raw})`
    await sql`insert into host_progress (host_id) values (${host!.id})`
    return { hostId: host!.id, machine: createMachine({ seed: SEED, plan, now: () => PRESENT_S * 1000 }) }
  }),
)
const past = machines.map(({ hostId, machine }) => ({
  host: pastHost(machine, hostId, PRESENT_S),
  epochs: pastEpochs(SEED, machine, hostId, PRESENT_S),
}))
const document = { hosts: past.map(({ host }) => host), epochs: past.flatMap(({ epochs }) => epochs) }
await writeHistory(sql, JSON.stringify(document), PRESENT_S / 60, {
  app: env.WHARF_LABEL_APP,
  account: env.WHARF_LABEL_ACCOUNT,
})

const totalsNow = async () =>
  await sql.unsafe<Record<string, bigint>[]>(
    `select host_id, epoch, ${eachMeter('max($) as $')} from usage_minute group by 1, 2`,
  )

test('history ends with the totals that the agents go on from', async () => {
  const stored = new Map((await totalsNow()).map((row) => [`${row['hostId']} ${row['epoch']}`, row]))
  let compared = 0
  for (const [i, { hostId, machine }] of machines.entries()) {
    const { ledger } = stateAfter(machine, past[i]!.epochs, PRESENT_S)
    for (const { declaration, tally } of ledger.entries) {
      const row = stored.get(`${hostId} ${declaration.epoch}`)
      expect(row, `epoch ${declaration.epoch}`).toBeDefined()
      METERS.forEach((meter, m) => {
        const ahead = tally.totals[m]! - Number(row![meter])
        expect(ahead).toBeGreaterThanOrEqual(0)
        // The agent's are rounded up so that none may shrink.
        expect(ahead).toBeLessThanOrEqual(4 + 1e-9 * tally.totals[m]!)
      })
      compared++
    }
  }
  expect(compared).toBeGreaterThan(100)
})

test('hours add up to the totals, and accounts to their hours', async () => {
  const sums = `select host_id, epoch, ${eachMeter('sum($)::bigint as $')} from usage_hour group by 1, 2`
  const [wrong] = await sql.unsafe(`select count(*)::int as n from (${sums}) h
    join (select host_id, epoch, ${eachMeter('max($) as $')} from usage_minute group by 1, 2) m using (host_id, epoch)
    where ${METER_COLUMNS.map((column) => `h.${column} <> m.${column}`).join(' or ')}`)
  expect(wrong).toEqual({ n: 0 })
  const all = eachMeter('sum($)::text as $')
  expect([...(await sql.unsafe(`select ${all} from account_hour`))]).toEqual([
    ...(await sql.unsafe(`select ${all} from usage_hour`)),
  ])
  const [unowned] = await sql`select count(*)::int as n from account_hour where account_id = 0`
  expect(unowned?.['n']).toBeGreaterThan(0)
})

test('rolling the day again changes nothing', async () => {
  const hours = () => sql.unsafe(`select * from usage_hour order by host_id, epoch, hour`)
  const before = [...(await hours())].filter((row) => METERS.some((meter) => row[meter] !== 0n))
  await sql`insert into hour_due (host_id, hour) select id, h from host
    cross join generate_series(${Math.floor(PRESENT_S / 3600) - 24}::int, ${Math.floor(PRESENT_S / 3600)}::int) h`
  await rollDue(systemContext(sql, env, 'test'))
  const after = [...(await hours())].filter((row) => METERS.some((meter) => row[meter] !== 0n))
  expect(after).toEqual(before)
})
