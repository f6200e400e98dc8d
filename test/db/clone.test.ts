import { expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'

const db = await testDatabase()
const other = await testDatabase({ migrated: false })

test('a test file has a migrated database of its own', async () => {
  const [row] = await db.sql`select to_regclass('account') is not null as ours,
    to_regclass('graphile_worker.jobs') is not null as jobs`
  expect(row).toEqual({ ours: true, jobs: true })
})

test('what one test file writes is not in the database of another', async () => {
  await db.sql`create table mark (a int)`
  const [row] = await other.sql`select to_regclass('mark') is null as absent, to_regclass('account') is null as empty`
  expect(row).toEqual({ absent: true, empty: true })
})

test('the server is no superuser of its database', async () => {
  const [row] = await db.sql`select rolsuper from pg_roles where rolname = current_user`
  expect(row).toEqual({ rolsuper: false })
})
