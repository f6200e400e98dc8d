import { sessionDue } from './checkout.ts'
import { invoiceDue } from './collecting.ts'
import { subscriptionDue } from './subscriptions.ts'
import type { World } from './world.ts'

/** Stripe lists events of the last 30 days. */
const EVENTS_KEPT_S = 30 * 86_400

const next = (world: World, until: number): { id: string; at: number } | undefined => {
  let first: { id: string; at: number } | undefined
  for (const [id, at] of Object.entries(world.state.agenda)) {
    if (at <= until && (!first || at < first.at)) first = { id, at }
  }
  return first
}

/** Does one thing that is due by now. False where nothing is. */
export const step = (world: World, until: number): { at: number } | undefined => {
  const first = next(world, until)
  if (!first) return undefined
  const { clock } = world.state
  if (clock.standing !== null && first.at > clock.standing) clock.standing = first.at
  const invoice = world.find('invoice', first.id)
  const subscription = world.find('subscription', first.id)
  const session = world.find('checkout.session', first.id)
  if (invoice) invoiceDue(world, invoice)
  else if (subscription) subscriptionDue(world, subscription)
  else if (session) sessionDue(world, session)
  else world.plan(first.id, null)
  return { at: first.at }
}

/** Does all that is due by now. True where anything was. */
export const turn = (world: World): boolean => {
  let any = false
  while (step(world, world.now())) any = true
  if (any) forgetEvents(world)
  return any
}

const forgetEvents = (world: World) => {
  const pending = new Set(world.state.deliveries.filter((d) => !d.delivered).map((d) => d.event))
  for (const event of world.all('event')) {
    if (event.created >= world.now() - EVENTS_KEPT_S) break
    if (!pending.has(event.id)) world.remove('event', event.id)
  }
}
