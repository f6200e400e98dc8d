import { connect, type Pool } from '#db/client.ts'
import { startPostgres, type EmbeddedPostgres } from '#db/embedded.ts'
import { migrate } from '#db/migrate.ts'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../support/controlPlane.ts'

/** A control plane as a process of its own on a PostgreSQL of its own, with fsync on. */
export type ControlPlane = {
  sql: Pool
  url: string
  port: number
  dataDir: string
  database: EmbeddedPostgres
  process: ChildProcess
  /**
   * CPU time so far of the control plane and of PostgreSQL, in microseconds. Without autovacuum's workers: they come
   * when they come, for what was stored long before, and took up to a quarter of a round by chance.
   */
  cpuUs(): number
  stop(): Promise<void>
}

const US_PER_TICK = 10_000

const ticksOf = (pid: number): number => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // utime and stime, and those of children that ended.
    return [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0)
  } catch {
    return 0
  }
}

const childrenOf = (pid: number): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

const isAutovacuum = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('postgres: autovacuum worker')
  } catch {
    return true
  }
}

export const waitUntilReady = async (port: number, withinMs = 60_000): Promise<void> => {
  const until = Date.now() + withinMs
  while (Date.now() < until) {
    const ok = await fetch(`http://127.0.0.1:${port}/readyz`)
      .then((r) => r.ok)
      .catch(() => false)
    if (ok) return
    await sleep(50)
  }
  throw new Error(`no control plane on port ${port} within ${withinMs} ms`)
}

/** Starts one with the given roles in a temporary directory that `stop` removes, or in one that is kept. */
export const startControlPlane = async (
  roles: string,
  env: Record<string, string> = {},
  keptIn?: string,
): Promise<ControlPlane> => {
  const dataDir = keptIn ?? mkdtempSync(join(tmpdir(), 'wharf-bench-'))
  const database = await startPostgres({ dataDir })
  await migrate(database.url)
  const sql = connect(database.url, { max: 4, name: 'bench', statementTimeoutMs: 600_000 })
  const port = await freePort()
  const main = join(import.meta.dirname, '../../../server/main.ts')
  const child = spawn(process.execPath, [...(process.env['WHARF_BENCH_NODE'] ?? '').split(' ').filter(Boolean), main], {
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      WHARF_DATA: dataDir,
      WHARF_ROLES: roles,
      PORT: String(port),
      DOCKER_HOST: 'unix:///nowhere',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await waitUntilReady(port)
  return {
    sql,
    url: `http://127.0.0.1:${port}`,
    port,
    dataDir,
    database,
    process: child,
    cpuUs: () =>
      [child.pid ?? 0, ...childrenOf(database.pid).filter((pid) => !isAutovacuum(pid))].reduce(
        (sum, pid) => sum + ticksOf(pid),
        0,
      ) * US_PER_TICK,
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
      await sql.end({ timeout: 5 })
      await database.stop()
      if (keptIn === undefined) rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
