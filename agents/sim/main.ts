import { parseArgs } from 'node:util'
import { reason, stderrLog } from '#agents/host/log.ts'
import { enrolFleet, makeHistory, openFleet, runFleet } from './fleet.ts'
import type { ClusterKind } from './plan.ts'

const USAGE = `usage: sim --state DIR [--url URL --token [paid|free|internal=]TOKEN ... --hosts N --containers M --seed N]
           [--troubled] [--offending] [--history]

Runs a simulated fleet that speaks as the host agent does. The first run makes and enrols it, later ones need --state
alone. --troubled cuts hosts off now and then; --offending has some containers look like abuse; --history prints a month of its past as JSON instead of running it.
`

const KINDS: readonly string[] = ['paid', 'free', 'internal'] satisfies ClusterKind[]

const whole = (text: string | undefined, name: string, otherwise: number): number => {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} should be a whole number from 1`)
  return value
}

const tokensOf = (given: readonly string[]): Partial<Record<ClusterKind | 'any', string>> =>
  Object.fromEntries(
    given.map((text) => {
      const [kind = '', token] = text.split('=', 2)
      return token !== undefined && KINDS.includes(kind) ? [kind, token] : ['any', text]
    }),
  )

/** The simulated fleet as a process: exits 0 when done or stopped, 1 where it was refused or failed, 2 for wrong usage. */
const main = async (argv: string[]): Promise<number | null> => {
  let values
  try {
    const text = { type: 'string' } as const
    const flag = { type: 'boolean' } as const
    const options = {
      state: text,
      url: text,
      token: { type: 'string', multiple: true } as const,
      hosts: text,
      containers: text,
      seed: text,
      troubled: flag,
      offending: flag,
      history: flag,
    }
    ;({ values } = parseArgs({ args: argv, options }))
  } catch (error) {
    process.stderr.write(`${reason(error)}\n${USAGE}`)
    return 2
  }
  const { state, url, token = [], troubled = false, offending = false, history = false } = values
  if (state === undefined) {
    process.stderr.write(USAGE)
    return 2
  }
  const presentS = Math.floor(Date.now() / MINUTE_MS) * 60
  const fleet = openFleet(
    state,
    url === undefined
      ? undefined
      : {
          seed: whole(values.seed, 'seed', 1),
          hosts: whole(values.hosts, 'hosts', 12),
          containers: whole(values.containers, 'containers', 15),
          presentS,
        },
  )
  if (url !== undefined) await enrolFleet(state, fleet, url, tokensOf(token))
  if (history) {
    process.stdout.write(JSON.stringify(makeHistory(state, fleet)))
    return 0
  }
  const running = await runFleet(state, fleet, { troubled, offending }, stderrLog)
  let stopping = false
  const stop = () => {
    if (stopping) process.exit(1)
    stopping = true
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${reason(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  return null
}

const MINUTE_MS = 60_000

main(process.argv.slice(2)).then(
  (code) => {
    // Not exit(): what was printed may still be on its way through a pipe.
    if (code !== null) process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`${reason(error)}\n`)
    process.exitCode = 1
  },
)
