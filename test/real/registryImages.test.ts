import { beforeAll, expect, test } from 'vitest'
import { deleteTag } from '#server/registry/deleteTag.ts'
import { followMove, forgetPath } from '#server/registry/followMove.ts'
import { meetToChange } from '#server/registry/meet.ts'
import { purgeRepositories } from '#server/registry/purgeRepositories.ts'
import { watchLimits } from '#server/registry/watchLimits.ts'
import { ACCEPT, expectDone, INDEX_TYPE, indexOf, registryPlane, someBytes } from '../support/registryPlane.ts'

// What the accounts' side does to images through a real registry: renames, tags and repositories that go, and what
// webhooks hear of it.

const plane = await registryPlane()
const { sql, api, token } = plane
let owner: { name: string; password: string }
let person: Awaited<ReturnType<typeof plane.person>>
let acme: { id: bigint; name: string }
let twin: { id: bigint; name: string }

const tagsOf = async (path: string, as?: { name: string; password: string }) => {
  const { status, body } = await api('GET', `/v2/${path}/tags/list`, {
    token: await token(`repository:${path}:pull`, as),
  })
  return status === 200 ? (JSON.parse(body.toString()) as { tags: string[] | null }).tags?.toSorted() : status
}
const has = async (path: string, reference: string) => {
  const bearer = await token(`repository:${path}:pull`, owner)
  return (await api('GET', `/v2/${path}/manifests/${reference}`, { token: bearer, headers: ACCEPT })).status
}
const ctx = () => ({ ...plane.context(), actor: person })
const events = async () => {
  const rows = await sql<{ type: string; body: string }[]>`select type, body from webhook_delivery order by id`
  return rows.map(({ type, body }) => [type, (JSON.parse(body) as { data: Record<string, unknown> }).data])
}

beforeAll(async () => {
  acme = await plane.organization('acme')
  twin = await plane.organization('twin')
  person = await plane.person('owner@acme.example')
  for (const account of [acme, twin]) await plane.member(account, person, 'owner')
  owner = await plane.apiToken(person)
})

test('a renamed repository has all its images under the new name, moves no bytes, and answers under the old one', async () => {
  const bearer = await token('repository:acme/old:pull,push', owner)
  const images = []
  for (const architecture of ['amd64', 'arm64']) {
    const layers = [someBytes(4_000), someBytes(200)]
    const image = await plane.pushImage('acme/old', bearer, undefined, layers, { os: 'linux', architecture })
    images.push({ ...image, architecture })
  }
  const index = indexOf(images)
  for (const tag of ['1', 'latest'])
    expectDone(await plane.putManifest('acme/old', bearer, tag, index, INDEX_TYPE), 201)
  const calls = plane.as(person)
  await calls.registry.repository.star({ path: 'acme/old', starred: true })
  const { moveId } = await calls.registry.repository.rename({ path: 'acme/old', account: 'twin', name: 'renamed' })
  expect(JSON.parse((await plane.askToken('repository:acme/old:pull,push', owner)).body.toString())).toMatchObject({
    errors: [{ message: expect.stringContaining('is being renamed') }],
  })
  await followMove(plane.context(), { moveId: String(moveId) })
  const [[job]] = [
    await sql<{ payload: { path: string; digests: string[] } }[]>`
    select j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
    where t.identifier = 'registry.forget_path'`,
  ]
  await forgetPath(plane.context(), job!.payload)

  expect(await tagsOf('twin/renamed', owner)).toEqual(['1', 'latest'])
  const pull = await token('repository:twin/renamed:pull', owner)
  for (const { digest } of images) expect(await has('twin/renamed', digest)).toBe(200)
  const blob = await api(
    'GET',
    `/v2/twin/renamed/blobs/${(JSON.parse(images[0]!.manifest.toString()) as { layers: { digest: string }[] }).layers[0]!.digest}`,
    { token: pull },
  )
  expect([blob.status, blob.body.length]).toEqual([200, 4_000])
  // The front knows names for a few seconds.
  await expect.poll(() => has('acme/old', 'latest'), { timeout: 60_000 }).toBe(200)
  const moved = await calls.registry.repository.get({ path: 'acme/old' })
  expect(moved).toMatchObject({ path: 'twin/renamed', stars: 1, starred: true, tags: 2 })
  const [sizes] = await sql`select (select size_bytes from registry_account where account_id = ${acme.id}) as acme,
    (select size_bytes from registry_account where account_id = ${twin.id}) = r.size_bytes as twin
    from repository r where path = 'twin/renamed'`
  expect(sizes).toEqual({ acme: 0n, twin: true })
})

test('deleting a tag leaves other tags of the same image, and the last one takes its image along', async () => {
  await sql`insert into webhook_endpoint (account_id, url, types, subject, sealed_secret, created_by)
    values (${acme.id}, 'https://hooks.example', ${['repository.push', 'repository.delete']}, 'acme/tagged', '', 'test')`
  const bearer = await token('repository:acme/tagged:pull,push', owner)
  const image = await plane.pushImage('acme/tagged', bearer, 'a', [someBytes(900)])
  expectDone(await plane.putManifest('acme/tagged', bearer, 'b', image.manifest), 201)
  const met = await meetToChange(ctx(), 'acme/tagged')
  await deleteTag(ctx(), met, 'a')
  expect([await tagsOf('acme/tagged', owner), await has('acme/tagged', image.digest)]).toEqual([['b'], 200])
  await deleteTag(ctx(), met, 'b')
  expect(await has('acme/tagged', image.digest)).toBe(404)
  const [left] = await sql`select (select count(*)::int from repository_tag where repository_id = ${met.id}) as tags,
    (select count(*)::int from registry_manifest where repository_id = ${met.id}) as manifests`
  expect(left).toEqual({ tags: 0, manifests: 0 })
  const pushed = { repository: 'acme/tagged', digest: image.digest }
  expect(await events()).toEqual([
    ['repository.push', expect.objectContaining({ ...pushed, tag: 'a' })],
    ['repository.push', expect.objectContaining({ ...pushed, tag: 'b' })],
    ['repository.delete', expect.objectContaining({ ...pushed, tag: 'a' })],
    ['repository.delete', expect.objectContaining({ ...pushed, tag: 'b' })],
  ])
})

test('a deleted repository can be kept for seven days, and is gone with its images after them', async () => {
  const image = await plane.pushImage('acme/gone', await token('repository:acme/gone:pull,push', owner), '1', [
    someBytes(300),
  ])
  const calls = plane.as(person).registry.repository
  await expect(calls.delete({ path: 'acme/gone', typedPath: 'acme' })).rejects.toThrow('type acme/gone to delete it')
  await calls.delete({ path: 'acme/gone', typedPath: 'acme/gone' })
  expect((await plane.askToken('repository:acme/gone:pull,push', owner)).status).toBe(403)
  await calls.keep({ path: 'acme/gone' })
  expect(await has('acme/gone', image.digest)).toBe(200)
  const { deleteAt } = await calls.delete({ path: 'acme/gone', typedPath: 'acme/gone' })
  await purgeRepositories(plane.context(new Date(deleteAt.getTime() - 1)))
  expect(await has('acme/gone', image.digest)).toBe(200)
  await purgeRepositories(plane.context(deleteAt))
  await expect(calls.get({ path: 'acme/gone' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await has('acme/gone', image.digest)).not.toBe(200)
})

test('an account hears once of a limit that it meets', async () => {
  await sql`insert into webhook_endpoint (account_id, url, types, sealed_secret, created_by)
    values (${twin.id}, 'https://hooks.example', ${['repository.quota']}, '', 'test')`
  await plane.limit(twin.id, { storage_mib: 0 })
  for (let n = 0; n < 2; n += 1) await watchLimits(plane.context())
  const told = (await events()).filter(([type]) => type === 'repository.quota')
  expect(told).toEqual([['repository.quota', expect.objectContaining({ account: 'twin', limit: 'storage_mib' })]])
})
