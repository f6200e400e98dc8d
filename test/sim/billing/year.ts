import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pool } from '#db/client.ts'
import { readEnv } from '#server/env.ts'
import { openBooth } from './booth.ts'
import { clockwork } from './clockwork.ts'
import { liveThrough } from './live.ts'
import { writeScript } from './script.ts'
import { setStage } from './stage.ts'

const HOUR = 3_600_000
/** Long after the machine's own time, so that no part of the house can go by it unnoticed; a leap year follows. */
const BEGINS = Date.UTC(2031, 0, 28)

/** What there was to live through, ids, and jobs that failed. */
export type Simulated = Awaited<ReturnType<typeof simulate>>

/** Lives through a script of customers in a store of their own; `again` lives its last instant once more. */
export const simulate = async (options: {
  sql: Pool
  seed: number
  customers: number
  days: number
  tickHours?: number
  /** Whether some pay by card. */
  byCard?: boolean
  /** Names of those to look at, where one of them is odd. */
  only?: readonly string[] | undefined
}) => {
  const { sql, seed, customers, days, tickHours = 24, byCard = false, only } = options
  const written = writeScript(seed, { customers, fromMs: BEGINS, days, byCard })
  const script = only ? { ...written, customers: written.customers.filter(({ name }) => only.includes(name)) } : written
  const booth = byCard ? await openBooth(seed, script.fromMs) : null
  const env = readEnv({
    WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-year-')),
    WHARF_PUBLIC_URL: 'http://localhost:3000',
    ...booth?.variables,
  })
  const close = await booth?.connect(sql, env)
  const clock = clockwork(sql, env, booth)
  const stage = await setStage(clock.contextAt(script.fromMs, 'stage'), script.customers)
  await liveThrough({ sql, clock, script, stage, booth, tickMs: tickHours * HOUR })
  const again = () => clock.tick(script.untilMs)
  return { script, stage, booth, failures: clock.failures, again, close: async () => await close?.() }
}
