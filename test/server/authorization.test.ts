import type { AnyProcedure } from '@trpc/server'
import { TRPCError } from '@trpc/server'
import { expect, test } from 'vitest'
import type { Pool, Tx } from '#db/client.ts'
import { hashOf, makeToken } from '#server/accounts/token.ts'
import { systemContext, type Actor, type Context, type MemberRole } from '#server/context.ts'
import { appRouter, createCaller } from '#server/router.ts'
import type { Access } from '#server/trpc.ts'
import { testDatabase } from '../support/database.ts'
import { NOT_ROBOTS, PEOPLE_ONLY, PROCEDURES, ROUTES } from './access.ts'
import { addHost, signed, startPlane } from './ingest/plane.ts'

const { sql, url: databaseUrl } = await testDatabase({ max: 8 })
const plane = await startPlane(sql, databaseUrl, { WHARF_METRICS_TOKEN: 'a token to read metrics with' })

type Procedure = AnyProcedure & { _def: { type: 'query' | 'mutation' | 'subscription'; meta?: { access?: Access } } }
// oxlint-disable-next-line no-underscore-dangle -- tRPC's own name for what a router is made of
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>)

const wordOf = (access: Access): string => {
  if (access.who === 'platform') return access.role
  if (access.who !== 'account') return access.who
  const roles = access.roles.length === 4 ? 'members' : access.roles.join(' ')
  return access.whileHeld ? `${roles} while held` : roles
}

test('every procedure says who may call it, and is listed so', () => {
  const found = procedures.map(([name, { _def }]) => [name, _def.meta?.access ? wordOf(_def.meta.access) : 'NO ACCESS'])
  expect(Object.fromEntries(found.toSorted())).toEqual(PROCEDURES)
})

test('every route says who may call it, and is listed so', () => {
  const found = plane.routes.map(({ method, path, access }) => [`${method} ${path}`, access])
  expect(Object.fromEntries(found.toSorted())).toEqual(ROUTES)
})

// Two accounts: `wharf` works, `held` is suspended. One person a role in each; people of the platform are in neither.
const addPerson = async (name: string) => {
  await sql`insert into auth_user (id, name, email, email_verified) values (${name}, ${name}, ${`${name}@example.com`}, true)`
  return name
}
const addAccount = async (name: string) => {
  const [row] = await sql<{ id: bigint }[]>`insert into account (name, kind, display_name)
    values (${name}, 'organization', ${name}) returning id`
  const id = row?.id ?? 0n
  for (const role of ['owner', 'admin', 'billing', 'member']) {
    await sql`insert into account_member (account_id, user_id, role) values (${id}, ${await addPerson(`${name}-${role}`)}, ${role})`
  }
  return id
}
const accountId = await addAccount('wharf')
const heldId = await addAccount('held')
await sql`insert into account_hold (account_id, kind, reason, placed_by) values (${heldId}, 'billing', 'not paid', 'test')`
for (const name of ['outsider', 'operator', 'admin']) await addPerson(name)
await sql`insert into platform_role (user_id, role) values ('operator', 'operator'), ('admin', 'admin')`

type Role = {
  actor: Actor
  /** Membership in the account that is asked for, and which one that is. */
  in?: MemberRole
  account?: 'wharf' | 'held'
  platform?: 'operator' | 'admin'
  /** Of a token; a person can do all. */
  scopes?: readonly string[]
}
const person = (userId: string, roles: ('operator' | 'admin')[] = []): Actor => ({
  kind: 'user',
  userId,
  email: `${userId}@example.com`,
  name: userId,
  sessionId: `session of ${userId}`,
  roles,
})
type Scopes = ('read' | 'write' | 'operate' | 'admin')[]
const token = (
  userId: string | null,
  scopes: Scopes,
  roles: ('operator' | 'admin')[] = [],
  only: bigint | null = null,
): Actor => ({
  kind: 'token',
  tokenId: 1n,
  label: `a token of ${userId}`,
  userId,
  roles,
  scopes,
  accountId: only,
})

const ROLES: Record<string, Role> = {
  anonymous: { actor: { kind: 'anonymous' } },
  agent: { actor: { kind: 'agent', hostId: 1, label: 'host' } },
  outsider: { actor: person('outsider') },
  member: { actor: person('wharf-member'), in: 'member' },
  billing: { actor: person('wharf-billing'), in: 'billing' },
  'account admin': { actor: person('wharf-admin'), in: 'admin' },
  owner: { actor: person('wharf-owner'), in: 'owner' },
  'suspended member': { actor: person('held-member'), in: 'member', account: 'held' },
  'suspended owner': { actor: person('held-owner'), in: 'owner', account: 'held' },
  operator: { actor: person('operator', ['operator']), platform: 'operator' },
  admin: { actor: person('admin', ['admin']), platform: 'admin' },
  'token to read': { actor: token('wharf-owner', ['read']), in: 'owner', scopes: ['read'] },
  'token to write': { actor: token('wharf-owner', ['read', 'write']), in: 'owner', scopes: ['read', 'write'] },
  'token without a scope': { actor: token('wharf-owner', []), in: 'owner', scopes: [] },
  'token of another account': { actor: token('wharf-owner', ['read', 'write'], [], heldId), scopes: ['read', 'write'] },
  'token of this account': {
    actor: token('wharf-owner', ['read', 'write'], [], accountId),
    in: 'owner',
    scopes: ['read', 'write'],
  },
  "operator's token without operate": {
    actor: token('operator', ['read', 'write'], ['operator']),
    platform: 'operator',
    scopes: ['read', 'write'],
  },
  "admin's token without admin": {
    actor: token('admin', ['read', 'write', 'operate'], ['admin']),
    platform: 'admin',
    scopes: ['read', 'write', 'operate'],
  },
  "operator's token with every scope": {
    actor: token('operator', ['read', 'write', 'operate', 'admin'], ['operator']),
    platform: 'operator',
    scopes: ['read', 'write', 'operate', 'admin'],
  },
  robot: {
    actor: token(null, ['read', 'write', 'operate', 'admin'], ['operator', 'admin']),
    platform: 'admin',
    scopes: ['read', 'write', 'operate', 'admin'],
  },
}

/** What the words in the list mean, said without the code that keeps them. */
const mayCall = (listed: string, changes: boolean, role: Role): boolean => {
  if (listed === 'anyone') return true
  if (role.actor.kind === 'anonymous' || role.actor.kind === 'agent') return false
  const has = (scope: string) => role.scopes?.includes(scope) ?? true
  const operates = role.platform !== undefined && has('operate')
  const administers = role.platform === 'admin' && has('admin')
  if (listed === 'operator') return operates
  if (listed === 'admin') return administers
  if (!has(changes ? 'write' : 'read')) return false
  if (listed === 'signed-in') return true
  if (!changes) return role.in !== undefined || operates
  if (administers) return true
  if (role.account === 'held' && !listed.endsWith(' while held')) return false
  const roles = listed.replace(' while held', '')
  return role.in !== undefined && (roles === 'members' || roles.split(' ').includes(role.in))
}

class Undo extends Error {}

/** Calls as that role in a transaction that is undone, and tells how it was answered. */
const call = async (name: string, role: Role): Promise<TRPCError | 'passed'> => {
  let outcome: TRPCError | 'passed' = 'passed'
  const attempt = async (tx: Tx) => {
    const inside = new Proxy(tx, {
      get: (target, key) =>
        key === 'begin'
          ? (...given: unknown[]) => target.savepoint(given.at(-1) as (tx: Tx) => unknown)
          : (Reflect.get(target, key) as unknown),
    }) as unknown as Pool
    const ctx: Context = { ...systemContext(inside, plane.env, 'test'), live: plane.live, actor: role.actor }
    const path = name.split('.')
    const procedure = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], createCaller(ctx))
    try {
      // Nothing but the account: who may not call is refused before the rest is looked at.
      await (procedure as (input: unknown) => Promise<unknown>)({ account: role.account ?? 'wharf' })
    } catch (error) {
      if (!(error instanceof TRPCError)) throw error
      outcome = error
    }
    throw new Undo()
  }
  await sql.begin(attempt).catch((error: unknown) => {
    if (!(error instanceof Undo)) throw error
  })
  return outcome
}

const isRefusal = (outcome: TRPCError | 'passed') =>
  outcome !== 'passed' &&
  (outcome.code === 'UNAUTHORIZED' ||
    outcome.code === 'FORBIDDEN' ||
    (outcome.code === 'NOT_FOUND' && outcome.message.startsWith('no account ')))

test.each(Object.entries(ROLES))('%s may call what the list says and nothing else', async (_, role) => {
  const wrong: string[] = []
  for (const [name, { _def }] of procedures) {
    const { actor } = role
    const fits = actor.kind !== 'token' || (!PEOPLE_ONLY.has(name) && (actor.userId !== null || !NOT_ROBOTS.has(name)))
    const expected = fits && mayCall(PROCEDURES[name] ?? 'unlisted', _def.type === 'mutation', role)
    const outcome = await call(name, role)
    const got = !isRefusal(outcome)
    if (outcome !== 'passed' && outcome.code === 'INTERNAL_SERVER_ERROR') wrong.push(`${name}: ${outcome.message}`)
    if (got !== expected) {
      wrong.push(`${name} (${PROCEDURES[name]}) should be ${expected ? 'allowed' : 'refused'}: ${String(outcome)}`)
    }
  }
  expect(wrong).toEqual([])
})

test('a refusal says the same of an account that is not ours and one that is not there', async () => {
  const ctx = { ...systemContext(sql, plane.env, 'test'), actor: person('outsider') }
  const messages = []
  for (const account of ['wharf', 'no-such-account']) {
    const error: unknown = await createCaller(ctx)
      .accounts.view({ account })
      .catch((e: unknown) => e)
    messages.push((error as Error).message.replace(account, 'NAME'))
  }
  expect(messages[0]).toBe(messages[1])
})

const status = async (method: string, path: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(plane.url + path, { method, headers, signal: AbortSignal.timeout(10_000) })
  await answer.body?.cancel()
  return answer.status
}
const pathOf = (path: string) => path.replace('/*', '/nothing')

test('routes for agents take nothing but a signature', async () => {
  const host = await addHost(sql)
  const robot = { authorization: 'Bearer wharf_not-one' }
  for (const { method, path, access } of plane.routes) {
    if (access !== 'agent') continue
    const at = [method, pathOf(path)] as const
    expect([path, await status(...at)]).toEqual([path, 401])
    expect([path, await status(...at, robot)]).toEqual([path, 401])
    const empty = signed(host, 0, Buffer.alloc(0), { path: pathOf(path), gzip: false })
    if (method === 'POST')
      expect([path, [401, 403].includes(await status(method, pathOf(path), empty))]).toEqual([path, false])
  }
  await sql`update host set revoked_at = now() where id = ${host.hostId}`
  await expect.poll(() => status('POST', '/v1/reports', signed(host, 1, Buffer.alloc(0)))).toBe(403)
})

test('routes for anyone ask nobody who they are', async () => {
  for (const { method, path, access } of plane.routes) {
    if (access !== 'anyone') continue
    expect([path, [401, 403].includes(await status(method, pathOf(path)))]).toEqual([path, false])
  }
})

test('routes of an account take nothing but a session or token that sees it', async () => {
  for (const { method, path, access } of plane.routes) {
    if (access !== 'account') continue
    expect([path, await status(method, pathOf(path))]).toEqual([path, 401])
    expect([path, await status(method, pathOf(path), { authorization: 'Bearer wharf_not-one' })]).toEqual([path, 401])
  }
})

test('routes for alerts take nothing but a token of a source, or one that operates', async () => {
  const reads = makeToken()
  await sql`insert into api_token (name, hash, hint, scopes, created_at)
    values ('reader', ${hashOf(reads)}, 'hint', ${['read']}, now())`
  for (const { method, path, access } of plane.routes) {
    if (access !== 'alerts') continue
    expect([path, await status(method, pathOf(path))]).toEqual([path, 401])
    for (const token of ['wharf_not-one', 'whalert_not-one'])
      expect([path, await status(method, pathOf(path), { authorization: `Bearer ${token}` })]).toEqual([path, 401])
    const reader = { authorization: `Bearer ${reads}` }
    expect([path, await status(method, pathOf(path), reader)]).toEqual([path, 403])
  }
})

test('notifications of the registry are taken with its secret alone', async () => {
  const paths = plane.routes.filter(({ access }) => access === 'registry')
  expect(paths).not.toEqual([])
  for (const { method, path } of paths) {
    expect([path, await status(method, pathOf(path))]).toEqual([path, 401])
    expect([path, await status(method, pathOf(path), { authorization: 'Bearer wharf_not-one' })]).toEqual([path, 401])
  }
})

test('metrics are read on loopback, elsewhere with their token', async () => {
  expect(await status('GET', '/metrics')).toBe(200)
  const afar = { 'x-forwarded-for': '198.51.100.7' }
  expect(await status('GET', '/metrics', afar)).toBe(401)
  expect(await status('GET', '/metrics', { ...afar, authorization: 'Bearer another token of that length' })).toBe(401)
  expect(await status('GET', '/metrics', { ...afar, authorization: 'Bearer a token to read metrics with' })).toBe(200)
})

test('over HTTP too a procedure is refused without a session, and a browser of another site cannot act', async () => {
  expect(await status('GET', '/trpc/hosts.fleet')).toBe(401)
  expect(await status('GET', '/trpc/accounts.me')).toBe(401)
  expect(await status('POST', '/trpc/accounts.create', { 'content-type': 'application/json' })).toBe(401)
  expect(await status('POST', '/trpc/accounts.create', { origin: 'https://elsewhere.example' })).toBe(403)
  expect(await status('GET', '/v1/no-such-route')).toBe(404)
})

test('people hear news of their own accounts only', async () => {
  const listen = async (role: Role, topic: string) => {
    const ctx = { ...systemContext(sql, plane.env, 'test'), live: plane.live, actor: role.actor }
    const ending = new AbortController()
    const news = await createCaller(ctx, { signal: ending.signal }).live.changes({ topics: [topic] })
    // What is refused is refused before the first news; what is not waits for it.
    setTimeout(() => ending.abort(), 200)
    try {
      for await (const first of news as AsyncIterable<unknown>) if (first) break
      return 'heard'
    } catch (error) {
      return (error as { code?: string }).code ?? String(error)
    }
  }
  const role = (name: string) => ROLES[name] as Role
  expect(await listen(role('member'), `usage:${accountId}`)).toBe('heard')
  expect(await listen(role('member'), `usage:${heldId}`)).toBe('FORBIDDEN')
  expect(await listen(role('outsider'), `account:${accountId}`)).toBe('FORBIDDEN')
  expect(await listen(role('owner'), 'fleet')).toBe('FORBIDDEN')
  expect(await listen(role('operator'), 'fleet')).toBe('heard')
  expect(await listen(role("operator's token without operate"), 'fleet')).toBe('FORBIDDEN')
  expect(await listen(role('token of another account'), `usage:${accountId}`)).toBe('FORBIDDEN')
})
