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
  },
})

const kept = (): State | undefined => {
  try {
    return values.state ? (JSON.parse(readFileSync(values.state, 'utf8')) as State) : undefined
  } catch {
    return undefined
  }
}

let waiting: NodeJS.Timeout | undefined
const keep = (state: State) => {
  if (!values.state || waiting) return
  const file = values.state
  waiting = setTimeout(() => {
    waiting = undefined
    writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }, 500)
}

const state = kept()
const standIn = await startStandIn({ port: Number(values.port), ...(state ? { state } : {}), onChange: keep })
if (values.webhook && values.secret) {
  await control(standIn, '/_control/endpoint', { url: values.webhook, secret: values.secret })
}
process.stdout.write(`${JSON.stringify({ url: standIn.url })}\n`)
const end = () => void standIn.close().then(() => process.exit(0))
process.on('SIGTERM', end)
process.on('SIGINT', end)
// Its parent's end is its own.
if (process.send) process.on('disconnect', end)
