import { expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'

const db = await testDatabase()

test('a test file has a migrated database of its own', async () => {
  const rows = await db.sql`select nspname from pg_namespace where nspname in ('wharf', 'graphile_worker')`
  expect(rows.map((row) => row['nspname']).toSorted()).toEqual(['graphile_worker', 'wharf'])
})
