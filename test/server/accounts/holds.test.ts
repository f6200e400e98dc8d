import { expect, test } from 'vitest'
import { house } from './house.ts'

const h = await house()
const owner = await h.person('owner@example.com')
const admin = { ...(await h.person('admin@example.com')), roles: ['admin' as const] }
const operator = { ...(await h.person('operator@example.com')), roles: ['operator' as const] }
await h.as(owner).accounts.create({ name: 'saltmarsh', displayName: 'Saltmarsh' })
const account = 'saltmarsh'

const jobs = (name: string) => h.sql<{ payload: unknown }[]>`
  select j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
  where t.identifier = ${name} order by j.id`

test('only an admin suspends, with a reason, and the consequence is a job of the same transaction', async () => {
  const hold = { account, kind: 'abuse' as const, reason: 'mining, case AB-3187' }
  await expect(h.as(operator).accounts.holds.place(hold)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(h.as(owner).accounts.holds.place(hold)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(h.as(admin).accounts.holds.place({ ...hold, reason: ' ' })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
  })
  expect(await jobs('hosts.follow_holds')).toHaveLength(0)
  await h.as(admin).accounts.holds.place(hold)
  const { id } = await h.as(owner).accounts.view({ account })
  expect(await jobs('hosts.follow_holds')).toEqual([{ payload: { accountId: id.toString() } }])
  expect((await h.auditOf('accounts.hold.place')).at(-1)).toMatchObject({
    actorId: admin.userId,
    after: { kind: 'abuse', reason: hold.reason },
  })
  await expect(h.as(admin).accounts.holds.place(hold)).rejects.toMatchObject({ code: 'CONFLICT' })
})

test('a suspended account is read and nothing else', async () => {
  const as = h.as(owner).accounts
  expect((await as.me()).accounts.find((a) => a.name === account)?.holds).toMatchObject([
    { kind: 'abuse', reason: 'mining, case AB-3187' },
  ])
  expect(await as.members.list({ account })).toHaveLength(1)
  expect(await as.holds.history({ account })).toHaveLength(1)
  const changes = [
    as.rename({ account, displayName: 'Other' }),
    as.invitations.create({ account, email: 'x@example.com', role: 'member' }),
    as.teams.create({ account, name: 'deck' }),
    as.tokens.createForAccount({ account, name: 'ci', scopes: ['read'], expiresInDays: 1 }),
    as.close({ account, typedName: account }),
  ]
  for (const change of await Promise.allSettled(changes)) {
    expect(change).toMatchObject({ reason: { message: 'saltmarsh is suspended (abuse: mining, case AB-3187)' } })
  }
})

test('the account works again once the last hold is lifted, and each hold keeps its reason', async () => {
  await h.as(admin).accounts.holds.place({ account, kind: 'billing', reason: 'unpaid since May' })
  const lift = async (kind: string) => {
    const hold = (await h.as(admin).accounts.holds.history({ account })).find((one) => one.kind === kind)
    await h.as(admin).accounts.holds.lift({ account, holdId: String(hold?.id), note: 'answered' })
  }
  await lift('abuse')
  await expect(h.as(owner).accounts.rename({ account, displayName: 'Other' })).rejects.toThrow(
    'billing: unpaid since May',
  )
  await lift('billing')
  await h.as(owner).accounts.rename({ account, displayName: 'Other' })
  const liftersAs = async (who: typeof owner) =>
    (await h.as(who).accounts.holds.history({ account })).map((one) => [one.kind, one.liftedBy])
  expect(await liftersAs(operator)).toEqual([
    ['billing', 'admin@example.com'],
    ['abuse', 'admin@example.com'],
  ])
  // Its members read a role, not a person.
  expect(await liftersAs(owner)).toEqual([
    ['billing', 'an operator'],
    ['abuse', 'an operator'],
  ])
})

test('who is suspended in person makes no organization and no token', async () => {
  const mira = await h.person('mira@example.com')
  await h.as(admin).accounts.holds.place({ account: 'mira', kind: 'admin', reason: 'under review' })
  await expect(h.as(mira).accounts.create({ name: 'escape', displayName: 'Escape' })).rejects.toThrow('under review')
  await expect(h.as(mira).accounts.tokens.create({ name: 'x', scopes: ['read'], expiresInDays: 1 })).rejects.toThrow(
    'under review',
  )
})

test("roles of the platform are an admin's to give, and the last admin stays", async () => {
  const first = { userId: admin.userId, role: 'admin' as const }
  await expect(h.as(operator).accounts.users.setPlatformRole({ ...first, has: true })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  })
  await h.as(admin).accounts.users.setPlatformRole({ ...first, has: true })
  await expect(h.as(admin).accounts.users.setPlatformRole({ ...first, has: false })).rejects.toThrow('needs an admin')
  await h.as(admin).accounts.users.setPlatformRole({ userId: operator.userId, role: 'admin', has: true })
  const both = [admin.userId, operator.userId].map((userId) =>
    h.as(admin).accounts.users.setPlatformRole({ userId, role: 'admin', has: false }),
  )
  expect((await Promise.allSettled(both)).map((done) => done.status).toSorted()).toEqual(['fulfilled', 'rejected'])
})

test('a plan is changed by an admin, and audited', async () => {
  await h.as(admin).accounts.changePlan({ account, plan: 'harbour' })
  expect((await h.as(owner).accounts.view({ account })).plan).toBe('harbour')
  expect((await h.auditOf('accounts.plan.change')).at(-1)).toMatchObject({
    before: { plan: 'free' },
    after: { plan: 'harbour' },
  })
})

test('operators find accounts by name, owner, plan and hold, a page at a time', async () => {
  const list = h.as(operator).accounts.list
  expect((await list({ search: 'OWNER@exam' })).rows.map((row) => row.name).toSorted()).toEqual(['owner', 'saltmarsh'])
  expect((await list({ held: true })).rows.map((row) => row.name)).toEqual(['mira'])
  expect((await list({ plan: 'harbour' })).rows.map((row) => row.name)).toEqual(['saltmarsh'])
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const { rows, nextCursor } = await list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) })
    seen.push(...rows.map((row) => row.name))
    cursor = nextCursor
  } while (cursor !== undefined)
  expect(seen).toEqual(seen.toSorted())
  expect(seen).toHaveLength((await h.as(operator).accounts.totals()).accounts)
})
