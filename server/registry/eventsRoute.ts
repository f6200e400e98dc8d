import { timingSafeEqual } from 'node:crypto'
import type { Pool } from '#db/client.ts'
import { Counter, Gauge } from 'prom-client'
import type { Env } from '../env.ts'
import { DomainError } from '../errors.ts'
import { readBody, sendJson, type Exchange, type Route } from '../http.ts'
import { registry } from '../metrics.ts'
import { readEvents } from './event.ts'
import { storeEvents } from './storeEvents.ts'
import { eventsSecret } from './secrets.ts'

export const EVENTS_PATH = '/v1/registry/events'
const MOST_BYTES = 16 * 1024 * 1024

const events = new Counter({
  name: 'wharf_registry_events_total',
  help: "The registry's notifications: new, repeated or not understood.",
  labelNames: ['outcome'],
  registers: [registry],
})
const lag = new Gauge({
  name: 'wharf_registry_events_lag_seconds',
  help: 'From what happened in the registry to its notification being stored, of the newest one.',
  registers: [registry],
})

const isFromRegistry = ({ req }: Exchange, secret: string): boolean => {
  const given = Buffer.from(req.headers.authorization ?? '')
  const wanted = Buffer.from(`Bearer ${secret}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/**
 * Takes the registry's notifications (https://distribution.github.io/distribution/about/notifications/), of version 1 and
 * 2: stored, committed, then answered. What was taken before is taken again without effect.
 */
export const eventsRoute = ({ sql, env }: { sql: Pool; env: Env }): Route => ({
  method: 'POST',
  path: EVENTS_PATH,
  access: 'registry',
  async handle(exchange) {
    if (!isFromRegistry(exchange, eventsSecret(env.secret)))
      throw new DomainError(
        'UNAUTHENTICATED',
        'only the registry sends notifications, with the secret of its configuration',
      )
    const body = await readBody(exchange.req, MOST_BYTES)
    const now = new Date()
    const { taken, left } = readEvents(body, now)
    const stored = await storeEvents(sql, taken, now)
    events.inc({ outcome: 'new' }, stored)
    events.inc({ outcome: 'repeated' }, taken.length - stored)
    events.inc({ outcome: 'not_understood' }, left)
    const newest = Math.max(...taken.map(({ at }) => at.getTime()))
    if (taken.length > 0) lag.set(Math.max(0, (now.getTime() - newest) / 1000))
    sendJson(exchange.res, 200, { stored, repeated: taken.length - stored, left })
  },
})
