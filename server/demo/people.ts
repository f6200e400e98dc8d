import type { Tx } from '#db/client.ts'
import { randomBytes } from 'node:crypto'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { insertUser } from '../accounts/createUser.ts'
import { grantAll } from '../accounts/firstOperator.ts'
import { beginFree } from '../billing/endSubscription.ts'
import { wholeSecond } from '../billing/subscriptionTerms.ts'
import { createCluster } from '../hosts/cluster.ts'
import { DAY_MS } from '../time.ts'

/** Everybody in the demo signs in with it. */
export const DEMO_PASSWORD = 'tide-table-2026'
export const DEMO_OPERATOR = 'demo@wharfinger.example'
export const DEMO_CUSTOMER = 'iris@saltmarsh.example'

type Role = 'owner' | 'admin' | 'billing' | 'member'
type Person = { email: string; name: string; roles?: Partial<Record<string, Role>> }

const PEOPLE: Person[] = [
  { email: DEMO_CUSTOMER, name: 'Iris Malmgren', roles: { saltmarsh: 'owner', tidepool: 'billing' } },
  { email: 'benedikt@saltmarsh.example', name: 'Benedikt Aas', roles: { saltmarsh: 'admin' } },
  { email: 'noor@saltmarsh.example', name: 'Noor Haddad', roles: { saltmarsh: 'member' } },
  { email: 'petra@saltmarsh.example', name: 'Petra Vondráková', roles: { saltmarsh: 'billing' } },
  { email: 'oskar@greyheron.example', name: 'Oskar Lindqvist', roles: { greyheron: 'owner' } },
  { email: 'mei@greyheron.example', name: 'Mei Tanaka', roles: { greyheron: 'admin', tidepool: 'member' } },
  { email: 'joana@tidepool.example', name: 'Joana Prates', roles: { tidepool: 'owner' } },
  { email: 'luc@lowlight.example', name: 'Luc Verhoeven', roles: { lowlight: 'owner' } },
  { email: 'ada@oxbow.example', name: 'Ada Novak', roles: { oxbow: 'owner' } },
  { email: 'tomasz@dunlin.example', name: 'Tomasz Wilk', roles: { dunlin: 'owner' } },
  { email: 'fern@quietfern.example', name: 'Fern Okafor', roles: { quietfern: 'owner' } },
]

const ORGANIZATIONS: { name: string; displayName: string; daysAgo: number }[] = [
  { name: 'halyard', displayName: 'Halyard Cloud', daysAgo: 400 },
  { name: 'saltmarsh', displayName: 'Saltmarsh Analytics', daysAgo: 214 },
  { name: 'greyheron', displayName: 'Grey Heron Media', daysAgo: 180 },
  { name: 'tidepool', displayName: 'Tidepool Studio', daysAgo: 131 },
  { name: 'lowlight', displayName: 'Lowlight Goods', daysAgo: 97 },
  { name: 'oxbow', displayName: 'Oxbow Research', daysAgo: 61 },
  { name: 'dunlin', displayName: 'Dunlin', daysAgo: 44 },
  { name: 'quietfern', displayName: 'Quietfern', daysAgo: 33 },
]

const TEAMS: { account: string; name: string; members: string[] }[] = [
  { account: 'saltmarsh', name: 'Pipelines', members: ['benedikt@saltmarsh.example', 'noor@saltmarsh.example'] },
  { account: 'saltmarsh', name: 'Finance', members: ['petra@saltmarsh.example'] },
  { account: 'greyheron', name: 'Delivery', members: ['oskar@greyheron.example', 'mei@greyheron.example'] },
]

const CLUSTERS = [
  { name: 'ams1', kind: 'paid' },
  { name: 'hel1', kind: 'free' },
  { name: 'fra2', kind: 'internal' },
] as const

const daysBefore = (ctx: Context, days: number): Context => ({
  ...ctx,
  now: new Date(ctx.now.getTime() - days * DAY_MS),
})

export type People = { operatorId: string; users: Map<string, string>; accounts: Map<string, bigint> }

/** Makes the demo's people and organizations; the operator owns the platform's own. */
export const seedPeople = async (tx: Tx, ctx: Context): Promise<People> => {
  const operatorId = await insertUser(tx, ctx, { email: DEMO_OPERATOR, name: 'Priya Raman', password: DEMO_PASSWORD })
  await grantAll(tx, ctx, operatorId)
  const users = new Map([[DEMO_OPERATOR, operatorId]])
  for (const person of PEOPLE) {
    users.set(person.email, await insertUser(tx, ctx, { ...person, password: DEMO_PASSWORD }))
  }
  const accounts = new Map<string, bigint>()
  for (const { name, displayName, daysAgo } of ORGANIZATIONS) {
    const then = daysBefore(ctx, daysAgo)
    const [row] = await tx<{ id: bigint }[]>`insert into account (name, kind, display_name, created_at)
      values (${name}, 'organization', ${displayName}, ${then.now}) returning id`
    accounts.set(name, row!.id)
    await audit(tx, then, {
      action: 'accounts.account.create',
      subject: { kind: 'account', id: name },
      accountId: row!.id,
      after: { name, kind: 'organization', displayName },
    })
    await beginFree(tx, then, row!.id, wholeSecond(then.now))
  }
  await tx`insert into account_member (account_id, user_id, role)
    values (${accounts.get('halyard')!}, ${operatorId}, 'owner')`
  return { operatorId, users, accounts }
}

/** Puts people into the organizations and into teams, a month ago and since. */
export const seedMembers = async (tx: Tx, ctx: Context, { users, accounts }: People): Promise<void> => {
  let days = 30
  for (const { email, roles = {} } of PEOPLE) {
    for (const [account, role] of Object.entries(roles)) {
      const then = daysBefore(ctx, (days -= 1.7))
      const accountId = accounts.get(account)!
      await tx`insert into account_member (account_id, user_id, role, created_at)
        values (${accountId}, ${users.get(email)!}, ${role!}, ${then.now})`
      await audit(tx, then, {
        action: 'accounts.member.add',
        subject: { kind: 'user', id: users.get(email)! },
        accountId,
        after: { email, role },
      })
    }
  }
  for (const { account, name, members } of TEAMS) {
    const then = daysBefore(ctx, 5)
    const accountId = accounts.get(account)!
    const [row] = await tx<{ id: bigint }[]>`insert into team (account_id, name, created_at)
      values (${accountId}, ${name}, ${then.now}) returning id`
    for (const email of members)
      await tx`insert into team_member (team_id, user_id) values (${row!.id}, ${users.get(email)!})`
    await audit(tx, then, {
      action: 'accounts.team.create',
      subject: { kind: 'team', id: row!.id },
      accountId,
      after: { name, members },
    })
  }
  for (const [name, scopes] of [
    ['nightly export', ['read']],
    ['ci', ['read', 'write']],
  ] as const) {
    await tx`insert into api_token (user_id, account_id, name, hash, hint, scopes, created_at, last_used_at, expires_at)
      values (${users.get(DEMO_CUSTOMER)!}, ${accounts.get('saltmarsh')!}, ${name}, ${randomBytes(32)}, 'wharf_demo…',
        ${[...scopes]}, ${daysBefore(ctx, 4).now}, ${daysBefore(ctx, 0.02).now}, ${daysBefore(ctx, -86).now})`
  }
}

/** Makes the demo's clusters; gives their ids by kind. */
export const seedClusters = async (ctx: Context): Promise<Map<string, bigint>> => {
  const ids = new Map<string, bigint>()
  for (const cluster of CLUSTERS) {
    const id = await createCluster(daysBefore(ctx, 31), { ...cluster, labelTrust: 'platform', tenantAccount: null })
    ids.set(cluster.kind, id)
  }
  return ids
}
