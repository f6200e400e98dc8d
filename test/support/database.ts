import { randomBytes } from 'node:crypto'
import { afterAll } from 'vitest'
import { connect } from '#db/client.ts'
import type { Pool } from '#db/client.ts'
import { maintenance, templateDatabase, testPostgres, withDatabase } from './postgres.ts'

/** A database of a test file's own, migrated and empty. `close` drops it; the end of the file does so too. */
export type TestDatabase = { url: string; sql: Pool; close(): Promise<void> }

/**
 * Clones the template for one test file: `const db = await testDatabase()` at the file's top level.
 * `migrated: false` gives an empty database instead, for tests of the migrations themselves.
 */
export const testDatabase = async (options: { migrated?: boolean; max?: number } = {}): Promise<TestDatabase> => {
  const server = await testPostgres()
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`
  const admin = maintenance(server.url)
  if (options.migrated === false) await admin`create database ${admin(name)}`
  // Copying files is several times as fast as logging pages, where nothing has to reach the disk.
  else await admin`create database ${admin(name)} template ${admin(await templateDatabase())} strategy file_copy`
  await admin.end({ timeout: 5 })

  const url = withDatabase(server.url, name)
  const sql = connect(url, { max: options.max ?? 5, name: 'wharfinger-test' })
  let closed: Promise<void> | undefined
  const drop = async () => {
    await sql.end({ timeout: 1 })
    const cleaner = maintenance(server.url)
    await cleaner`drop database if exists ${cleaner(name)} with (force)`
    await cleaner.end({ timeout: 5 })
  }
  const close = () => (closed ??= drop())
  afterAll(close)
  return { url, sql, close }
}
