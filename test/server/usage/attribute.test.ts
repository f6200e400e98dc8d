import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { rawPublicKey, signText } from '#agents/protocol.ts'
import { attributeEpochs } from '#server/usage/attribute.ts'
import { claimText, SIGNATURE_LABEL } from '#server/usage/label.ts'
import { testDatabase } from '../../support/database.ts'
import { addAccount, addCluster, addEpoch, addHost } from './place.ts'

const { sql } = await testDatabase()
const env = { labelAccount: 'io.wharfinger.account', labelApp: 'io.wharfinger.app' }
const [ACCOUNT, APP] = [env.labelAccount, env.labelApp]

const saltmarsh = await addAccount(sql, 'saltmarsh')
const halyard = await addAccount(sql, 'halyard')
const platform = await addCluster(sql, 'platform')
const host = await addHost(sql, platform, 'ams1-1')

const owned = async (hostId: number, ...epochs: number[]) => {
  await sql.begin((tx) =>
    attributeEpochs(
      tx,
      env,
      epochs.map((epoch) => ({ hostId, epoch })),
    ),
  )
  const rows = await sql<{ epoch: bigint; name: string | null; app: string; source: string; fromHour: number }[]>`
    select t.epoch, a.name, t.app, t.source, t.from_hour from attribution t left join account a on a.id = t.account_id
    where t.host_id = ${hostId} and t.epoch = any(${epochs}::bigint[])`
  return epochs.map((epoch) => {
    const row = rows.find((r) => Number(r.epoch) === epoch)
    return row && [row.name, row.app, row.source]
  })
}

test('a label of the platform names account and app', async () => {
  const epoch = await addEpoch(sql, host, 'web-1', { labels: { [ACCOUNT]: 'saltmarsh', [APP]: 'web' } })
  expect(await owned(host, epoch)).toEqual([['saltmarsh', 'web', 'label']])
  const [row] = await sql`select from_hour, until_hour from attribution where epoch = ${epoch}`
  expect(row).toEqual({ fromHour: Date.parse('2026-11-01T00:00:00Z') / 3_600_000, untilHour: 2_147_483_647 })
  expect(await sql`select name from app where account_id = ${saltmarsh}`).toEqual([{ name: 'web' }])
})

test('without an app label the compose service names it, else the container', async () => {
  const composed = await addEpoch(sql, host, 'shop-db-1', {
    labels: { [ACCOUNT]: 'saltmarsh', 'com.docker.compose.service': 'db' },
  })
  const plain = await addEpoch(sql, host, 'lonely', { labels: { [ACCOUNT]: 'saltmarsh', [APP]: '' } })
  expect(await owned(host, composed, plain)).toEqual([
    ['saltmarsh', 'db', 'label'],
    ['saltmarsh', 'lonely', 'label'],
  ])
})

test('unknown and missing accounts stay visible as unattributed', async () => {
  const unknown = await addEpoch(sql, host, 'stranger', { labels: { [ACCOUNT]: 'nobody' } })
  const missing = await addEpoch(sql, host, 'bare')
  expect(await owned(host, unknown, missing)).toEqual([
    [null, 'stranger', 'none'],
    [null, 'bare', 'none'],
  ])
})

test('a layer, log or volume goes with its container', async () => {
  const containerId = 'c0ffee'
  const labels = { [ACCOUNT]: 'halyard' }
  const life = await addEpoch(sql, host, 'api-1', { labels, containerId })
  const layer = await addEpoch(sql, host, 'layer-of-api', { kind: 'layer', labels, containerId })
  expect(await owned(host, life, layer)).toEqual([
    ['halyard', 'api-1', 'label'],
    ['halyard', 'api-1', 'label'],
  ])
})

test('in a tenant cluster labels name only the app', async () => {
  const cluster = await addCluster(sql, 'halyard-own', halyard)
  const own = await addHost(sql, cluster, 'h-1')
  const epoch = await addEpoch(sql, own, 'x', { labels: { [ACCOUNT]: 'saltmarsh', [APP]: 'mine' } })
  expect(await owned(own, epoch)).toEqual([['halyard', 'mine', 'tenant']])
})

test('in a signed cluster a label counts only with our signature over this container', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  await sql`insert into server_key (public_key, private_key_sealed)
    values (${Buffer.from(rawPublicKey(publicKey), 'base64')}, ${Buffer.from('')})`
  const signed = await addHost(sql, await addCluster(sql, 'shared', undefined, 'signed'), 's-1')
  const signature = signText(privateKey, claimText({ account: 'saltmarsh', app: 'web', container: 'good' }))
  const labels = { [ACCOUNT]: 'saltmarsh', [APP]: 'web', [SIGNATURE_LABEL]: signature }
  const good = await addEpoch(sql, signed, 'good', { labels })
  const copied = await addEpoch(sql, signed, 'copied', { labels })
  const otherApp = await addEpoch(sql, signed, 'good2', { labels: { ...labels, [APP]: 'other' } })
  const unsigned = await addEpoch(sql, signed, 'unsigned', { labels: { [ACCOUNT]: 'saltmarsh' } })
  const garbled = await addEpoch(sql, signed, 'garbled', { labels: { ...labels, [SIGNATURE_LABEL]: 'x' } })
  const found = await owned(signed, good, copied, otherApp, unsigned, garbled)
  expect(found.map((f) => f?.[0])).toEqual(['saltmarsh', null, null, null, null])
})

test('a rule maps what labels do not; the lowest priority that matches wins, and signs mean themselves', async () => {
  const rule = (key: string, value: string, account: bigint, app: string | null, priority: number) =>
    sql`insert into label_rule (label_key, label_value, account_id, app, priority, created_by)
      values (${key}, ${value}, ${account}, ${app}, ${priority}, 'test')`
  await rule('team', 'blue*', saltmarsh, null, 50)
  await rule('team', '*', halyard, 'rest', 90)
  await rule('odd', '100%_a', halyard, null, 50)
  const epochs = [
    await addEpoch(sql, host, 'r1', { labels: { team: 'blue-2' } }),
    await addEpoch(sql, host, 'r2', { labels: { team: 'red' } }),
    await addEpoch(sql, host, 'r3', { labels: { odd: '100%_a' } }),
    await addEpoch(sql, host, 'r4', { labels: { odd: '100xxa' } }),
    await addEpoch(sql, host, 'r5', { labels: { team: 'red', [ACCOUNT]: 'saltmarsh' } }),
  ]
  expect(await owned(host, ...epochs)).toEqual([
    ['saltmarsh', 'blue-2', 'rule'],
    ['halyard', 'rest', 'rule'],
    ['halyard', '100%_a', 'rule'],
    [null, 'r4', 'none'],
    ['saltmarsh', 'r5', 'label'],
  ])
})

test('attributing an epoch again changes nothing', async () => {
  const epoch = await addEpoch(sql, host, 'again', { labels: { [ACCOUNT]: 'saltmarsh' } })
  await owned(host, epoch)
  await sql`update epoch set labels = '{}' where epoch = ${epoch}`
  expect(await owned(host, epoch, epoch)).toEqual([
    ['saltmarsh', 'again', 'label'],
    ['saltmarsh', 'again', 'label'],
  ])
})
