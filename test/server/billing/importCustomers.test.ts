import { expect, test } from 'vitest'
import { finalizeDrafts } from '#server/billing/finalizeDrafts.ts'
import { rowsOf } from '#server/rowsOf.ts'
import { liveSubscription } from '#server/billing/subscriptionSql.ts'
import { closePeriods } from '#server/billing/closePeriods.ts'
import { use } from './books.ts'
import { billingHouse, utc } from './house.ts'

const { account, sql, ctx, person, as } = await billingHouse()
const root = await person('root', null, 'owner', ['admin'])
const NOW = '2026-03-10 12:00'
const load = (text: string, apply: boolean, now = NOW) => as(root, now).billing.revenue.import({ text, apply })

const CSV = `id,account,name,owner_email,country,currency,plan,interval,quantities,anchor,owed,credit,address
c-1,north-ltd,"North, Ltd.",ann@example.com,DE,EUR,business,month,private_repositories=30,2026-02-20,12.50,,"Quay 1;20457 Hamburg"
c-2,there,There,,,EUR,,,,,,40,
`

test('a file is tried first and changes nothing, then imported once and never twice', async () => {
  const there = await account('there')
  const dry = await load(CSV, false)
  expect(dry).toMatchObject({ applied: false, faults: [] })
  expect(dry.rows).toMatchObject([
    {
      ...{ line: 2, id: 'c-1', account: 'north-ltd', outcome: 'made' },
      does: ['make the account', 'begin business now, next billed 2026-03-20', 'bill 12.50 EUR with the next invoice'],
    },
    { line: 3, id: 'c-2', outcome: 'joined', does: ['give 40 EUR of prepaid credit'] },
  ])
  expect(await sql`select 1 from account where name = 'north-ltd'`).toHaveLength(0)
  expect(await load(CSV, true)).toMatchObject({ applied: true, rows: dry.rows })
  const again = await load(CSV, true)
  expect(again.rows.map((row) => row.outcome)).toEqual(['before', 'before'])
  const [row] = await sql<{ id: bigint }[]>`select id from account where name = 'north-ltd'`
  expect(await liveSubscription(sql, row!.id)).toMatchObject({
    ...{ quantities: { private_repositories: 30 }, startedAt: utc(NOW), anchorAt: utc('2026-02-20') },
    ...{ periodStart: utc('2026-02-20'), periodEnd: utc('2026-03-20'), paidUntil: utc('2026-03-20') },
  })
  expect(await sql`select 1 from invoice where account_id = ${row!.id}`).toHaveLength(0)
  const life = await as(root, NOW).billing.revenue.life({ account: 'there' })
  expect(life.balances).toMatchObject([{ creditLeft: 4_000n }])
  expect((await sql`select address from billing_profile where account_id = ${row!.id}`)[0]).toEqual({
    address: ['Quay 1', '20457 Hamburg'],
  })
  expect(there).toBeGreaterThan(0n)
})

test('what was owed in the other system is on the first invoice, which comes when its paid month is over', async () => {
  await closePeriods(ctx('2026-03-20 00:01'))
  await finalizeDrafts(ctx('2026-03-21 00:02'))
  const lines = await sql<{ kind: string; amountMinor: bigint }[]>`select l.kind, l.amount_minor from invoice_line l
    join account a on a.id = l.account_id where a.name = 'north-ltd' order by l.position`
  expect(lines.filter((line) => line.kind === 'adjustment')).toEqual([{ kind: 'adjustment', amountMinor: 1_250n }])
  expect(lines.map((line) => line.kind)).toContain('flat')
})

test('with one fault nothing is kept, and each is told with its line', async () => {
  await account('taken')
  const text = `id,account,name,currency,plan,anchor,owed,country
d-1,fresh,Fresh,EUR,,,,
d-2,taken,Taken,EUR,gold,2026-01-01,,
d-3,taken,Twice,EUR,,,,
d-4,there,There,euro,,,,
d-5,there,There,EUR,team,,,
d-6,north-ltd,North,EUR,team,2026-01-01,,
d-7,there,There,EUR,,,1.234,
d-8,quay,Quay,EUR,,,,XX
`
  const report = await load(text, true)
  expect(report.applied).toBe(false)
  expect(report.faults.map(({ line, path }) => [line, path])).toEqual([
    [2, 'owner_email'],
    [3, 'plan'],
    [4, 'id'],
    [5, 'currency'],
    [6, 'anchor'],
    [7, 'plan'],
    [8, 'owed'],
    [9, 'owner_email'],
  ])
  expect(
    await sql`select 1 from audit_event where subject_kind = 'imported_customer' and subject_id like 'd-%'`,
  ).toHaveLength(0)
})

test('records know their lines in CSV with line breaks in cells, and in JSON however it is laid out', () => {
  expect(rowsOf('a,b\r\n"x\ny",1\r\n\r\n2,"say ""hi"""\n')).toEqual([
    { line: 2, value: { a: 'x\ny', b: '1' } },
    { line: 5, value: { a: '2', b: 'say "hi"' } },
  ])
  expect(rowsOf('[\n  {"a": "}\\",["},\n\n  {"a":\n [1, {"b": 2}]}, {"a": 3}\n]').map(({ line }) => line)).toEqual([
    2, 4, 5,
  ])
  expect(() => rowsOf('a\n"open')).toThrow('line 2')
  expect(() => rowsOf('a\n1,2')).toThrow('line 2: 2 cells under 1 headings')
  expect(() => rowsOf('[{]')).toThrow('line 1')
})

test('a past period is rated here beside the old bill, line by line', async () => {
  const accountId = await account('shadowed')
  await use(sql, accountId, 'api', utc('2026-02-10'), { cpu: 360_000_000_000n })
  await use(sql, accountId, 'web', utc('2026-02-10'), { cpu: 36_000_000_000n })
  const text = 'price,app,description,amount\ncpu,api,CPU api,1.80\ncpu,web,CPU web,0.20\nsupport,,Support,9\n'
  const found = await as(root, NOW).billing.revenue.shadow({
    ...{ account: 'shadowed', from: '2026-02-01T00:00:00Z', to: '2026-03-01T00:00:00Z', text },
    plan: { key: 'cloud', currency: 'EUR' },
  })
  expect(found.lines.filter((line) => line.price === 'cpu' || line.price === 'support')).toEqual([
    {
      price: 'support',
      app: null,
      description: 'Support',
      lines: [4],
      oldMinor: 900n,
      newMinor: null,
      differenceMinor: -900n,
    },
    {
      price: 'cpu',
      app: 'web',
      description: 'CPU web',
      lines: [3],
      oldMinor: 20n,
      newMinor: 18n,
      differenceMinor: -2n,
    },
    {
      price: 'cpu',
      app: 'api',
      description: 'CPU api',
      lines: [2],
      oldMinor: 180n,
      newMinor: 180n,
      differenceMinor: 0n,
    },
  ])
  expect(found.newMinor - found.oldMinor).toBe(found.lines.reduce((all, line) => all + line.differenceMinor, 0n))
  const wrong = { account: 'shadowed', from: '2026-02-01T00:00:00Z', to: '2026-03-01T00:00:00Z' }
  await expect(as(root, NOW).billing.revenue.shadow({ ...wrong, text: 'price,amount\ncpu,ten\n' })).rejects.toThrow(
    'an amount in EUR',
  )
})
