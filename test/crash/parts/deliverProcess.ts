// A worker that delivers what is due and, at the point it is given, stops with each delivery until all are there, and then
// kills itself: `SIGKILL`, so that nothing is tidied up. Without a point it goes on to its end.
import { connect, type Pool } from '#db/client.ts'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { CHANNEL_KINDS } from '#server/incidents/channels/kinds.ts'
import { deliver } from '#server/incidents/deliver.ts'
import { tellSubscribers } from '#server/incidents/subscribers/tellSubscribers.ts'

/** Where a worker may be killed; `arrived` and `handled` are the stand-ins' to tell. */
export type Point = 'taking' | 'taken' | 'arrived' | 'handled' | 'answered' | 'recording' | 'recorded' | 'looking'
export type Run = {
  databaseUrl: string
  env: Record<string, string>
  now: string
  what: 'channels' | 'subscribers'
  point: Point
  /** How many deliveries get there. */
  count: number
}

const run = JSON.parse(process.argv[2]!) as Run
let here = 0
/** Stays for ever; the last one ends the process. */
const stopAt = (point: Point): Promise<void> => {
  if (point !== run.point) return Promise.resolve()
  here += 1
  if (here >= run.count) process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}

let answered = 0
for (const adapter of CHANNEL_KINDS) {
  const { send, lookUp } = adapter
  adapter.send = async (account, what) => {
    await stopAt('taken')
    const outcome = await send.call(adapter, account, what)
    answered += 1
    await stopAt('answered')
    return outcome
  }
  if (lookUp)
    adapter.lookUp = async (account, what) => {
      await stopAt('looking')
      return await lookUp.call(adapter, account, what)
    }
}

const pool = connect(run.databaseUrl, { max: 40, name: 'to-be-killed' })
const begin = async (work: (tx: unknown) => Promise<unknown>): Promise<unknown> => {
  let isRecord = run.what === 'subscribers'
  if (isRecord) await stopAt('answered')
  const result = await (pool.begin as (work: (tx: unknown) => Promise<unknown>) => Promise<unknown>)(async (tx) => {
    const made = await work(tx)
    if (typeof made === 'object' && made !== null && 'taken' in made) await stopAt('taking')
    isRecord ||= made === undefined && answered > 0
    if (isRecord) await stopAt('recording')
    return made
  })
  if (isRecord) await stopAt('recorded')
  return result
}
const sql = new Proxy(pool, {
  get: (target, name, receiver) => (name === 'begin' ? begin : (Reflect.get(target, name, receiver) as unknown)),
}) as Pool

const ctx = systemContext(sql, readEnv(run.env), 'worker', new Date(run.now))
if (run.what === 'channels') await deliver(ctx, { patienceMs: 0 })
else await tellSubscribers(ctx)
process.exit(0)
