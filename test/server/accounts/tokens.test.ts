import fc from 'fast-check'
import { expect, test } from 'vitest'
import { actorOfToken, identify } from '#server/accounts/identify.ts'
import { grantableScopes } from '#server/accounts/scope.ts'
import { hashOf, makeToken } from '#server/accounts/token.ts'
import { SCOPES, type Actor } from '#server/context.ts'
import { house } from './house.ts'

const h = await house()
const owner = await h.person('owner@example.com')
await h.as(owner).accounts.create({ name: 'saltmarsh', displayName: 'Saltmarsh' })
const bearer = (token: string) => identify(h, new Headers({ authorization: `Bearer ${token}` }))

test('a token acts for its maker within its scopes, and only its hash is kept', async () => {
  const { token } = await h.as(owner).accounts.tokens.create({ name: 'laptop', scopes: ['read'], expiresInDays: 30 })
  const actor = await bearer(token)
  expect(actor).toMatchObject({ kind: 'token', userId: owner.userId, scopes: ['read'], accountId: null })
  expect((await h.as(actor).accounts.me()).accounts.map((a) => a.name)).toEqual(['owner', 'saltmarsh'])
  await expect(h.as(actor).accounts.rename({ account: 'saltmarsh', displayName: 'X' })).rejects.toThrow(
    'lacks the scope "write"',
  )
  const dump = await h.sql<{ text: string }[]>`select t::text as text from api_token t
    union all select e::text from audit_event e union all select j.payload::text from graphile_worker._private_jobs j`
  expect(dump.length).toBeGreaterThan(3)
  for (const { text } of dump) expect(text).not.toContain(token)
})

test('a token for one account reaches no other', async () => {
  const input = { account: 'saltmarsh', name: 'ci', scopes: ['read' as const, 'write' as const], expiresInDays: null }
  const { token } = await h.as(owner).accounts.tokens.createForAccount(input)
  const actor = await bearer(token)
  expect((await h.as(actor).accounts.me()).accounts.map((a) => a.name)).toEqual(['saltmarsh'])
  await expect(h.as(actor).accounts.view({ account: 'owner' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await h.as(actor).accounts.rename({ account: 'saltmarsh', displayName: 'By token' })
  expect((await h.auditOf('accounts.account.rename')).at(-1)).toMatchObject({
    actorId: `token:${actor.kind === 'token' ? actor.tokenId : ''}`,
    after: { displayName: 'By token' },
  })
})

test('a revoked, an expired, an unknown and a mistyped token each say what to do', async () => {
  const { token, id } = await h.as(owner).accounts.tokens.create({ name: 'short', scopes: ['read'], expiresInDays: 1 })
  const reasonOf = async (text: string, now = new Date()) => {
    const actor = await actorOfToken(h.sql, text, now)
    return actor.kind === 'anonymous' ? actor.reason : actor.kind
  }
  expect(await reasonOf(token, new Date(Date.now() + 86_500_000))).toMatch(/expired on .*; make another/)
  expect(await reasonOf(makeToken())).toMatch(/not known here/)
  expect(await reasonOf(token.replace(/.$/, (c) => (c === '0' ? '1' : '0')))).toMatch(/copy it again/)
  await h.as(owner).accounts.tokens.revoke({ id: id.toString() })
  expect(await reasonOf(token)).toMatch(/revoked on .*; make another/)
  await expect(h.as(await bearer(token)).accounts.me()).rejects.toThrow(/was revoked/)
  await expect(h.as(owner).accounts.tokens.revoke({ id: id.toString() })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('last use is written at most once a minute', async () => {
  const { token } = await h.as(owner).accounts.tokens.create({ name: 'used', scopes: ['read'], expiresInDays: 1 })
  const lastUse = async (now: Date) => {
    await actorOfToken(h.sql, token, now)
    const [row] = await h.sql<{ at: Date }[]>`select last_used_at as at from api_token where hash = ${hashOf(token)}`
    return row?.at.getTime()
  }
  const start = Date.now()
  expect(await lastUse(new Date(start))).toBe(start)
  expect(await lastUse(new Date(start + 59_000))).toBe(start)
  expect(await lastUse(new Date(start + 61_000))).toBe(start + 61_000)
})

test('nobody revokes a token of somebody else', async () => {
  const other = await h.person('other@example.com')
  const { id } = await h.as(owner).accounts.tokens.create({ name: 'mine', scopes: ['read'], expiresInDays: 1 })
  await expect(h.as(other).accounts.tokens.revoke({ id: id.toString() })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a token that leaked cannot make itself others', async () => {
  const { token } = await h.as(owner).accounts.tokens.create({ name: 'w', scopes: ['read', 'write'], expiresInDays: 1 })
  const actor = await bearer(token)
  await expect(
    h.as(actor).accounts.tokens.create({ name: 'x', scopes: ['read'], expiresInDays: null }),
  ).rejects.toThrow('cannot make others')
  await expect(h.as(actor).accounts.users.security()).rejects.toThrow('sign in with a browser')
})

test("nobody gives a scope that they do not have, and none of the platform with an account's token", () => {
  const actor: fc.Arbitrary<Actor> = fc.record({
    kind: fc.constant('token' as const),
    tokenId: fc.constant(1n),
    label: fc.constant('t'),
    userId: fc.constantFrom('u', null),
    roles: fc.subarray(['operator', 'admin'] as const),
    scopes: fc.subarray([...SCOPES]),
    accountId: fc.constant(null),
  }) as fc.Arbitrary<Actor>
  fc.assert(
    fc.property(actor, fc.boolean(), (who, forAccount) => {
      if (who.kind !== 'token') return
      for (const scope of grantableScopes(who, forAccount)) {
        expect(who.scopes).toContain(scope)
        if (scope === 'admin') expect(who.roles).toContain('admin')
        if (scope === 'operate') expect(who.roles.length).toBeGreaterThan(0)
        if (forAccount) expect(['read', 'write']).toContain(scope)
      }
    }),
  )
})
