import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { createRobot } from '#server/registry/changeRobot.ts'
import { ACCEPT, expectDone, imageOf, registryPlane, someBytes } from '../support/registryPlane.ts'

const plane = await registryPlane()
const { sql, api, token } = plane
type Credentials = { name: string; password: string }

const who = new Map<string, Credentials | undefined>([['anybody', undefined]])
const layer = someBytes(100)
const KINDS = { open: 'public', secret: 'private' } as const
let owner: Credentials

/** The table of docs/registry.md: who, and what they may do where. */
const table = readFileSync(join(import.meta.dirname, '../../docs/registry.md'), 'utf8')
  .split('## Who may do what')[1]!
  .split('\n## ')[0]!
  .split('\n')
  .filter((line) => /^\| (?!who|-)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, name = '', open = '', secret = '', fresh = '']) => ({ name, open, secret, fresh }))

beforeAll(async () => {
  const acme = await plane.organization('acme')
  const ids = new Map<string, bigint>()
  for (const [name, visibility] of Object.entries(KINDS)) {
    ids.set(name, (await plane.repository(acme, name, visibility)).id)
  }
  for (const role of ['owner', 'admin', 'billing', 'member']) {
    const person = await plane.person(`${role}@acme.example`)
    await plane.member(acme, person, role)
    who.set(role, await plane.apiToken(person))
  }
  owner = who.get('owner')!
  who.set('stranger', await plane.apiToken(await plane.person('stranger@elsewhere.example')))
  for (const permission of ['read', 'write', 'admin'] as const) {
    const outside = await plane.person(`${permission}@outside.example`)
    const inside = await plane.person(`team-${permission}@acme.example`)
    await plane.member(acme, inside, 'member')
    const [team] = await sql<{ id: bigint }[]>`insert into team (account_id, name)
      values (${acme.id}, ${permission}) returning id`
    await sql`insert into team_member (team_id, user_id) values (${team!.id}, ${inside.userId})`
    for (const id of ids.values()) {
      await sql`insert into repository_collaborator (repository_id, user_id, permission, added_by)
        values (${id}, ${outside.userId}, ${permission}, 'test')`
      await sql`insert into repository_team (repository_id, team_id, permission) values (${id}, ${team!.id}, ${permission})`
    }
    who.set(`outsider with ${permission}`, await plane.apiToken(outside))
    who.set(`team with ${permission}`, await plane.apiToken(inside))
  }
  for (const every of ['read', 'write'] as const) {
    const input = { name: `all-${every}`, description: '', reach: { every }, expiresInDays: 30 }
    const all = await createRobot(plane.context(), acme, input)
    who.set(`robot of all, ${every}`, { name: all.login, password: all.secret })
    const reach = { repositories: [{ name: 'secret', permission: every }] }
    const one = await createRobot(plane.context(), acme, { ...input, name: `one-${every}`, reach })
    who.set(`robot of one, ${every}`, { name: one.login, password: one.secret })
  }
  for (const name of Object.keys(KINDS)) {
    const bearer = await token(`repository:acme/${name}:pull,push`, owner)
    await plane.pushImage(`acme/${name}`, bearer, 'kept', [layer])
  }
})

/** A token for all actions, which may hold fewer; none where the token service refuses. */
const bearerOf = async (as: Credentials | undefined, path: string, actions: string) => {
  const { status, body } = await plane.askToken(`repository:${path}:${actions}`, as)
  return status === 200 ? (JSON.parse(body.toString()) as { token: string }).token : undefined
}

/** What the real registry lets one do there, tried one by one. */
const doneBy = async (as: Credentials | undefined, path: string): Promise<string> => {
  const done: string[] = []
  const pull = await bearerOf(as, path, 'pull')
  const got = await api('GET', `/v2/${path}/manifests/kept`, { token: pull, headers: ACCEPT })
  if (got.status === 200) done.push('pull')
  const push = await bearerOf(as, path, 'pull,push')
  const tagged = await plane.putManifest(path, push ?? 'none', 'again', imageOf([layer]).manifest)
  if (tagged.status === 201) done.push('push')
  const image = imageOf([layer], { os: 'linux', architecture: `a${done.length}x${[...who.values()].indexOf(as)}` })
  const bearer = await token(`repository:${path}:pull,push`, owner)
  expectDone(await plane.putBlob(path, bearer, image.config), 201)
  expectDone(await plane.putManifest(path, bearer, image.digest, image.manifest), 201)
  const remove = await bearerOf(as, path, 'delete')
  const gone = await api('DELETE', `/v2/${path}/manifests/${image.digest}`, { token: remove })
  if (gone.status === 202) done.push('delete')
  for (const { status } of [got, tagged, gone]) expect([200, 201, 202, 401, 403]).toContain(status)
  return done.join(' ') || 'nothing'
}

const doneWithNew = async (as: Credentials | undefined, name: string): Promise<string> => {
  const path = `acme/new-${name.replaceAll(/[^a-z]+/g, '-')}`
  const bearer = await bearerOf(as, path, 'pull,push')
  const begun = await api('POST', `/v2/${path}/blobs/uploads/`, { token: bearer })
  return begun.status === 202 ? 'pull push' : 'nothing'
}

test('the table names every kind of client once', () => {
  expect(table.map(({ name }) => name).toSorted()).toEqual([...who.keys()].toSorted())
})

test.each(table)('$name does through the registry what the table says', async ({ name, open, secret, fresh }) => {
  const as = who.get(name)
  expect({
    open: await doneBy(as, 'acme/open'),
    secret: await doneBy(as, 'acme/secret'),
    fresh: await doneWithNew(as, name),
  }).toEqual({ open, secret, fresh })
})
