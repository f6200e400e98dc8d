import type { KeyObject } from 'node:crypto'
import { generateKeyPairSync } from 'node:crypto'
import type { Pool } from '#db/client.ts'
import { insertUser } from '#server/accounts/createUser.ts'
import { newestVersion } from '#server/billing/planVersion.ts'
import { seedCatalog } from '#server/billing/seedCatalog.ts'
import { startSubscription } from '#server/billing/startSubscription.ts'
import { systemContext } from '#server/context.ts'
import type { Env } from '#server/env.ts'
import { METER_COLUMNS } from '#server/usage/meters.ts'
import { keepPartitions } from '#server/usage/partitions.ts'

export const CUSTOMER = 'customer@bench.example'
export const PASSWORD = 'a bench is for sitting'
export const ACCOUNT = 'acct-001'
const HOSTS = 100
const CONTAINERS = 10
const APPS = 20
const HOURS = 720
/** Of a busy container, an hour, in METERS' order: half a core, 1.5 GiB. */
const HOUR_STEP = [
  1_800_000_000, 600_000, 5_529_600, 1_843_200, 921_600, 92_160, 50_000_000, 90_000_000, 2_457_600, 13_728_000,
]

const columns = METER_COLUMNS.join(', ')
const used = (spread: string) => HOUR_STEP.map((step) => `(${step}::bigint * ${spread} / 97)`).join(', ')

/** The host whose agent the benchmark plays. */
export type PlayedHost = {
  hostId: number
  keyId: number
  key: KeyObject
  epochs: { epoch: number; totals: number[] }[]
}
export type SpendData = { accountId: bigint; host: PlayedHost }

const seedFleet = async (sql: Pool, accountId: bigint, nowMinute: number) => {
  await sql`insert into cluster (name, kind) values ('paid', 'paid')`
  await sql`insert into host (name, cluster_id, facts, agent_version, enrolled_at)
    select 'host-' || lpad(n::text, 4, '0'), (select id from cluster), '{"cores": 64, "memoryTotalMib": 262144}',
      'wharfinger/0.1.0', now() - interval '40 days' from generate_series(1, ${HOSTS}) n`
  await sql`insert into host_progress (host_id, contiguous_seq, max_seq, last_report_at, last_minute, boot_id)
    select id, 0, 0, now(), ${nowMinute - 2}, 'boot-' || id from host`
  await sql`insert into epoch (host_id, epoch, kind, boot_id, object_id, started_at, segment, opened_at, witnessed,
      container_id, name, image, labels, state, last_minute)
    select h.id, h.id * 1000000000::bigint + c, 'container', 'boot-' || h.id, 'container-' || h.id || '-' || c,
      '2026-01-01T00:00:00Z', 0, date_trunc('hour', now()) - interval '${sql.unsafe(String(HOURS))} hours', true,
      'container-' || h.id || '-' || c, 'app-' || c, 'registry.example/app', '{}', '{"running": true}', ${nowMinute - 2}
    from host h cross join generate_series(0, ${CONTAINERS - 1}) c`
  await sql`insert into attribution (host_id, epoch, from_hour, account_id, app, source)
    select host_id, epoch, floor(extract(epoch from opened_at) / 3600)::int, ${accountId}, 'app-' || (host_id * 7 + epoch) % ${APPS}, 'label'
    from epoch`
  await sql`insert into app (account_id, name) select distinct account_id, app from attribution`
}

const seedHours = async (sql: Pool, nowMinute: number) => {
  const nowHour = Math.floor(nowMinute / 60)
  await sql.unsafe(`insert into usage_hour (host_id, epoch, hour, ${columns})
    select e.host_id, e.epoch, h, ${used('(40 + (e.host_id * 7 + e.epoch * 13) % 57)')}
    from epoch e cross join generate_series(${nowHour - HOURS}, ${nowHour - 1}) h`)
  await sql.unsafe(`insert into account_hour (account_id, hour, app, containers, ${columns})
    select a.account_id, u.hour, a.app, count(*), ${METER_COLUMNS.map((c) => `sum(u.${c})`).join(', ')}
    from usage_hour u join attribution a on a.host_id = u.host_id and a.epoch = u.epoch group by 1, 2, 3`)
}

const playHost = async (sql: Pool): Promise<PlayedHost> => {
  const { privateKey: key, publicKey } = generateKeyPairSync('ed25519')
  const [host] = await sql<{ id: number }[]>`select min(id) as id from host`
  const hostId = host!.id
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(12)
  const [row] = await sql<
    { id: number }[]
  >`insert into host_key (host_id, public_key) values (${hostId}, ${raw}) returning id`
  const sums = METER_COLUMNS.map((column) => `sum(${column})::float8`).join(', ')
  const epochs = await sql.unsafe<{ epoch: bigint; totals: number[] }[]>(
    `select epoch, array[${sums}] as totals from usage_hour where host_id = ${hostId} group by 1`,
  )
  return { hostId, keyId: row!.id, key, epochs: epochs.map(({ epoch, totals }) => ({ epoch: Number(epoch), totals })) }
}

/** An account on Cloud with 1,000 containers on 100 hosts and 30 days of their hours, made in the database. */
export const seedSpend = async (sql: Pool, env: Env): Promise<SpendData> => {
  const nowMinute = Math.floor(Date.now() / 60_000)
  const begun = systemContext(sql, env, 'bench', new Date((nowMinute - (HOURS - 24) * 60) * 60_000))
  await keepPartitions(systemContext(sql, env, 'bench'))
  await seedCatalog(begun)
  const accountId = await sql.begin(async (tx) => {
    const userId = await insertUser(tx, begun, { email: CUSTOMER, name: 'Customer', password: PASSWORD })
    const [account] = await tx<{ id: bigint }[]>`insert into account (name, kind, display_name)
      values (${ACCOUNT}, 'organization', 'Account') returning id`
    await tx`insert into account_member (account_id, user_id, role) values (${account!.id}, ${userId}, 'owner')`
    return account!.id
  })
  await seedFleet(sql, accountId, nowMinute)
  await seedHours(sql, nowMinute)
  const { id: planVersionId } = await newestVersion(sql, 'cloud', 'EUR', 'month')
  await startSubscription(begun, { accountId, planVersionId })
  await sql`vacuum analyze`
  return { accountId, host: await playHost(sql) }
}
