import { changeCard, completeSession } from './checkout.ts'
import { deliverDue, due, post, send, signatureOf, tidy, waiting } from './deliver.ts'
import type { Fault } from './faults.ts'
import { collect } from './collecting.ts'
import { paymentsOf, closeDispute, openDispute } from './payments.ts'
import type { StandIn } from './standIn.ts'
import { step, turn } from './turn.ts'
import type { Card, Kind } from './world.ts'

/** What a test or the demo asks of the stand-in itself, `POST /_control/NAME` with JSON. */
export type Controls = {
  /** Moves the clock on to an instant, doing what falls due on the way and sending its webhooks in between. */
  clock: { to: string }
  /** Sends waiting webhooks: in order, `reversed`, each `times` times, or only of some types. */
  deliver: { reversed?: boolean; times?: number; types?: string[] }
  webhooks: { byHand?: boolean; lose?: string[] }
  fault: Fault
  heal: object
  endpoint: { url: string; secret: string }
  /** A customer chooses a card on the Checkout page, or changes it in the Portal. */
  complete: { session: string; card: Card }
  card: { customer: string; card: Card }
  /** A customer pays on the invoice's own page. */
  pay: { invoice: string }
  dispute: { invoice: string }
  settle_dispute: { dispute: string; won: boolean }
  tax: { active: boolean }
  /** Changes an object behind everybody's back: what reconciliation has to find. */
  drift: { kind: Kind; id: string; set: Record<string, unknown> }
  forget: { kind: Kind; id: string }
  /** Sends an event that Stripe never signed. */
  forge: { url: string; secret: string; event: object; at?: number }
  waiting: object
}

type Answers = { [N in keyof Controls]: (standIn: StandIn, given: Controls[N]) => unknown }

const answers: Answers = {
  clock: async (standIn, { to }) => {
    const { world, webhooks } = standIn
    const until = Math.floor(new Date(to).getTime() / 1000)
    world.state.clock.standing ??= world.now()
    const catchUp = async () => {
      if (!webhooks.byHand) await deliverDue(world, webhooks.lose)
    }
    await catchUp()
    while (step(world, until)) await catchUp()
    world.state.clock.standing = Math.max(until, world.state.clock.standing)
    turn(world)
    await catchUp()
    return { now: new Date(world.now() * 1000).toISOString() }
  },
  deliver: async ({ world, webhooks }, { reversed = false, times = 1, types }) => {
    const wanted = waiting(world).filter((d) => !types || types.includes(world.get('event', d.event).type))
    const lost = (d: (typeof wanted)[number]) =>
      webhooks.lose.some((name) => name === '*' || name === world.get('event', d.event).type)
    const statuses: number[] = []
    for (const delivery of reversed ? wanted.toReversed() : wanted) {
      if (lost(delivery)) delivery.delivered = true
      else for (let n = 0; n < times; n++) statuses.push(await send(world, delivery))
    }
    tidy(world)
    return { statuses }
  },
  webhooks: ({ webhooks }, given) => Object.assign(webhooks, given),
  fault: ({ faults }, fault) => faults.push(fault),
  heal: ({ faults }) => faults.splice(0),
  endpoint: ({ world }, { url, secret }) => {
    for (const old of world.all('webhook_endpoint')) world.remove('webhook_endpoint', old.id)
    return world.add('webhook_endpoint', {
      id: world.id('webhook_endpoint'),
      object: 'webhook_endpoint',
      api_version: null,
      application: null,
      created: world.now(),
      description: null,
      enabled_events: ['*'],
      livemode: false,
      metadata: {},
      secret,
      status: 'enabled',
      url,
    })
  },
  complete: ({ world }, { session, card }) => completeSession(world, session, card),
  card: ({ world }, { customer, card }) => changeCard(world, customer, card),
  pay: ({ world }, { invoice }) => {
    const found = world.get('invoice', invoice)
    return collect(world, found, { present: true })
  },
  dispute: ({ world }, { invoice }) => {
    const paid = paymentsOf(world, invoice).find((p) => p.status === 'paid')
    const intent = world.get('payment_intent', paid?.payment.payment_intent)
    return openDispute(world, String(intent.latest_charge))
  },
  settle_dispute: ({ world }, { dispute, won }) => closeDispute(world, dispute, won),
  tax: ({ world }, { active }) => {
    world.state.tax.active = active
  },
  drift: ({ world }, { kind, id, set }) => Object.assign(world.get(kind, id), set),
  forget: ({ world }, { kind, id }) => world.remove(kind, id),
  forge: async (_, { url, secret, event, at }) => {
    const text = JSON.stringify(event)
    return { status: await post(url, text, signatureOf(text, secret, at ?? Math.floor(Date.now() / 1000))) }
  },
  waiting: ({ world }) => ({ events: due(world).map((d) => world.get('event', d.event).type) }),
}

/** Answers `/_control/NAME`. @throws Error for a name there is not */
export const control = async (standIn: StandIn, path: string, given: object): Promise<unknown> => {
  const name = path.slice('/_control/'.length) as keyof Controls
  const answer = answers[name] as ((standIn: StandIn, given: object) => unknown) | undefined
  if (!answer) throw new Error(`no control ${name}`)
  return (await answer(standIn, given)) ?? {}
}
