import { expect, test } from 'vitest'
import { createRepository } from '#server/registry/createRepository.ts'
import { registryHealth } from '#server/registry/health.ts'
import { house } from '../accounts/house.ts'

const h = await house()
const { sql } = h
const admin = { ...(await h.person('admin@wharf.example')), roles: ['admin' as const, 'operator' as const] }
await sql`insert into platform_role (user_id, role) values (${admin.userId}, 'admin')`
const official = async () => (await h.as(admin).registry.search({ official: true })).rows.map(({ path }) => path)

test('an admin of the platform says in which order official images stand; the others follow by use', async () => {
  for (const [name, pulls] of [
    ['alpine', 5],
    ['busybox', 500],
    ['caddy', 50],
  ] as const) {
    await h.as(admin).registry.createOfficial({ name, description: `The image ${name}` })
    await sql`update repository set pulls = ${pulls} where path = ${`library/${name}`}`
  }
  expect(await official()).toEqual(['library/busybox', 'library/caddy', 'library/alpine'])
  await h.as(admin).registry.orderOfficial({ paths: ['library/alpine', 'library/caddy'] })
  expect(await official()).toEqual(['library/alpine', 'library/caddy', 'library/busybox'])
  await h.as(admin).registry.orderOfficial({ paths: [] })
  expect(await official()).toEqual(['library/busybox', 'library/caddy', 'library/alpine'])
  await expect(h.as(admin).registry.orderOfficial({ paths: ['acme/x'] })).rejects.toThrow('no official image')
  expect((await h.auditOf('registry.official.order')).map(({ actorId }) => actorId)).toEqual([
    admin.userId,
    admin.userId,
  ])
})

test('a public repository is made official by moving to its short name; a private one is not, nor by anybody', async () => {
  const [acme] = await sql<{ id: bigint; name: string }[]>`insert into account (name, kind, display_name)
    values ('acme', 'organization', 'Acme') returning id, name`
  await sql`insert into entitlement (account_id, key, value, source) values (${acme!.id}, 'private_repositories', 5, 'plan:test')`
  await createRepository(h.ctx(), acme!, { name: 'proxy', visibility: 'public' })
  await createRepository(h.ctx(), acme!, { name: 'secret', visibility: 'private' })
  const owner = await h.person('owner@acme.example')
  await sql`insert into account_member (account_id, user_id, role) values (${acme!.id}, ${owner.userId}, 'owner')`
  await expect(h.as(owner).registry.makeOfficial({ path: 'acme/proxy', name: 'proxy' })).rejects.toThrow('admin')
  await expect(h.as(admin).registry.makeOfficial({ path: 'acme/secret', name: 'secret' })).rejects.toThrow('public')
  expect(await h.as(admin).registry.makeOfficial({ path: 'acme/proxy', name: 'proxy' })).toMatchObject({
    path: 'library/proxy',
  })
  const [move] = await sql`select from_path, to_path, state from repository_move`
  expect(move).toEqual({ fromPath: 'acme/proxy', toPath: 'library/proxy', state: 'running' })
})

test('where no registry runs a page can say in a line how to get one', async () => {
  const { state, text } = await registryHealth()
  expect([state, text]).toEqual(['none', expect.stringContaining('install Debian\'s "docker-registry"')])
})
