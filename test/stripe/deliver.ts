import { createHmac } from 'node:crypto'
import type { Delivery, World } from './world.ts'

/** Seconds until a webhook that was not acknowledged is sent again; after three days it is given up. */
const AGAIN = [60, 300, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 86_400]
const TIMEOUT_MS = 10_000

/** A header as Stripe signs: the time and an HMAC over time and body. */
export const signatureOf = (body: string, secret: string, at: number): string =>
  `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`

/** Sends one webhook and remembers how it went. The signature carries the machine's time, as the receiver checks that. */
export const send = async (world: World, delivery: Delivery): Promise<number> => {
  const event = world.get('event', delivery.event)
  const endpoint = world.find('webhook_endpoint', delivery.endpoint)
  if (!endpoint) {
    delivery.delivered = true
    return 0
  }
  const body = JSON.stringify(event)
  const status = await post(
    endpoint.url,
    body,
    signatureOf(body, String(endpoint.secret), Math.floor(Date.now() / 1000)),
  )
  delivery.attempts += 1
  if (status >= 200 && status < 300) {
    if (!delivery.delivered) event.pending_webhooks = Math.max(0, event.pending_webhooks - 1)
    delivery.delivered = true
    const invoice = event.type === 'invoice.created' && world.find('invoice', (event.data.object as { id: string }).id)
    if (invoice && event.pending_webhooks === 0) invoice.webhooks_delivered_at = world.now()
    return status
  }
  const wait = AGAIN[delivery.attempts - 1]
  if (wait === undefined) delivery.delivered = true
  else delivery.dueAt = world.now() + wait
  return status
}

export const post = async (url: string, body: string, signature: string): Promise<number> => {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await answer.arrayBuffer()
    return answer.status
  } catch {
    return 0
  }
}

export const waiting = (world: World): Delivery[] => world.state.deliveries.filter((d) => !d.delivered)
export const due = (world: World): Delivery[] => waiting(world).filter((d) => d.dueAt <= world.now())

/** Forgets what was delivered. */
export const tidy = (world: World) => {
  world.state.deliveries = waiting(world)
}

/** Sends what is due, one after the other, but for the types that are to be lost (`*` is all). */
export const deliverDue = async (world: World, lose: readonly string[]): Promise<void> => {
  for (const delivery of due(world)) {
    const type = world.find('event', delivery.event)?.type ?? ''
    if (lose.includes('*') || lose.includes(type)) delivery.delivered = true
    else await send(world, delivery)
  }
  tidy(world)
}
