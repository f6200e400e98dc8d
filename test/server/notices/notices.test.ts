import { expect, test } from 'vitest'
import { holdChanged } from '#server/notices/holdChanged.ts'
import { notify, resolveNotice, type NewNotice } from '#server/notices/notify.ts'
import { toldOf } from '#server/notices/sql.ts'
import { tell } from '#server/notices/tell.ts'
import { house } from '../accounts/house.ts'

const h = await house()
const owner = await h.person('owner@example.com')
const outsider = await h.person('outsider@example.com')
const operator = { ...(await h.person('operator@example.com')), roles: ['operator' as const] }
await h.sql`insert into platform_role (user_id, role) values (${operator.userId}, 'operator')`
await h.as(owner).accounts.create({ name: 'saltmarsh', displayName: 'Saltmarsh' })
const { id: accountId } = await h.as(owner).accounts.view({ account: 'saltmarsh' })

const full: NewNotice = {
  audience: 'account',
  accountId,
  severity: 'warning',
  kind: 'quota.soft',
  title: 'Memory is at 92 %',
  body: 'web uses 942 MiB of 1,024 MiB.',
  href: '/saltmarsh/usage',
  key: 'quota:1:soft:2026-11-21',
}
const put = (notice: NewNotice) => h.sql.begin((tx) => notify(tx, h.ctx(), notice))

test('a fact told twice is one notice, to the members and nobody else', async () => {
  const id = await put(full)
  expect(await put({ ...full, title: 'Memory is at 93 %' })).toBeUndefined()
  expect(await h.as(owner).notices.mine()).toMatchObject({
    unread: 1,
    rows: [{ id, title: 'Memory is at 92 %', account: 'saltmarsh' }],
  })
  expect(await h.as(outsider).notices.mine()).toMatchObject({ unread: 0, rows: [] })
  await expect(h.as(outsider).notices.ofAccount({ account: 'saltmarsh' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('owners and admins are mailed once, with where to act', async () => {
  const id = await put({ ...full, key: 'mailed' })
  await tell(h.ctx(), { noticeId: String(id) })
  await tell(h.ctx(), { noticeId: String(id) })
  const mails = await h.sql`select recipient, subject, body from mail where key like ${`notice:${id}:%`}`
  expect(mails).toEqual([
    {
      recipient: 'owner@example.com',
      subject: 'saltmarsh: Memory is at 92 %',
      body: 'web uses 942 MiB of 1,024 MiB.\n\nWhat can be done: http://localhost:3000/saltmarsh/usage\n\n--\nWharfinger at http://localhost:3000\n',
    },
  ])
  expect(await toldOf(h.sql, 'mailed')).toMatchObject([{ recipient: 'owner@example.com', sentAt: null }])
})

test('mere information is not mailed', async () => {
  const jobs = () => h.sql`select j.id from graphile_worker._private_jobs j
    join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'notices.tell'`
  const before = (await jobs()).length
  await put({ ...full, severity: 'info', key: 'info' })
  expect(await jobs()).toHaveLength(before)
})

test('operators are told of the platform, customers are not', async () => {
  await put({
    audience: 'operators',
    severity: 'critical',
    kind: 'host.silent',
    title: 'ams1-c22 is silent',
    body: 'x',
    key: 'silent',
  })
  expect((await h.as(operator).notices.ofOperators()).rows).toMatchObject([{ title: 'ams1-c22 is silent' }])
  expect((await h.as(operator).notices.mine()).rows.map((row) => row.kind)).toContain('host.silent')
  expect((await h.as(owner).notices.mine()).rows.map((row) => row.kind)).not.toContain('host.silent')
  await expect(h.as(owner).notices.ofOperators()).rejects.toMatchObject({ code: 'FORBIDDEN' })
})

test("reading is each reader's own, and only of what they can see", async () => {
  const before = await h.as(owner).notices.mine()
  const [newest] = before.rows
  expect(await h.as(outsider).notices.markRead({ ids: [String(newest?.id)] })).toEqual({ marked: 0 })
  expect(await h.as(owner).notices.markRead({ ids: [String(newest?.id)] })).toEqual({ marked: 1 })
  expect((await h.as(owner).notices.mine()).unread).toBe(before.unread - 1)
  await h.as(owner).notices.markRead({})
  expect((await h.as(owner).notices.mine({ unread: true, limit: 10 })).rows).toEqual([])
})

test('what is over stays readable, with its end', async () => {
  await h.sql.begin((tx) => resolveNotice(tx, h.ctx(), full.key))
  const rows = (await h.as(owner).notices.mine()).rows
  expect(rows.find((row) => row.kind === 'quota.soft' && row.resolvedAt)).toBeDefined()
})

test('a hold tells the members why, and its end whether the account works again', async () => {
  const admin = { ...operator, roles: ['admin' as const] }
  const { id } = await h.as(admin).accounts.holds.place({ account: 'saltmarsh', kind: 'abuse', reason: 'mining' })
  await holdChanged(h.ctx(), { holdId: id.toString(), lifted: false })
  await h.as(admin).accounts.holds.lift({ account: 'saltmarsh', holdId: id.toString(), note: 'answered' })
  await holdChanged(h.ctx(), { holdId: id.toString(), lifted: true })
  const [lifted, placed] = (await h.as(owner).notices.mine()).rows
  expect([placed?.title, placed?.body.split('\n')[0], lifted?.body]).toEqual([
    'Suspended: abuse hold',
    'mining',
    'saltmarsh works again.',
  ])
})
