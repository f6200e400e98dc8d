import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { control } from './control.ts'
import { startStandIn } from './standIn.ts'
import type { State } from './world.ts'

// The stand-in as a process of its own:
// node test/stripe/serve.ts --port 12111 [--state FILE] [--webhook URL --secret whsec_…]

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '12111' },
    state: { type: 'string' },
    webhook: { type: 'string' },
    secret: { type: 'string' },
    quiet: { type: 'boolean', default: false },
    'end-with-parent': { type: 'boolean', default: false },
  },
})

const kept = (): State | undefined => {
  try {
    return values.state ? (JSON.parse(readFileSync(values.state, 'utf8')) as State) : undefined
  } catch {
    return undefined
  }
}

const write = (state: State) => {
  if (!values.state) return
  writeFileSync(`${values.state}.new`, JSON.stringify(state), { mode: 0o600 })
  renameSync(`${values.state}.new`, values.state)
}
let waiting: NodeJS.Timeout | undefined
const keep = (state: State) => {
  waiting ??= setTimeout(() => {
    waiting = undefined
    write(state)
  }, 500)
}

const state = kept()
const standIn = await startStandIn({ port: Number(values.port), ...(state ? { state } : {}), onChange: keep })
if (values.webhook && values.secret) {
  await control(standIn, '/_control/endpoint', { url: values.webhook, secret: values.secret })
}
if (!values.quiet) process.stdout.write(`${JSON.stringify({ url: standIn.url })}\n`)
const end = async () => {
  await standIn.close()
  write(standIn.world.state)
  process.exit(0)
}
process.on('SIGTERM', () => void end())
process.on('SIGINT', () => void end())
// A parent that is killed cannot stop it.
const parent = process.ppid
if (values['end-with-parent']) setInterval(() => process.ppid !== parent && void end(), 2_000).unref()
