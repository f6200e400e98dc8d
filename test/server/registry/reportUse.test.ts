import { expect, test } from 'vitest'
import { previewInvoice } from '#server/billing/previewInvoice.ts'
import { reportUse } from '#server/registry/reportUse.ts'
import { recount } from '#server/registry/sizes.ts'
import { addTraffic } from '#server/registry/traffic.ts'
import { keepPartitions } from '#server/usage/partitions.ts'
import { rollDue } from '#server/usage/roll.ts'
import { HOUR_MS } from '#server/time.ts'
import { billingHouse } from '../billing/house.ts'

const h = await billingHouse()
const { sql } = h
const GIB = 1_073_741_824n
/** The present is what an ingest believes: five hours ago, at an hour's start. */
const START = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 5 * HOUR_MS
const at = (hours: number) => h.ctx(new Date(START + hours * HOUR_MS))

test('what an account stores and moves in the registry becomes use of the app registry, and lines of its invoice', async () => {
  await keepPartitions(at(0))
  const accountId = await h.account('acme', at(-1).now)
  await h.start(accountId, 'cloud', at(-1).now)
  const [repository] = await sql<
    { id: bigint }[]
  >`insert into repository (account_id, name, path, visibility, created_by)
    values (${accountId}, 'api', 'acme/api', 'private', 'test') returning id`
  const repositoryId = repository!.id
  await sql`insert into registry_blob (digest, size_bytes, recorded_at) values ('sha256:a', ${1024n * GIB}, ${at(0).now})`
  await sql`insert into registry_layer (repository_id, digest, recorded_at) values (${repositoryId}, 'sha256:a', ${at(0).now})`
  await sql.begin((tx) => recount(tx, { accountId }, at(0).now))
  await reportUse(at(0))

  const moved = {
    ...{ accountId, repositoryId, hour: START / HOUR_MS + 1, tags: new Map<string, number>() },
    ...{ pulls: 7, pushes: 1, manifestsSent: 7, manifestsTaken: 1 },
    ...{ egressBytes: 300_000_000_000, ingressBytes: 5_000_000 },
  }
  await sql.begin((tx) => addTraffic(tx, [moved], at(1).now))
  await reportUse(at(1))
  // One with nothing new changes nothing.
  await reportUse(at(1))
  await sql.begin((tx) => addTraffic(tx, [{ ...moved, egressBytes: 200_000_000_000 }], at(2).now))
  await reportUse(at(3))
  await rollDue(at(3))

  const [used] = await sql`select sum(tx_bytes)::bigint as egress, sum(rx_bytes)::bigint as ingress,
    sum(volumes_mib_s)::bigint as stored from account_hour where account_id = ${accountId} and app = 'registry'`
  expect(used).toEqual({ egress: 500_000_000_000n, ingress: 10_000_000n, stored: 3n * 3_600n * 1024n * 1024n })
  const lines = (await previewInvoice(sql, accountId, at(3).now))!.lines.filter(({ app }) => app === 'registry')
  // 3,072 GiB-h at 0.000137 and 500 GB at 0.02, to the cent.
  expect(lines.map(({ meter, amount }) => [meter, amount]).toSorted()).toEqual([
    ['disk', 42n],
    ['egress', 1000n],
  ])
})
