import { beforeAll, describe, expect, test } from 'vitest'
import { allowed, type Grant, type Subject } from '#server/registry/allow.ts'
import { createByPush } from '#server/registry/createRepository.ts'
import { createRobot, revokeRobot } from '#server/registry/changeRobot.ts'
import { house } from '../accounts/house.ts'

const h = await house()
const { sql } = h
const at = { now: new Date('2026-06-15T12:00:00Z'), publicUrl: 'https://wharf.example' }
const ctx = () => h.ctx(undefined, at.now)

const subjects: Record<string, Subject> = { anybody: { anonymous: true } }
let acme: { id: bigint; name: string }
const repositoryIds = new Map<string, bigint>()

const limits = async (accountId: bigint, given: Record<string, number | null>) => {
  for (const [key, value] of Object.entries(given))
    await sql`insert into entitlement (account_id, key, value, source) values (${accountId}, ${key}, ${value}, 'plan:test')
      on conflict (account_id, key) do update set value = excluded.value`
}
const ROOMY = { private_repositories: 10, storage_mib: 1024, pulls_a_day: 1000 }

const organization = async (name: string) => {
  const [row] = await sql<{ id: bigint }[]>`insert into account (name, kind, display_name)
    values (${name}, 'organization', ${name}) returning id`
  await limits(row!.id, ROOMY)
  return { id: row!.id, name }
}

const can = async (who: string, name: string): Promise<Grant> =>
  (await allowed(sql, subjects[who]!, [name], at)).get(name)!
const actions = async (who: string, name: string) => (await can(who, name)).actions.join(' ') || 'nothing'

beforeAll(async () => {
  acme = await organization('acme')
  for (const name of ['secret', 'open']) {
    const visibility = name === 'open' ? 'public' : 'private'
    const { id } = await createByPush(ctx(), { accountId: acme.id, path: `acme/${name}`, visibility })
    repositoryIds.set(name, id)
  }
  const [team] = await sql<
    { id: bigint }[]
  >`insert into team (account_id, name) values (${acme.id}, 'builders') returning id`
  for (const role of ['owner', 'admin', 'billing', 'member']) {
    const { userId } = await h.person(`${role}@acme.example`)
    await sql`insert into account_member (account_id, user_id, role) values (${acme.id}, ${userId}, ${role})`
    subjects[role] = { userId }
  }
  for (const permission of ['read', 'write', 'admin'] as const) {
    const outside = await h.person(`${permission}@outside.example`)
    const inside = await h.person(`team-${permission}@acme.example`)
    await sql`insert into account_member (account_id, user_id, role) values (${acme.id}, ${inside.userId}, 'member')`
    const [own] = await sql<{ id: bigint }[]>`insert into team (account_id, name)
      values (${acme.id}, ${permission}) returning id`
    await sql`insert into team_member (team_id, user_id) values (${own!.id}, ${inside.userId})`
    for (const id of repositoryIds.values()) {
      await sql`insert into repository_collaborator (repository_id, user_id, permission, added_by)
        values (${id}, ${outside.userId}, ${permission}, 'test')`
      await sql`insert into repository_team (repository_id, team_id, permission) values (${id}, ${own!.id}, ${permission})`
    }
    subjects[`outsider with ${permission}`] = { userId: outside.userId }
    subjects[`team with ${permission}`] = { userId: inside.userId }
  }
  await sql`delete from team where id = ${team!.id}`
  const stranger = await h.person('stranger@elsewhere.example')
  subjects['stranger'] = { userId: stranger.userId }
  for (const every of ['read', 'write'] as const) {
    const input = { name: `all-${every}`, description: '', reach: { every }, expiresInDays: 30 }
    subjects[`robot of all, ${every}`] = { robotId: (await createRobot(ctx(), acme, input)).id }
    const reach = { repositories: [{ name: 'secret', permission: every }] }
    const one = await createRobot(ctx(), acme, { ...input, name: `one-${every}`, reach })
    subjects[`robot of one, ${every}`] = { robotId: one.id }
  }
})

// What docs/registry.md says of roles, visibility and actions, in its words.
const ALL = 'pull push delete'
const TABLE: Record<string, { open: string; secret: string; other: string }> = {
  anybody: { open: 'pull', secret: 'nothing', other: 'nothing' },
  stranger: { open: 'pull', secret: 'nothing', other: 'nothing' },
  owner: { open: ALL, secret: ALL, other: 'pull push' },
  admin: { open: ALL, secret: ALL, other: 'pull push' },
  billing: { open: 'pull', secret: 'nothing', other: 'nothing' },
  member: { open: 'pull', secret: 'nothing', other: 'nothing' },
  'team with read': { open: 'pull', secret: 'pull', other: 'nothing' },
  'team with write': { open: 'pull push', secret: 'pull push', other: 'nothing' },
  'team with admin': { open: ALL, secret: ALL, other: 'nothing' },
  'outsider with read': { open: 'pull', secret: 'pull', other: 'nothing' },
  'outsider with write': { open: 'pull push', secret: 'pull push', other: 'nothing' },
  'outsider with admin': { open: ALL, secret: ALL, other: 'nothing' },
  'robot of all, read': { open: 'pull', secret: 'pull', other: 'nothing' },
  'robot of all, write': { open: 'pull push', secret: 'pull push', other: 'pull push' },
  'robot of one, read': { open: 'pull', secret: 'pull', other: 'nothing' },
  'robot of one, write': { open: 'pull', secret: 'pull push', other: 'nothing' },
}

test.each(Object.entries(TABLE))('%s may do what the table says', async (who, says) => {
  expect({
    open: await actions(who, 'acme/open'),
    secret: await actions(who, 'acme/secret'),
    other: await actions(who, 'acme/new-one'),
  }).toEqual(says)
})

test('who may not know of a repository gets the same answer as for none', async () => {
  for (const who of ['anybody', 'stranger', 'member', 'billing']) {
    const [hidden, none] = await Promise.all([can(who, 'acme/secret'), can(who, 'acme/absent')])
    expect({ ...hidden, path: '', reason: hidden.reason?.replace('secret', 'X') }).toEqual({
      ...none,
      path: '',
      reason: none.reason?.replace('absent', 'X'),
    })
  }
})

test.each(['acme/UPPER', '../acme/secret', 'acme/secret/../open', 'acme', 'acme//x', '_catalog', 'a/b/c', ''])(
  'the name "%s" gives its owner nothing',
  async (name) => expect((await can('owner', name)).actions).toEqual([]),
)

test('a token acts within its scopes and its account, and not once it is revoked', async () => {
  const { userId } = subjects['owner'] as { userId: string }
  const other = await organization('elsewhere')
  const tokenOf = async (scopes: string[], accountId: bigint | null) => {
    const [row] = await sql<{ id: bigint }[]>`insert into api_token (user_id, account_id, name, hash, hint, scopes)
      values (${userId}, ${accountId}, 'test', ${Buffer.from(crypto.randomUUID())}, '', ${scopes}) returning id`
    subjects['token'] = { tokenId: row!.id }
    return row!.id
  }
  await tokenOf(['read'], null)
  expect(await actions('token', 'acme/secret')).toBe('pull')
  const id = await tokenOf(['read', 'write'], acme.id)
  expect(await actions('token', 'acme/secret')).toBe(ALL)
  await sql`update api_token set revoked_at = now() where id = ${id}`
  expect(await actions('token', 'acme/secret')).toBe('nothing')
  await tokenOf(['read', 'write'], other.id)
  expect(await actions('token', 'acme/secret')).toBe('nothing')
})

test('a robot ends when it is revoked and when its time is over', async () => {
  const input = { name: 'short', description: '', reach: { every: 'write' as const }, expiresInDays: 1 }
  const { id } = await createRobot(ctx(), acme, input)
  const asked = (now: Date) => allowed(sql, { robotId: id }, ['acme/secret'], { ...at, now })
  expect((await asked(at.now)).get('acme/secret')?.actions).toEqual(['pull', 'push'])
  expect((await asked(new Date('2026-06-17'))).get('acme/secret')?.actions).toEqual([])
  await revokeRobot(ctx(), acme, id)
  expect((await asked(at.now)).get('acme/secret')?.actions).toEqual([])
})

describe('at the limits of a plan', () => {
  test('a new private repository is refused in words, by a push too, and of two at once one', async () => {
    const small = await organization('small')
    await limits(small.id, { private_repositories: 1 })
    await sql`insert into account_member (account_id, user_id, role)
      values (${small.id}, ${(subjects['owner'] as { userId: string }).userId}, 'owner')`
    const make = (path: string) => createByPush(ctx(), { accountId: small.id, path, visibility: 'private' })
    const both = await Promise.allSettled([make('small/one'), make('small/two')])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await can('owner', 'small/three')).toMatchObject({
      actions: [],
      reason:
        'small has the 1 private repository of its plan. Make one public or choose a larger plan: https://wharf.example/small/plan',
    })
    await limits(small.id, { private_repositories: 3 })
    expect(await can('owner', 'small/three')).toMatchObject({ actions: ['pull', 'push'], creates: 'private' })
  })

  test('what is beyond the limit is read-only for its people and closed to others; older ones go on', async () => {
    const shrunk = await organization('shrunk')
    const { userId } = subjects['owner'] as { userId: string }
    await sql`insert into account_member (account_id, user_id, role) values (${shrunk.id}, ${userId}, 'owner')`
    for (const name of ['old', 'new']) {
      const { id } = await createByPush(ctx(), { accountId: shrunk.id, path: `shrunk/${name}`, visibility: 'private' })
      await sql`insert into repository_collaborator (repository_id, user_id, permission, added_by)
        values (${id}, ${(subjects['stranger'] as { userId: string }).userId}, 'write', 'test')`
    }
    await limits(shrunk.id, { private_repositories: 1 })
    expect([await actions('owner', 'shrunk/old'), await actions('owner', 'shrunk/new')]).toEqual([ALL, 'pull'])
    expect([await actions('stranger', 'shrunk/old'), await actions('stranger', 'shrunk/new')]).toEqual([
      'pull push',
      'nothing',
    ])
  })

  test('full storage stops pushes, not pulls, nor deleting', async () => {
    await sql`insert into registry_account (account_id, size_bytes) values (${acme.id}, ${1024n * 1_048_576n})`
    expect([await actions('owner', 'acme/secret'), await actions('team with write', 'acme/secret')]).toEqual([
      'pull delete',
      'pull',
    ])
    expect((await can('owner', 'acme/secret')).reason).toContain('acme uses 1 GiB of the 1 GiB its plan stores')
    await sql`delete from registry_account where account_id = ${acme.id}`
  })

  test('when the pulls of a day are used up, others wait and the account goes on', async () => {
    await sql`insert into registry_day (account_id, repository_id, day, pulls)
      values (${acme.id}, ${repositoryIds.get('open')!}, '2026-06-15', 1000)`
    expect(await can('anybody', 'acme/open')).toMatchObject({ actions: [], isLimited: true })
    expect(await actions('member', 'acme/open')).toBe('pull')
    expect(await actions('robot of all, read', 'acme/open')).toBe('pull')
    await sql`delete from registry_day where account_id = ${acme.id}`
  })

  test('a suspended account is read-only; but for billing, others cannot pull', async () => {
    const hold = async (kind: string, check: () => Promise<void>) => {
      await sql`insert into account_hold (account_id, kind, reason, placed_by) values (${acme.id}, ${kind}, 'test', 'test')`
      await check()
      await sql`update account_hold set lifted_at = now() where account_id = ${acme.id}`
    }
    await hold('billing', async () => {
      expect([await actions('owner', 'acme/secret'), await actions('anybody', 'acme/open')]).toEqual(['pull', 'pull'])
    })
    await hold('abuse', async () => {
      expect([await actions('owner', 'acme/secret'), await actions('anybody', 'acme/open')]).toEqual([
        'pull',
        'nothing',
      ])
    })
  })
})

test('an official image has a short name; admins of the platform push to it, others pull', async () => {
  const { userId } = await h.person('chief@wharf.example')
  await sql`insert into platform_role (user_id, role) values (${userId}, 'admin')`
  subjects['chief'] = { userId }
  const chief = { kind: 'user' as const, userId, email: '', name: '', sessionId: '', roles: ['admin' as const] }
  await h.as(chief, at.now).registry.createOfficial({ name: 'alpine' })
  expect(await can('anybody', 'alpine')).toMatchObject({ path: 'library/alpine', actions: ['pull'] })
  expect(await actions('chief', 'library/alpine')).toBe(ALL)
  expect(await actions('owner', 'alpine')).toBe('pull')
  expect(await actions('owner', 'library/mine')).toBe('nothing')
})
