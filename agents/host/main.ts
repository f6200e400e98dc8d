import { parseArgs } from 'node:util'
import { enrol, rotate } from './enrol.ts'
import { reason } from './log.ts'
import { run } from './run.ts'

const USAGE = `usage: agent run --state DIR [--url URL]
       agent enrol --url URL --token TOKEN --state DIR [--hostname NAME]
       agent rotate --state DIR
`

/** The agent as a process: exits 0 when done or stopped, 1 where it was refused or failed, 2 for wrong usage. */
const main = async (argv: string[]): Promise<number | null> => {
  let parsed
  try {
    const option = { type: 'string' } as const
    const options = { state: option, url: option, token: option, hostname: option }
    parsed = parseArgs({ args: argv, options, allowPositionals: true })
  } catch (error) {
    process.stderr.write(`${reason(error)}\n${USAGE}`)
    return 2
  }
  const { state, url, token, hostname } = parsed.values
  const named = hostname === undefined ? {} : { hostname }
  const [verb] = parsed.positionals
  if (verb === 'run' && state !== undefined) {
    const agent = await run({ stateDir: state, ...named, ...(url === undefined ? {} : { url }) })
    let stopping = false
    const stop = () => {
      if (stopping) process.exit(1)
      stopping = true
      agent.stop().then(
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
  if (verb === 'enrol' && state !== undefined && url !== undefined && token !== undefined) {
    const identity = await enrol({ url, token, stateDir: state, ...named })
    process.stdout.write(`enrolled as host ${identity.hostId} in cluster ${identity.cluster}\n`)
    return 0
  }
  if (verb === 'rotate' && state !== undefined) {
    const { keyId } = await rotate({ stateDir: state })
    process.stdout.write(`the host now signs with key ${keyId}; restart its agent\n`)
    return 0
  }
  process.stderr.write(USAGE)
  return 2
}

main(process.argv.slice(2)).then(
  (code) => {
    if (code !== null) process.exit(code)
  },
  (error: unknown) => {
    process.stderr.write(`${reason(error)}\n`)
    process.exit(1)
  },
)
