import { expect, test } from 'vitest'
import { seedCatalog } from '#server/billing/seedCatalog.ts'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testDatabase } from '../support/database.ts'
import { startWharf } from './control.ts'

const { sql } = await testDatabase()
const wharf = await startWharf(sql)
await seedCatalog(systemContext(sql, readEnv({ WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-cli-')) }), 'test'))
await sql`insert into account (name, kind, display_name) values ('saltmarsh', 'organization', 'Saltmarsh')`

const [offer] = await sql<{ id: bigint }[]>`select v.id from plan_version v join plan p on p.id = v.plan_id
  where p.key = 'business' and v.currency = 'EUR' and v.interval = 'month'`
const change = `subscription change --account saltmarsh --version ${offer?.id}`

test('a plan is chosen from the command line after its price was said', async () => {
  expect((await wharf('plan list --account saltmarsh')).out).toMatch(/team\s+month\s+EUR\s+Base fee\s+14 d/)
  expect((await wharf('subscription show --account saltmarsh')).out).toMatch(/plan\s+free, version 1/)
  const wanted = `${change} --quantities private_repositories=25`
  // 49.00 + 5 × 2.00, and 21 % of it.
  expect((await wharf(wanted)).out).toContain('71.39 EUR with tax; add --yes to change to business')
  expect(await sql`select 1 from invoice`).toEqual([])
  expect(await wharf(`${wanted} --yes`)).toMatchObject({ code: 0, out: 'saltmarsh is on business\n' })
})

test('it is changed and canceled from the command line too', async () => {
  const more = `${change} --quantities private_repositories=30 --yes`
  expect((await wharf(more)).code).toBe(0)
  expect(await wharf(more)).toMatchObject({ code: 1, err: 'wharf: that is the plan this account has\n' })
  expect((await wharf('subscription show --account saltmarsh')).out).toMatch(
    /private_repositories\s+30\s+plan:business/,
  )
  expect((await wharf('subscription cancel --account saltmarsh --when now')).out).toMatch(
    /^the plan of saltmarsh ends /,
  )
})

test('what cannot be understood is refused before anything is asked', async () => {
  const call = 'subscription change --account saltmarsh --version 1 --quantities many'
  expect(await wharf(call)).toMatchObject({ code: 2, err: expect.stringContaining('private_repositories=30') })
})
