import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createHostKeys } from '#server/hosts/keys.ts'
import { listen } from '#server/live.ts'
import { testDatabase } from '../../support/database.ts'

const { sql } = await testDatabase()

const makeHost = async (name: string) => {
  const [cluster] = await sql<
    { id: bigint }[]
  >`insert into cluster (name, kind) values (${name}, 'internal') returning id`
  const [host] = await sql<{ id: number }[]>`insert into host (name, cluster_id, facts)
    values (${name}, ${cluster?.id ?? 0n}, '{"cores": 8, "memoryTotalMib": 32000}') returning id`
  const id = host?.id ?? 0
  return { id, addKey: () => addKey(id) }
}
const addKey = async (hostId: number) => {
  const [key] = await sql<{ id: number }[]>`
    insert into host_key (host_id, public_key) values (${hostId}, ${randomBytes(32)}) returning id`
  return key?.id ?? 0
}

test('a host comes with its keys, cores and progress', async () => {
  const { id, addKey: add } = await makeHost('quay-1')
  const keyId = await add()
  await sql`insert into host_progress (host_id, contiguous_seq, max_seq) values (${id}, 40, 44)`
  const keys = createHostKeys(sql)
  expect(await keys.get(id)).toMatchObject({
    hostId: id,
    name: 'quay-1',
    cores: 8,
    memoryTotalMib: 32_000,
    contiguousSeq: 40,
    maxSeq: 44,
    revoked: false,
    keys: [{ keyId, revokedAtMs: null }],
  })
  expect(await keys.get(id + 1_000)).toBeUndefined()
})

test('look-ups that meet share one query, and later ones none', async () => {
  const hosts = await Promise.all(['quay-2', 'quay-3', 'quay-4'].map(makeHost))
  let queries = 0
  const counting = new Proxy(sql, {
    apply: (target, self, args) => ((queries += 1), Reflect.apply(target, self, args)),
  })
  const keys = createHostKeys(counting)
  const found = await Promise.all(hosts.map(({ id }) => keys.get(id)))
  expect(found.map((host) => host?.name)).toEqual(['quay-2', 'quay-3', 'quay-4'])
  await Promise.all(hosts.map(({ id }) => keys.get(id)))
  expect(queries).toBe(1)
})

test('what is cached is read again after 30 s, and a key unknown so far after one', async () => {
  const { id, addKey: add } = await makeHost('quay-5')
  let at = 1_000_000
  const keys = createHostKeys(sql, { clock: () => at })
  expect((await keys.get(id))?.keys).toHaveLength(0)
  const keyId = await add()
  expect((await keys.get(id))?.keys).toHaveLength(0)
  at += 1_001
  expect((await keys.get(id))?.keys).toHaveLength(0)
  expect((await keys.get(id, keyId))?.keys).toHaveLength(1)
  await sql`update host set revoked_at = now() where id = ${id}`
  at += 30_001
  expect((await keys.get(id))?.revoked).toBe(true)
})

test('a revocation is heard of at once, wherever it was made', async () => {
  const { id } = await makeHost('quay-6')
  const live = await listen(sql)
  const keys = createHostKeys(sql, { live })
  expect((await keys.get(id))?.revoked).toBe(false)
  const heard = new Promise<void>((resolve) => live.on([`host:${id}`], () => resolve()))
  await sql`update host set revoked_at = now() where id = ${id}`
  await heard
  expect((await keys.get(id))?.revoked).toBe(true)
  keys.close()
  await live.close()
})
