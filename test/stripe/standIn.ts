import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { callOf, expandOf } from './calls.ts'
import { control } from './control.ts'
import { deliverDue } from './deliver.ts'
import { faultFor } from './faults.ts'
import type { Fault } from './faults.ts'
import { checked, readForm } from './form.ts'
import { answered } from './lists.ts'
import { pages } from './pages.ts'
import { turn } from './turn.ts'
import { emptyState, makeWorld, Refusal } from './world.ts'
import type { Replay, State, World } from './world.ts'

export type StandIn = {
  url: string
  world: World
  /** Faults to come, in order. */
  faults: Fault[]
  /** With `by hand` webhooks wait until the control sends them. */
  webhooks: { byHand: boolean; lose: string[] }
  close(): Promise<void>
}

export const KEY = 'sk_test_standin'
const KEYS_KEPT_S = 24 * 3_600
const MOST_BODY = 1_000_000

const body = async (req: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BODY) throw new Refusal(413, { type: 'invalid_request_error', message: 'Request too large' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const errorBody = (refusal: Refusal) =>
  JSON.stringify({ error: { ...refusal.body, request_log_url: 'https://dashboard.stripe.com/test/logs/standin' } })

const mustBeAuthorized = (req: IncomingMessage) => {
  const given = req.headers.authorization ?? ''
  if (given === `Bearer ${KEY}`) return
  const message = `Invalid API Key provided: ${given.slice(7, 15)}****. The stand-in's key is ${KEY}.`
  throw new Refusal(401, { type: 'invalid_request_error', message })
}

const mustBeVersioned = (req: IncomingMessage) => {
  const version = String(req.headers['stripe-version'] ?? '')
  if (/^\d{4}-\d{2}-\d{2}(\.\w+)?$/.test(version)) return
  throw new Refusal(400, { type: 'invalid_request_error', message: `Invalid Stripe API version: ${version}` })
}

/** What a key was answered before, where it was for the same request. @throws Refusal idempotency_error */
const replayOf = (world: World, key: string | undefined, request: string): Replay | undefined => {
  const before = key ? world.state.replays[key] : undefined
  if (!before || before.at < world.now() - KEYS_KEPT_S) return undefined
  if (before.request === request) return before
  const message = `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`
  throw new Refusal(400, { type: 'idempotency_error', message })
}

/** Starts the stand-in. `state` is what an earlier one remembered; `standing` stops its clock at an instant. */
export const startStandIn = async (
  options: { port?: number; state?: State; standing?: Date; onChange?: (state: State) => void } = {},
): Promise<StandIn> => {
  const server = createServer((req, res) => void serve(req, res))
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const world = makeWorld(options.state ?? emptyState(), url)
  if (options.standing) world.state.clock = { offset: 0, standing: Math.floor(options.standing.getTime() / 1000) }
  const standIn: StandIn = {
    url,
    world,
    faults: [],
    webhooks: { byHand: false, lose: [] },
    close: async () => {
      clearInterval(timer)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  const api = async (req: IncomingMessage, res: ServerResponse, path: string, text: string) => {
    const [pathname = '', query = ''] = path.split('?')
    const method = req.method ?? 'GET'
    const key = req.headers['idempotency-key'] as string | undefined
    const fault = faultFor(standIn.faults, method, pathname)
    if (fault === 'refused') return req.socket.destroy()
    if (fault === 'slow') await sleep(300_000, undefined, { ref: false })
    try {
      if (fault === '429')
        throw new Refusal(429, { type: 'invalid_request_error', code: 'rate_limit', message: 'Too many requests' })
      if (fault === '500') throw new Refusal(500, { type: 'api_error', message: 'Something went wrong on our end.' })
      if (fault === '409')
        throw new Refusal(409, {
          type: 'idempotency_error',
          code: 'idempotency_key_in_use',
          message: 'There is currently another in-progress request using this key',
        })
      mustBeAuthorized(req)
      mustBeVersioned(req)
      const request = `${method} ${path} ${text}`
      const before = method === 'POST' ? replayOf(world, key, request) : undefined
      if (before && fault === 'lost') return req.socket.destroy()
      if (before) return answer(res, before.status, before.body, { 'idempotent-replayed': 'true' })
      const { name, ids, call } = callOf(method, pathname)
      const params = checked(name, readForm(method === 'GET' || method === 'DELETE' ? query || text : text))
      const given = { ...params }
      delete given['expand']
      const [status, out] = run(() => answered(world, call(world, ids, given), expandOf(params)))
      if (method === 'POST' && key) world.state.replays[key] = { request, status, body: out, at: world.now() }
      options.onChange?.(world.state)
      if (fault === 'lost') return req.socket.destroy()
      if (fault === 'silent') return
      answer(res, status, out)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      answer(res, error.status, errorBody(error))
    }
  }

  const run = (work: () => object): [number, string] => {
    try {
      return [200, JSON.stringify(work())]
    } catch (error) {
      if (error instanceof Refusal) return [error.status, errorBody(error)]
      throw error
    }
  }

  const answer = (res: ServerResponse, status: number, text: string, headers: Record<string, string> = {}) => {
    res.writeHead(status, {
      'content-type': 'application/json',
      'request-id': `req_${Math.random().toString(36).slice(2, 12)}`,
      ...headers,
    })
    res.end(text)
  }

  const serve = async (req: IncomingMessage, res: ServerResponse) => {
    try {
      const path = req.url ?? '/'
      const text = await body(req)
      if (path.startsWith('/v1/')) await api(req, res, path, text)
      else if (path.startsWith('/_control/')) {
        answer(res, 200, JSON.stringify((await control(standIn, path, text ? JSON.parse(text) : {})) ?? {}))
        options.onChange?.(world.state)
      } else {
        pages(standIn, req, res, text)
        options.onChange?.(world.state)
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (!res.headersSent)
        answer(
          res,
          error instanceof Refusal ? error.status : 500,
          JSON.stringify({ error: { type: 'api_error', message } }),
        )
    }
  }

  let busy = false
  /** What is due by the clock, then the webhooks that wait. */
  const tick = async () => {
    if (busy) return
    busy = true
    try {
      if (world.state.clock.standing === null && turn(world)) options.onChange?.(world.state)
      if (!standIn.webhooks.byHand) await deliverDue(world, standIn.webhooks.lose)
    } finally {
      busy = false
    }
  }
  const timer = setInterval(() => void tick(), 100)
  timer.unref()
  return standIn
}
