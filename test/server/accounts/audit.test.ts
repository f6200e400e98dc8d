import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvField } from '#server/accounts/auditExport.ts'
import { house } from './house.ts'

const h = await house()
const admin = { ...(await h.person('admin@example.com')), roles: ['admin' as const] }
const operator = { ...(await h.person('operator@example.com')), roles: ['operator' as const] }
const owner = await h.person('owner@example.com')
await h.as(owner).accounts.create({ name: 'saltmarsh', displayName: '=cmd|calc' })
await h.as(admin).accounts.holds.place({ account: 'saltmarsh', kind: 'admin', reason: 'a "quoted", reason' })
const list = h.as(admin).accounts.audit.list

test.each(['update audit_event set action = action', 'delete from audit_event', 'truncate audit_event'])(
  'the database refuses %s',
  async (statement) => {
    await expect(h.sql.unsafe(statement)).rejects.toThrow('audit_event is append-only')
  },
)

test('a change that fails leaves no audit row, and a change without one does not happen', async () => {
  const before = (await list()).rows.length
  await expect(h.as(owner).accounts.create({ name: 'saltmarsh', displayName: 'Again' })).rejects.toMatchObject({
    code: 'CONFLICT',
  })
  expect((await list()).rows).toHaveLength(before)
})

test('only admins read it', async () => {
  await expect(h.as(operator).accounts.audit.list()).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(h.as(owner).accounts.audit.export({ format: 'csv' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
})

test('it is filtered by actor, action, subject, account and time', async () => {
  const actions = async (filter: Parameters<typeof list>[0]) => (await list(filter)).rows.map((row) => row.action)
  expect(await actions({ action: 'accounts.hold' })).toEqual(['accounts.hold.place'])
  expect(await actions({ action: 'hold' })).toEqual([])
  expect(await actions({ actor: 'ADMIN@example', action: 'accounts.hold' })).toEqual(['accounts.hold.place'])
  expect(await actions({ actor: owner.userId })).toContain('accounts.account.create')
  expect(await actions({ account: 'saltmarsh' })).toEqual(['accounts.hold.place', 'accounts.account.create'])
  expect(await actions({ account: 'no-such' })).toEqual([])
  expect(await actions({ subject: 'saltmarsh' })).toEqual(['accounts.account.create'])
  const at = (await list({ action: 'accounts.hold' })).rows[0]?.at ?? new Date(0)
  expect(await actions({ action: 'accounts.hold', from: at, until: new Date(at.getTime() + 1) })).toHaveLength(1)
  expect(await actions({ action: 'accounts.hold', from: new Date(0), until: at })).toHaveLength(0)
  expect(await h.as(admin).accounts.audit.actions()).toContain('accounts.hold.place')
})

test('pages follow each other without a gap or a repeat', async () => {
  const seen: bigint[] = []
  let cursor: string | undefined
  do {
    const { rows, nextCursor } = await list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) })
    seen.push(...rows.map((row) => row.id))
    cursor = nextCursor
  } while (cursor !== undefined)
  const all = await h.sql<{ id: bigint }[]>`select id from audit_event order by id desc`
  expect(seen).toEqual(all.map((row) => row.id))
})

test('the export has every row and no formula that a spreadsheet would run', async () => {
  const csv = await h.as(admin).accounts.audit.export({ format: 'csv', account: 'saltmarsh' })
  const lines = csv.text.trimEnd().split('\r\n')
  expect(lines).toHaveLength(3)
  expect(lines[1]).toContain('a \\""quoted\\"", reason')
  const json = await h.as(admin).accounts.audit.export({ format: 'json', account: 'saltmarsh' })
  expect(JSON.parse(json.text)).toMatchObject([
    { action: 'accounts.hold.place' },
    { after: { displayName: '=cmd|calc' } },
  ])
})

test('any text comes back from its CSV field, and no field starts a formula', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const field = csvField(text)
      const inner = field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field
      expect(inner).not.toMatch(/^[=+\-@\t\r]/)
      expect(inner === text || inner === `'${text}`).toBe(true)
      if (!field.startsWith('"')) expect(field).not.toMatch(/[",\r\n]/)
    }),
  )
})
