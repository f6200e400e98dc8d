import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator'
import { runMigrations as migrateJobs } from 'graphile-worker'
import { join } from 'node:path'
import postgres from 'postgres'

const LOCK = 7_244_981

/**
 * Brings a database to this release's schema: ours, then graphile-worker's own. Safe to run from
 * several processes at once (advisory lock). Throws where the database is newer than the release.
 */
export const migrate = async (url: string): Promise<void> => {
  const client = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await client`select pg_advisory_lock(${LOCK})`
    await applyMigrations(drizzle(client), {
      migrationsFolder: join(import.meta.dirname, 'migrations'),
      migrationsTable: 'migration',
      // Not the name of a role: PostgreSQL would look there, before `public`, for every table.
      migrationsSchema: 'migrations',
    })
    await migrateJobs({ connectionString: url })
  } finally {
    await client.end({ timeout: 5 })
  }
}
