import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { keepRunning, type Child } from '../child.ts'
import type { Env } from '../env.ts'

const ENTRY = join(import.meta.dirname, '../../test/stripe/serve.ts')
/** What the stand-in takes as its key; no account at Stripe has it. */
const KEY = 'sk_test_standin'
/** Its usual port, so that links to its pages still work after a restart; another where this one is taken. */
const USUAL_PORT = 12111

const isFree = (port: number) =>
  new Promise<number | undefined>((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(undefined))
    probe.listen(port, '127.0.0.1', () => {
      const at = probe.address()
      probe.close(() => resolve(typeof at === 'object' && at ? at.port : undefined))
    })
  })

/** The demo's settings: cards are taken by a stand-in for Stripe, unless a key of Stripe's own is set. */
export const withStandIn = async (env: Env): Promise<Env> => {
  if (!env.WHARF_DEMO || env.STRIPE_SECRET_KEY) return env
  const port = (await isFree(USUAL_PORT)) ?? (await isFree(0))
  return {
    ...env,
    STRIPE_SECRET_KEY: KEY,
    STRIPE_API_BASE: `http://127.0.0.1:${port}`,
    STRIPE_WEBHOOK_SECRET: `whsec_${randomBytes(24).toString('base64url')}`,
  }
}

/** Runs the stand-in as a process of its own; it tells the control plane at `url` what happens. It keeps what it knows. */
export const runStandIn = (env: Env, url: string): Child | undefined => {
  const { STRIPE_SECRET_KEY: key, STRIPE_API_BASE: base, STRIPE_WEBHOOK_SECRET: secret } = env
  if (key !== KEY || !base || !secret) return undefined
  const webhook = ['--webhook', `${url}/v1/stripe/webhook`, '--secret', secret]
  const state = ['--state', join(env.dataDir, 'stripe.json')]
  const args = ['--quiet', '--end-with-parent', '--port', new URL(base).port, ...state, ...webhook]
  return keepRunning('stand-in for Stripe', [ENTRY, ...args])
}
