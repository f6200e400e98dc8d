import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { seedCatalog } from '#server/billing/seedCatalog.ts'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { use } from '../server/billing/books.ts'
import { testDatabase } from '../support/database.ts'
import { startWharf } from './control.ts'

const { sql } = await testDatabase()
const wharf = await startWharf(sql)
const folder = mkdtempSync(join(tmpdir(), 'wharf-billing-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const env = readEnv({ WHARF_DATA: folder })
await seedCatalog(systemContext(sql, env, 'test'))

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const accounts = async () =>
  (await sql<{ name: string }[]>`select name from account order by name`).map(({ name }) => name)

const CUSTOMERS = `id,account,name,owner_email,currency,plan,interval,quantities,anchor,owed,credit
c-1,north-ltd,North,ann@north.example,EUR,business,month,private_repositories=30,2026-02-20,12.50,
c-2,south,South,bo@south.example,EUR,,,,,,40
`

test('customers are tried first, then imported once', async () => {
  const path = file('customers.csv', CUSTOMERS)
  const tried = await wharf(['billing', 'import', path])
  expect(tried).toMatchObject({ code: 0, err: '' })
  expect(tried.out).toMatch(/2\s+c-1\s+north-ltd\s+new\s+make the account; begin business now/)
  expect(tried.out).toContain('Nothing is wrong, and nothing was changed. Import it with --apply.')
  expect(await accounts()).toEqual([])
  expect((await wharf(['billing', 'import', path, '--apply'])).out).toContain('Imported.')
  expect(await accounts()).toEqual(['north-ltd', 'south'])
  const again = await wharf(['billing', 'import', path, '--apply', '--json'])
  const { rows } = JSON.parse(again.out) as { rows: { outcome: string }[] }
  expect(rows.map(({ outcome }) => outcome)).toEqual(['before', 'before'])
}, 120_000)

test('each fault is told with its line and column, and none is imported', async () => {
  const path = file(
    'faulty.csv',
    'id,account,name,currency,plan,owed\nd-1,fresh,Fresh,EUR,gold,\nd-2,east,East,euro,,\n',
  )
  const ran = await wharf(['billing', 'import', path, '--apply'])
  expect(ran).toMatchObject({ code: 1, err: expect.stringMatching(/^wharf: \d faults; nothing was imported\n$/) })
  expect(ran.out).toContain(`${path}:2: anchor: `)
  expect(ran.out).toContain(`${path}:3: currency: `)
  expect(await accounts()).toEqual(['north-ltd', 'south'])
  expect(await wharf(['billing', 'import', join(folder, 'none.csv')])).toMatchObject({
    code: 1,
    err: expect.stringContaining('cannot be read (ENOENT)'),
  })
}, 120_000)

test('a month of usage is rated beside the old bill, and what differs is shown', async () => {
  const [south] = await sql<{ id: bigint }[]>`select id from account where name = 'south'`
  const at = new Date('2026-02-10T05:00:00Z')
  await use(sql, south!.id, 'web', at, { cpu: 100n * 3_600_000_000n })
  await use(sql, south!.id, 'api', at, { cpu: 50n * 3_600_000_000n })
  const path = file(
    'old.csv',
    'price,app,description,amount\ncpu,web,Processors of web,2.00\ncpu,api,Processors of api,0.90\n',
  )
  const words = ['billing', 'shadow', path, '--account', 'south', '--from', '2026-02-01', '--to', '2026-03-01']
  const ran = await wharf([...words, '--plan', 'cloud'])
  expect(ran).toMatchObject({ code: 0, err: '' })
  expect(ran.out).toMatch(/cpu\s+web\s+\S+\s+2\.00\s+1\.80\s+-0\.20/)
  expect(ran.out).toMatch(/cpu\s+api\s+\S+\s+0\.90\s+0\.90\s+0\.00/)
  expect(ran.out).toMatch(/old bill\s+2\.90 EUR\nhere\s+2\.70 EUR/)
  expect(await sql`select 1 from invoice where account_id = ${south!.id}`).toEqual([])
  expect(await wharf([...words.slice(0, 5), '--from', 'soon', '--to', '2026-03-01'])).toMatchObject({
    code: 2,
    err: 'wharf: --from is a day such as 2026-10-01, not "soon"\n',
  })
}, 120_000)
