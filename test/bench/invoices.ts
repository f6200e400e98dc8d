import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '#db/client.ts'
import { startPostgres } from '#db/embedded.ts'
import { migrate } from '#db/migrate.ts'
import { closePeriods } from '#server/billing/closePeriods.ts'
import { finalizeDrafts } from '#server/billing/finalizeDrafts.ts'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { figure } from './figure.ts'
import { LINES, PERIOD_END, seedSubscriptions } from './parts/invoiceData.ts'

const MB = 2 ** 20
const SUBSCRIPTIONS = 100_000

const option = (options: readonly string[], name: string, otherwise: number): number => {
  const given = options.find((text) => text.startsWith(`--${name}=`))
  return given === undefined ? otherwise : Number(given.slice(name.length + 3))
}

/** The resident size of this process, looked at while it works: its median a tenth of the way, and its greatest. */
const watchMemory = (share: () => number) => {
  const early: number[] = []
  let most = 0
  const timer = setInterval(() => {
    const rss = process.memoryUsage.rss()
    most = Math.max(most, rss)
    if (share() > 0.05 && share() < 0.15) early.push(rss)
  }, 250)
  return () => {
    clearInterval(timer)
    return { most, early: early.toSorted((a, b) => a - b)[Math.floor(early.length / 2)] ?? most }
  }
}

/**
 * Subscriptions whose month ended, each with ten lines: closed, rated and finalized by the manual driver, with durable
 * commits. `--subscriptions=N` for fewer.
 */
export default async function invoices(options: string[]): Promise<void> {
  const count = option(options, 'subscriptions', SUBSCRIPTIONS)
  const dataDir = mkdtempSync(join(tmpdir(), 'wharf-bench-'))
  const database = await startPostgres({ dataDir })
  try {
    await migrate(database.url)
    const sql = connect(database.url, { max: 8, name: 'bench', statementTimeoutMs: 600_000 })
    const env = readEnv({ WHARF_DATA: dataDir, WHARF_PUBLIC_URL: 'http://localhost:3000' })
    const ctx = systemContext(sql, env, 'bench', new Date(PERIOD_END.getTime() + 26 * 3_600_000))
    await seedSubscriptions(ctx, count)

    let share = 0
    const progress = setInterval(() => {
      void sql<{ n: number }[]>`select coalesce(max(last), 0)::int as n from number_series`.then(
        ([row]) => (share = row!.n / count),
        () => {},
      )
    }, 500)
    const memory = watchMemory(() => share)
    const startedAt = performance.now()
    await closePeriods(ctx)
    const closedAt = performance.now()
    await finalizeDrafts(ctx)
    const elapsedS = (performance.now() - startedAt) / 1000
    clearInterval(progress)
    const { most, early } = memory()

    const [done] = await sql<{ invoices: number; lines: number; entries: number }[]>`
      select (select count(*)::int from invoice where finalized_at is not null) as invoices,
        (select count(*)::int from invoice_line) as lines, (select count(*)::int from ledger_entry) as entries`
    if (done!.invoices !== count || done!.lines !== count * LINES)
      throw new Error(`${done!.invoices} invoices with ${done!.lines} lines instead of ${count} with ${count * LINES}`)
    const size = { invoices: count, lines: done!.lines }
    figure({ bench: 'invoices', figure: 'invoices_per_s', value: count / elapsedS, unit: 'invoices/s', ...size })
    figure({ bench: 'invoices', figure: 'close_s', value: (closedAt - startedAt) / 1000, unit: 's' })
    figure({
      bench: 'invoices',
      figure: 'rss_mb',
      value: most / MB,
      unit: 'MB',
      limit: early / MB,
      ratio: most / early,
    })
    await sql.end({ timeout: 5 })
  } finally {
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}
