import { expect, test } from 'vitest'
import { allowed } from '#server/registry/allow.ts'
import { house } from './house.ts'

const h = await house()

test('a person sees what becoming an organization moves and ends, and it is done as shown, at once', async () => {
  const ben = await h.person('ben@example.com')
  const [own] = await h.sql<{ id: bigint }[]>`select id from account where name = 'ben'`
  await h.sql`insert into entitlement (account_id, key, value, source) values (${own!.id}, 'private_repositories', 3, 'plan:free'),
    (${own!.id}, 'storage_mib', 10, 'plan:free')`
  const api = h.as(ben)
  await api.registry.repository.create({ account: 'ben', name: 'tools', visibility: 'private' })
  await api.registry.robots.create({ account: 'ben', name: 'ci', reach: { every: 'write' }, expiresInDays: null })

  const shown = await api.accounts.previewConversion({ account: 'ben' })
  expect(shown.stays).toEqual([
    { what: 'repositories', count: 1 },
    { what: 'robots', count: 1 },
    { what: 'limits of the plan', count: 2 },
  ])
  expect(shown.lost.join(' ')).toContain('cannot be made a personal account again')

  const input = { account: 'ben', typedName: 'ben', personalName: 'ben-home', seen: shown.digest }
  await api.registry.repository.create({ account: 'ben', name: 'more', visibility: 'private' })
  await expect(api.accounts.convert(input)).rejects.toMatchObject({ code: 'CONFLICT', message: /something changed/ })
  const again = await api.accounts.previewConversion({ account: 'ben' })
  await expect(api.accounts.convert({ ...input, seen: again.digest, personalName: 'ben' })).rejects.toMatchObject({
    message: expect.stringContaining('taken'),
  })
  await api.accounts.convert({ ...input, seen: again.digest })

  const me = await api.accounts.me()
  expect(me.accounts.map(({ name, kind, role }) => [name, kind, role])).toEqual([
    ['ben-home', 'user', 'owner'],
    ['ben', 'organization', 'owner'],
  ])
  const grant = await allowed(h.sql, { userId: ben.userId }, ['ben/tools'], { now: new Date(), publicUrl: '' })
  expect(grant.get('ben/tools')?.actions).toEqual(['pull', 'push', 'delete'])
  await expect(api.accounts.convert({ ...input, seen: again.digest })).rejects.toMatchObject({
    message: expect.stringContaining('organization already'),
  })
  expect(await h.auditOf('accounts.account.convert')).toHaveLength(1)
})
