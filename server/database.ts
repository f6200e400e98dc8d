import { startPostgres, watchPostgres } from '#db/embedded.ts'
import { migrate } from '#db/migrate.ts'
import { join } from 'node:path'
import type { Env } from './env.ts'
import { log } from './log.ts'

/**
 * The database this process works on, migrated. `stop` ends it where it is embedded; `giveUp`, after a start that failed,
 * only where this process started it: one that was found running may serve another.
 */
export type Database = { url: string; stop(): Promise<void>; giveUp(): Promise<void> }

/** DATABASE_URL where set, else the embedded PostgreSQL in the data directory, kept running. */
export const openDatabase = async (env: Env): Promise<Database> => {
  if (env.DATABASE_URL) {
    await migrate(env.DATABASE_URL)
    const nothing = async () => {}
    return { url: env.DATABASE_URL, stop: nothing, giveUp: nothing }
  }
  const postgres = await startPostgres({ dataDir: join(env.dataDir, 'postgres') })
  watchPostgres(postgres, {
    onDown: () => log.error('PostgreSQL ended; starting it again'),
    onUp: (downMs) => log.info({ downMs: Math.round(downMs) }, 'PostgreSQL is back'),
    onFailure: (error) => log.error({ err: error }, 'PostgreSQL does not start'),
  })
  const stop = () => postgres.stop()
  const giveUp = async () => (postgres.adopted ? undefined : stop())
  try {
    await migrate(postgres.url)
  } catch (error) {
    await giveUp()
    throw error
  }
  return { url: postgres.url, stop, giveUp }
}
