import { timingSafeEqual } from 'node:crypto'
import type { Env } from '../../env.ts'
import { linkSignature } from '../../seal.ts'

const PURPOSE = 'subscriber'

/** What a subscriber's own page and its unsubscribing are reached by: `1204.Zm9v…`. It does not run out. */
export const subscriberKey = ({ secret }: Pick<Env, 'secret'>, id: bigint): string =>
  `${id}.${linkSignature(secret, PURPOSE, String(id)).slice(0, 32)}`

/** Where a subscriber confirms, chooses and unsubscribes. */
export const subscriberLink = (env: Pick<Env, 'secret' | 'publicUrl'>, id: bigint): string =>
  `${env.publicUrl}/status/subscription/${subscriberKey(env, id)}`

/** Whose key it is; undefined where nobody could have got it from us. */
export const readKey = (env: Pick<Env, 'secret'>, key: string): bigint | undefined => {
  const [, text] = /^(\d{1,18})\.[\w-]{32}$/u.exec(key) ?? []
  if (text === undefined) return undefined
  const id = BigInt(text)
  const made = Buffer.from(subscriberKey(env, id))
  const given = Buffer.from(key)
  return made.length === given.length && timingSafeEqual(made, given) ? id : undefined
}
