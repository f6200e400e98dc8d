import { startPostgres, watchPostgres } from '#db/embedded.ts'
import { migrate } from '#db/migrate.ts'
import { join } from 'node:path'
import type { Env } from './env.ts'
import { log } from './log.ts'

/** The database this process works on, migrated; `stop` ends it where it is ours. */
export type Database = { url: string; stop(): Promise<void> }

/** DATABASE_URL where set, else the embedded PostgreSQL in the data directory, kept running. */
export const openDatabase = async (env: Env): Promise<Database> => {
  if (env.DATABASE_URL) {
    await migrate(env.DATABASE_URL)
    return { url: env.DATABASE_URL, stop: async () => {} }
  }
  const postgres = await startPostgres({ dataDir: join(env.dataDir, 'postgres') })
  watchPostgres(postgres, {
    onDown: () => log.error('PostgreSQL ended; starting it again'),
    onUp: (downMs) => log.info({ downMs: Math.round(downMs) }, 'PostgreSQL is back'),
    onFailure: (error) => log.error({ err: error }, 'PostgreSQL does not start'),
  })
  await migrate(postgres.url)
  return { url: postgres.url, stop: () => postgres.stop() }
}
