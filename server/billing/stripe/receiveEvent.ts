import { Stripe } from 'stripe'
import type { Pool } from '#db/client.ts'
import type { Env } from '../../env.ts'
import { DomainError } from '../../errors.ts'
import { readBody, sendJson, type Route } from '../../http.ts'
import { addJob } from '../../jobs.ts'
import { log } from '../../log.ts'

const MOST_BYTES = 1_000_000

/**
 * `POST /v1/stripe/webhook`: what Stripe signed is stored under its event's id and acknowledged; a job acts on it. What comes
 * twice is stored once. 400 for a wrong signature, as Stripe's own examples answer.
 */
export const webhookRoute = ({ sql, env }: { sql: Pool; env: Env }): Route => ({
  method: 'POST',
  path: '/v1/stripe/webhook',
  access: 'anyone',
  async handle({ req, res }) {
    const secret = env.STRIPE_WEBHOOK_SECRET
    if (!secret) throw new DomainError('NOT_FOUND', 'no webhooks of Stripe are taken: set STRIPE_WEBHOOK_SECRET')
    const body = await readBody(req, MOST_BYTES)
    const event = verified(body, req.headers['stripe-signature'], secret)
    await storeEvent(sql, event, new Date())
    sendJson(res, 200, { received: true })
  },
})

/** The event of a signed body. @throws BAD_REQUEST where the signature is missing, wrong or older than five minutes */
export const verified = (body: Buffer, signature: string | string[] | undefined, secret: string): Stripe.Event => {
  if (typeof signature !== 'string') throw new DomainError('BAD_REQUEST', 'the header Stripe-Signature is missing')
  try {
    return Stripe.webhooks.constructEvent(body, signature, secret)
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) {
      log.warn({ reason: error.message.slice(0, 100) }, 'a webhook with a wrong signature')
      throw new DomainError('BAD_REQUEST', 'this was not signed by Stripe with our secret, or not lately')
    }
    throw new DomainError('BAD_REQUEST', 'this is no event')
  }
}

/** Keeps an event and has a job act on it. False where it was kept before. */
export const storeEvent = async (sql: Pool, event: Stripe.Event, now: Date): Promise<boolean> =>
  sql.begin(async (tx) => {
    const objectId = (event.data.object as { id?: string }).id ?? null
    const [row] = await tx`insert into stripe_event (id, type, object_id, body, received_at)
      values (${event.id}, ${event.type}, ${objectId}, ${JSON.stringify(event)}::text::jsonb, ${now})
      on conflict (id) do nothing returning 1`
    if (!row) return false
    await addJob(tx, 'billing.stripe_event', { eventId: event.id }, { key: `stripe_event:${event.id}` })
    return true
  })
