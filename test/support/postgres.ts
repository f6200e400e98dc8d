import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { startPostgres } from '#db/embedded.ts'
import type { EmbeddedPostgres } from '#db/embedded.ts'
import { migrate } from '#db/migrate.ts'

const root = join(import.meta.dirname, '..', '..')

/** Where the PostgreSQL of the tests keeps its files; runs that overlap share it, later ones find its template. */
export const testDataDir = join(root, '.wharf-test', 'postgres')

// A tests' database that a machine's crash spoils is made anew, so nothing here needs to reach the disk.
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '4GB',
  checkpoint_timeout: '30min',
  max_connections: '400',
}

let server: Promise<EmbeddedPostgres> | undefined

/** The PostgreSQL of the tests: the one that runs, else a new one. Within a process it is looked for once. */
export const testPostgres = (): Promise<EmbeddedPostgres> => {
  server ??= startPostgres({ dataDir: testDataDir, settings }).catch((error: unknown) => {
    if (!existsSync(testDataDir)) throw error
    rmSync(testDataDir, { recursive: true, force: true })
    return startPostgres({ dataDir: testDataDir, settings })
  })
  return server
}

/** `url` with another database's name. */
export const withDatabase = (url: string, database: string): string => {
  const other = new URL(url)
  other.pathname = `/${database}`
  return other.href
}

/** A connection that creates and drops databases. */
export const maintenance = (url: string) => postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 10 })

const filesUnder = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .map((name) => join(folder, name))
        .filter((path) => statSync(path).isFile())
        .toSorted()
    : []

// The template is as good as what made it: another migration, another template.
const templateName = (): string => {
  const hash = createHash('sha256')
  const sources = [join(root, 'db', 'migrate.ts'), join(root, 'node_modules', 'graphile-worker', 'package.json')]
  for (const path of [...filesUnder(join(root, 'db', 'migrations')), ...sources]) {
    if (existsSync(path)) hash.update(path.slice(root.length)).update(readFileSync(path))
  }
  return `template_${hash.digest('hex').slice(0, 16)}`
}

const TEMPLATE_LOCK = 501

let template: Promise<string> | undefined

/** The name of a migrated, otherwise empty database; made once however many processes ask. */
export const templateDatabase = (): Promise<string> => {
  template ??= makeTemplate()
  return template
}

const makeTemplate = async (): Promise<string> => {
  const { url } = await testPostgres()
  const name = templateName()
  const sql = maintenance(url)
  try {
    await sql`select pg_advisory_lock(${TEMPLATE_LOCK})`
    const [found] = await sql`select 1 from pg_database where datname = ${name}`
    if (found) return name
    const draft = `draft_${randomBytes(6).toString('hex')}`
    await sql`create database ${sql(draft)}`
    try {
      await migrate(withDatabase(url, draft))
      await sql`alter database ${sql(draft)} rename to ${sql(name)}`
    } catch (error) {
      await sql`drop database ${sql(draft)} with (force)`
      throw error
    }
    return name
  } finally {
    await sql.end({ timeout: 5 })
  }
}

const USERS_LOCK = 502

/**
 * Holds the PostgreSQL of the tests for a run. The function it gives lets go, and stops PostgreSQL when no other run
 * holds it. A run that is killed lets go with its connection.
 */
export const holdTestPostgres = async (): Promise<() => Promise<void>> => {
  const database = await testPostgres()
  const sql = maintenance(database.url)
  const [alone] = await sql`select pg_try_advisory_lock(${USERS_LOCK}) as held`
  if (alone?.['held']) {
    await dropLeftovers(sql)
    await sql`select pg_advisory_unlock(${USERS_LOCK})`
  }
  await sql`select pg_advisory_lock_shared(${USERS_LOCK})`
  return async () => {
    await sql`select pg_advisory_unlock_shared(${USERS_LOCK})`
    const [last] = await sql`select pg_try_advisory_lock(${USERS_LOCK}) as held`
    await sql.end({ timeout: 5 })
    if (last?.['held']) await database.stop()
  }
}

// What killed runs left, and templates of schemas that are no more.
const dropLeftovers = async (sql: ReturnType<typeof maintenance>) => {
  const keep = templateName()
  const rows = await sql<{ datname: string }[]>`
    select datname from pg_database where datname ~ '^(test|draft|template)_' and datname <> ${keep}`
  for (const { datname } of rows) await sql`drop database if exists ${sql(datname)} with (force)`
}
