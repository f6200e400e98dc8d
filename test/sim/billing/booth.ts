import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { seeded, type Random } from '#agents/sim/random.ts'
import { openCheckout } from '#server/billing/stripe/openCheckout.ts'
import { webhookRoute } from '#server/billing/stripe/receiveEvent.ts'
import type { Context } from '#server/context.ts'
import type { Env } from '#server/env.ts'
import { runRoute } from '#server/http.ts'
import type { Pool } from '#db/client.ts'
import { control, type Controls } from '../../stripe/control.ts'
import { send, tidy, waiting } from '../../stripe/deliver.ts'
import { startStandIn } from '../../stripe/standIn.ts'
import type { Card } from '../../stripe/world.ts'
import type { Pays } from './script.ts'

const SECRET = 'whsec_standin_of_the_year'
/** How the cards of people who pay so behave. */
const CARD: Record<Pays, Card> = { early: 'works', late: 'fails', 'in parts': 'fails_then_works', never: 'fails' }

const shuffled = <T>(random: Random, items: readonly T[]): T[] =>
  items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)

/** A stand-in for Stripe beside the simulated year: its webhooks come twice each and in any order. */
export const openBooth = async (seed: number, fromMs: number) => {
  const standIn = await startStandIn({ standing: new Date(fromMs) })
  const random = seeded(seed, 'webhooks')
  const ask = async <N extends keyof Controls>(name: N, given: Controls[N]) => {
    await control(standIn, `/_control/${name}`, given)
  }
  await ask('webhooks', { byHand: true })

  return {
    world: standIn.world,
    variables: {
      STRIPE_SECRET_KEY: 'sk_test_standin',
      STRIPE_WEBHOOK_SECRET: SECRET,
      STRIPE_API_BASE: standIn.url,
    },
    /** Where its webhooks go: the route that production has. Returns what closes both. */
    async connect(sql: Pool, env: Env): Promise<() => Promise<void>> {
      const route = webhookRoute({ sql, env })
      const receiver = createServer((req, res) => {
        const url = new URL(req.url ?? '/', 'http://127.0.0.1')
        void runRoute(route, { req, res, url, requestId: crypto.randomUUID(), ip: '127.0.0.1' })
      })
      await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
      const { port } = receiver.address() as AddressInfo
      await ask('endpoint', { url: `http://127.0.0.1:${port}${route.path}`, secret: SECRET })
      return async () => {
        receiver.closeAllConnections()
        receiver.close()
        await standIn.close()
      }
    },
    moveTo: (atMs: number) => ask('clock', { to: new Date(atMs).toISOString() }),
    /** Sends what waits, each twice, in any order. Returns how many that were. */
    async deliver(): Promise<number> {
      const deliveries = waiting(standIn.world)
      for (const delivery of shuffled(random, [...deliveries, ...deliveries])) await send(standIn.world, delivery)
      tidy(standIn.world)
      return deliveries.length
    },
    /** A customer gives a card at Checkout. */
    async giveCard(ctx: Context, account: { id: bigint; name: string }, pays: Pays): Promise<void> {
      const { url } = await openCheckout(ctx, account, undefined)
      await ask('complete', { session: url.split('/').at(-1)!, card: CARD[pays] })
    },
    /** A customer gives a card that works and pays what is open. */
    async payOpen(customer: string): Promise<void> {
      await ask('card', { customer, card: 'works' })
      for (const { id, status, customer: of } of standIn.world.all('invoice'))
        if (of === customer && status === 'open') await ask('pay', { invoice: id })
    },
  }
}
export type Booth = Awaited<ReturnType<typeof openBooth>>
