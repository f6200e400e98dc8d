import { expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { startWharf } from './control.ts'

const { sql } = await testDatabase()
const wharf = await startWharf(sql)
const [account] = await sql<{ id: bigint }[]>`insert into account (name, kind, display_name)
  values ('saltmarsh', 'organization', 'Saltmarsh') returning id`
await sql`insert into entitlement (account_id, key, value, source) values (${account!.id}, 'private_repositories', 1, 'plan:free')`

test('a repository is made, found, hidden, listed, deleted and kept from the command line', async () => {
  expect(await wharf('repository create saltmarsh/ingest --public')).toMatchObject({
    code: 0,
    out: 'saltmarsh/ingest is there\n',
  })
  expect((await wharf('repository search ingset')).out).toMatch(/saltmarsh\/ingest\s+0\s+0/)
  expect(await wharf('repository visibility saltmarsh/ingest')).toMatchObject({
    out: 'saltmarsh/ingest is private\n',
    err: '',
  })
  expect(await wharf('repository create saltmarsh/second')).toMatchObject({
    code: 1,
    err: expect.stringContaining('saltmarsh has the 1 private repository of its plan'),
  })
  expect((await wharf('repository list --account saltmarsh')).out).toMatch(/saltmarsh\/ingest\s+private\s+0\s+0/)
  expect((await wharf('repository delete saltmarsh/ingest --yes')).out).toMatch(/^saltmarsh\/ingest is deleted 20/)
  expect((await wharf('repository keep saltmarsh/ingest')).out).toBe('saltmarsh/ingest is kept\n')
})
