import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { DAY_MS } from '../time.ts'
import { seal, unseal } from '../seal.ts'

/** How long after a change of secret what is sent is signed with the old one too. */
export const OLD_SECRET_MS = DAY_MS

const kept = z.object({
  current: z.string(),
  previous: z.object({ secret: z.string(), until: z.coerce.date() }).nullable(),
})
/** An endpoint's secrets; `previous` signs beside `current` until its time is over. */
export type WebhookSecrets = z.infer<typeof kept>

/** A secret as Standard Webhooks writes it: `whsec_` and 24 random bytes in base64. */
export const newSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`

export const sealSecrets = (key: string, secrets: WebhookSecrets): string =>
  seal(key, 'webhook', Buffer.from(JSON.stringify(secrets))).toString('base64')

/** @throws where WHARF_SECRET is not the one it was sealed with */
export const openSecrets = (key: string, sealed: string): WebhookSecrets =>
  kept.parse(JSON.parse(unseal(key, 'webhook', Buffer.from(sealed, 'base64')).toString('utf8')))

/** The secrets to sign with now, the current one first. */
export const signingSecrets = ({ current, previous }: WebhookSecrets, now: Date): string[] =>
  previous && previous.until > now ? [current, previous.secret] : [current]
