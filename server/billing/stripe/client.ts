import { createHash } from 'node:crypto'
import { Stripe } from 'stripe'
import type { Env } from '../../env.ts'
import { DomainError } from '../../errors.ts'

export type StripeEnv = Pick<Env, 'STRIPE_SECRET_KEY' | 'STRIPE_API_BASE' | 'secret'>

const TIMEOUT_MS = 20_000
/** By the library, with the same idempotency key; what is left to do after that is a job's retry. */
const RETRIES = 2

const clients = new Map<string, Stripe>()

/** Speaks to Stripe, or undefined where no key is set. One client a key and place. */
export const stripeOf = (env: StripeEnv): Stripe | undefined => {
  const { STRIPE_SECRET_KEY: key, STRIPE_API_BASE: base } = env
  if (!key) return undefined
  const name = `${key} ${base ?? ''}`
  const known = clients.get(name)
  if (known) return known
  const made = new Stripe(key, {
    timeout: TIMEOUT_MS,
    maxNetworkRetries: RETRIES,
    telemetry: false,
    appInfo: { name: 'wharfinger' },
    ...(base ? placeOf(new URL(base)) : {}),
  })
  clients.set(name, made)
  return made
}

const placeOf = ({ hostname, port, protocol }: URL) => ({
  host: hostname,
  port: port || (protocol === 'http:' ? 80 : 443),
  protocol: protocol === 'http:' ? ('http' as const) : ('https' as const),
})

/** The same where it has to be there. @throws UNPROCESSABLE */
export const needStripe = (env: StripeEnv): Stripe => {
  const stripe = stripeOf(env)
  if (stripe) return stripe
  throw new DomainError('UNPROCESSABLE', 'cards are not taken here: set STRIPE_SECRET_KEY')
}

/** Whether Stripe is a stand-in: the screens say so. */
export const isStandIn = (env: StripeEnv): boolean => env.STRIPE_API_BASE !== undefined

/**
 * A short name of this installation. Objects at Stripe and idempotency keys carry it, because a test account may be shared:
 * "customer 7" of another database is somebody else.
 */
export const installationOf = ({ secret }: Pick<Env, 'secret'>): string =>
  createHash('sha256').update(`stripe installation ${secret}`).digest('hex').slice(0, 12)
