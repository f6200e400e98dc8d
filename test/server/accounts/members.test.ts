import { expect, test } from 'vitest'
import { hashOf } from '#server/accounts/token.ts'
import { house, secretIn } from './house.ts'

const h = await house()
const owner = await h.person('owner@example.com')
const anonymous = { kind: 'anonymous' } as const

const organization = async (name: string) => {
  await h.as(owner).accounts.create({ name, displayName: name })
  return name
}
const join = async (account: string, email: string, role: 'owner' | 'admin' | 'billing' | 'member') => {
  const who = await h.person(email)
  await h.as(owner).accounts.invitations.create({ account, email, role })
  await h.as(who).accounts.invitations.accept({ token: secretIn((await h.mails(email)).at(-1)) })
  return who
}

test('a user has an account of their own from the start, and two of one name get two names', async () => {
  const first = await h.person('kai@one.example')
  const second = await h.person('kai@two.example')
  const names = await Promise.all([first, second].map(async (who) => (await h.as(who).accounts.me()).accounts[0]?.name))
  expect(names).toEqual(['kai', 'kai-2'])
})

test('users made at once never share a name', async () => {
  const people = await Promise.all(Array.from({ length: 4 }, (_, n) => h.person(`crowd@${n}.example`)))
  const names = await Promise.all(people.map(async (who) => (await h.as(who).accounts.me()).accounts[0]?.name))
  expect(new Set(names).size).toBe(4)
})

test('whoever is invited by mail joins with the role they were invited to, once', async () => {
  const account = await organization('quay')
  const guest = await h.person('guest@example.com')
  await h.as(owner).accounts.invitations.create({ account, email: 'Guest@example.com', role: 'billing' })
  const token = secretIn((await h.mails('guest@example.com')).at(-1))
  expect(await h.as(anonymous).accounts.invitations.read({ token })).toMatchObject({
    account,
    role: 'billing',
    hasUser: true,
  })
  await h.as(guest).accounts.invitations.accept({ token })
  await expect(h.as(guest).accounts.invitations.accept({ token })).rejects.toThrow('not open any more')
  expect(await h.as(guest).accounts.members.list({ account })).toContainEqual(
    expect.objectContaining({ email: 'guest@example.com', role: 'billing' }),
  )
  expect((await h.auditOf('accounts.invitation.accept')).at(-1)).toMatchObject({
    actorId: guest.userId,
    after: { role: 'billing' },
  })
})

test('somebody new gets a user by the invitation, and signs in with it', async () => {
  const account = await organization('pier')
  await h.as(owner).accounts.invitations.create({ account, email: 'fresh@example.com', role: 'member' })
  const token = secretIn((await h.mails('fresh@example.com')).at(-1))
  await h.as(anonymous).accounts.invitations.accept({ token, name: 'Fresh', password: 'a long enough one' })
  expect(await h.signIn('fresh@example.com', 'a long enough one')).toContain('wharf.session_token=')
  expect((await h.auditOf('accounts.user.create')).at(-1)).toMatchObject({ actorLabel: 'fresh@example.com' })
})

test('an invitation is for its address alone', async () => {
  const account = await organization('basin')
  await h.person('meant@example.com')
  const other = await h.person('other@example.com')
  await h.as(owner).accounts.invitations.create({ account, email: 'meant@example.com', role: 'member' })
  const token = secretIn((await h.mails('meant@example.com')).at(-1))
  await expect(h.as(other).accounts.invitations.accept({ token })).rejects.toThrow('is for meant@example.com')
  await expect(
    h.as(anonymous).accounts.invitations.accept({ token, name: 'X', password: 'a long enough one' }),
  ).rejects.toThrow('sign in as')
})

test('a second invitation replaces the first, an old one has expired, a revoked one is gone', async () => {
  const account = await organization('sluice')
  const invite = () => h.as(owner).accounts.invitations.create({ account, email: 'late@example.com', role: 'member' })
  await invite()
  const { id } = await invite()
  const [first, second] = (await h.mails('late@example.com')).map(secretIn)
  const read = (token = '', now = new Date()) => h.as(anonymous, now).accounts.invitations.read({ token })
  await expect(read(first)).rejects.toThrow('not open any more')
  await expect(read(second, new Date(Date.now() + 8 * 86_400_000))).rejects.toThrow('not open any more')
  expect(await read(second)).toMatchObject({ account })
  await h.as(owner).accounts.invitations.revoke({ account, id: id.toString() })
  await expect(read(second)).rejects.toThrow('not open any more')
})

test('the last owner cannot go, be removed or be made less, even two at once', async () => {
  const account = await organization('bollard')
  await expect(h.as(owner).accounts.members.leave({ account })).rejects.toThrow('needs an owner')
  await expect(
    h.as(owner).accounts.members.changeRole({ account, userId: owner.userId, role: 'member' }),
  ).rejects.toThrow('needs an owner')
  const second = await join(account, 'second-owner@example.com', 'owner')
  const left = await Promise.allSettled([owner, second].map((who) => h.as(who).accounts.members.leave({ account })))
  expect(left.map((l) => l.status).toSorted()).toEqual(['fulfilled', 'rejected'])
})

test('an admin of an organization manages everybody but owners', async () => {
  const account = await organization('capstan')
  const admin = await join(account, 'org-admin@example.com', 'admin')
  const member = await join(account, 'org-member@example.com', 'member')
  const as = h.as(admin).accounts
  await expect(as.invitations.create({ account, email: 'new-owner@example.com', role: 'owner' })).rejects.toThrow(
    'only an owner',
  )
  await expect(as.members.changeRole({ account, userId: member.userId, role: 'owner' })).rejects.toThrow(
    'only an owner',
  )
  await expect(as.members.remove({ account, userId: owner.userId })).rejects.toThrow('only an owner')
  await as.members.changeRole({ account, userId: member.userId, role: 'billing' })
  expect((await h.auditOf('accounts.member.change')).at(-1)).toMatchObject({
    actorId: admin.userId,
    before: { role: 'member' },
    after: { role: 'billing' },
    ip: '203.0.113.7',
  })
  await expect(
    h.as(member).accounts.invitations.create({ account, email: 'x@example.com', role: 'member' }),
  ).rejects.toThrow('needs one of the roles')
})

test('who is removed loses teams and tokens of that account, and sees it no more', async () => {
  const account = await organization('derrick')
  const member = await join(account, 'leaver@example.com', 'member')
  const { id: teamId } = await h.as(owner).accounts.teams.create({ account, name: 'deck' })
  await h
    .as(owner)
    .accounts.teams.setMember({ account, teamId: teamId.toString(), userId: member.userId, isMember: true })
  const { token } = await h
    .as(member)
    .accounts.tokens.createForAccount({ account, name: 'ci', scopes: ['read'], expiresInDays: 30 })
  await h.as(owner).accounts.members.remove({ account, userId: member.userId })
  expect((await h.as(owner).accounts.teams.list({ account }))[0]?.memberIds).toEqual([])
  const [kept] = await h.sql`select revoked_at is not null as revoked from api_token where hash = ${hashOf(token)}`
  expect(kept).toEqual({ revoked: true })
  await expect(h.as(member).accounts.view({ account })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('teams have names of their own and hold members alone', async () => {
  const account = await organization('windlass')
  const stranger = await h.person('stranger@example.com')
  const { id } = await h.as(owner).accounts.teams.create({ account, name: 'crew' })
  await expect(h.as(owner).accounts.teams.create({ account, name: 'crew' })).rejects.toMatchObject({ code: 'CONFLICT' })
  const seat = { account, teamId: id.toString(), userId: stranger.userId, isMember: true }
  await expect(h.as(owner).accounts.teams.setMember(seat)).rejects.toThrow('no such member')
  const elsewhere = await organization('winch')
  await expect(h.as(owner).accounts.teams.delete({ account: elsewhere, id: id.toString() })).rejects.toThrow(
    'no such team',
  )
})

test('a closed organization is gone for its members, and its name stays taken', async () => {
  const account = await organization('gangway')
  await expect(h.as(owner).accounts.close({ account, typedName: 'gangwy' })).rejects.toThrow('type gangway')
  await h.as(owner).accounts.close({ account, typedName: 'gangway' })
  await expect(h.as(owner).accounts.view({ account })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(organization('gangway')).rejects.toMatchObject({ code: 'CONFLICT' })
})

test('an admin makes an organization for somebody who has no user yet: they become its owner by the mail', async () => {
  const admin = { ...(await h.person('platform@example.com')), roles: ['admin' as const] }
  await h.as(admin).accounts.createFor({ name: 'lighter', displayName: 'Lighter', ownerEmail: 'skipper@example.com' })
  const token = secretIn((await h.mails('skipper@example.com')).at(-1))
  await h.as(anonymous).accounts.invitations.accept({ token, name: 'Skipper', password: 'a long enough one' })
  expect((await h.as(admin).accounts.list({ search: 'lighter' })).rows).toMatchObject([
    { name: 'lighter', owners: ['skipper@example.com'] },
  ])
})

test('a user made by an admin sets the password with the mail and signs in', async () => {
  const admin = { ...owner, roles: ['admin' as const] }
  await h.as(admin).accounts.users.invite({ email: 'hired@example.com', name: 'Hired' })
  const token = secretIn((await h.mails('hired@example.com')).at(-1))
  const body = { newPassword: 'a long enough one', token }
  expect((await h.send('/reset-password', body)).status).toBe(200)
  expect(await h.signIn('hired@example.com', 'a long enough one')).toContain('wharf.session_token=')
})
