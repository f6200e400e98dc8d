import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { keepRunning, type Child } from '../child.ts'
import type { Context } from '../context.ts'
import { createJoinToken } from '../hosts/joinToken.ts'
import { DAY_MS, minuteOf } from '../time.ts'
import { keepPartitions } from '../usage/partitions.ts'
import { seedAbuse } from './abuse.ts'
import { seedComponents, seedIncidents } from './components.ts'
import { seedBilling } from './billing.ts'
import { writeHistory } from './history.ts'
import { DEMO_CUSTOMER, DEMO_OPERATOR, DEMO_PASSWORD, seedClusters, seedMembers, seedPeople } from './people.ts'
import { seedOnCall } from './onCall.ts'
import { seedRepositories } from './repositories.ts'
import { runStandIn } from './standIn.ts'
import { seedSubscribers } from './subscribers.ts'
import { seedTrouble } from './trouble.ts'

const ENTRY = join(import.meta.dirname, '../../agents/sim/main.ts')
const HOSTS = 12
const CONTAINERS = 15
/** The same fleet each time the demo is made. */
const SEED = 2026
const MOST_HISTORY_BYTES = 512 * 1024 * 1024
const SEED_WITHIN_MS = 120_000

const run = promisify(execFile)

export type Demo = Child & {
  /** What to print where the start greets: who can sign in. */
  greeting: string
}

/**
 * Makes the demo once (people, a simulated fleet with a month of history, its troubles) and runs its fleet against the
 * control plane at `url`, which must take agents already.
 */
export const startDemo = async (ctx: Context, url: string): Promise<Demo> => {
  const state = join(ctx.env.dataDir, 'fleet')
  const [made] = await ctx.sql`select 1 from setting where key = 'demo'`
  if (!made) await make(ctx, url, state)
  const child = keepRunning('simulated fleet', [ENTRY, '--state', state, '--troubled', '--offending'])
  const stripe = runStandIn(ctx.env, url)
  return {
    stop: async () => void (await Promise.all([child.stop(), stripe?.stop()])),
    greeting: `Operator: ${DEMO_OPERATOR}, customer: ${DEMO_CUSTOMER}, password of both: ${DEMO_PASSWORD}`,
  }
}

const make = async (ctx: Context, url: string, state: string): Promise<void> => {
  const [begun] = await ctx.sql`select 1 from auth_user where email = ${DEMO_OPERATOR}`
  if (begun) throw new Error(`making the demo was interrupted: remove ${ctx.env.dataDir} and start again`)
  await keepPartitions(ctx)
  const people = await ctx.sql.begin((tx) => seedPeople(tx, ctx))
  const operator: Context = {
    ...ctx,
    ip: '203.0.113.24',
    actor: {
      kind: 'user',
      userId: people.operatorId,
      email: DEMO_OPERATOR,
      name: 'Priya Raman',
      sessionId: 'demo',
      roles: ['operator', 'admin'],
    },
  }
  const clusters = await seedClusters(operator)
  await seedComponents({ ...operator, now: new Date(operator.now.getTime() - 31 * DAY_MS) })
  await ctx.sql.begin((tx) => seedMembers(tx, operator, people))
  const tokens: string[] = []
  for (const [kind, clusterId] of clusters) {
    const { token } = await createJoinToken(operator, { clusterId, maxUses: HOSTS, expiresInHours: 1 })
    tokens.push('--token', `${kind}=${token}`)
  }
  const fleet = ['--hosts', String(HOSTS), '--containers', String(CONTAINERS), '--seed', String(SEED)]
  const args = [ENTRY, '--state', state, '--url', url, ...tokens, ...fleet, '--history']
  const { stdout: past } = await run(process.execPath, args, {
    maxBuffer: MOST_HISTORY_BYTES,
    timeout: SEED_WITHIN_MS,
  })
  await writeHistory(ctx.sql, past, minuteOf(ctx.now), {
    app: ctx.env.WHARF_LABEL_APP,
    account: ctx.env.WHARF_LABEL_ACCOUNT,
  })
  await seedTrouble(operator, people)
  await seedAbuse(operator, people)
  await seedBilling(operator, people)
  await seedRepositories(operator, people)
  await seedIncidents(operator)
  await seedOnCall(operator)
  await seedSubscribers(operator)
  await ctx.sql`insert into setting (key, value, updated_by) values ('demo', 'true'::jsonb, 'demo')`
}
