import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Counter, Gauge, Histogram } from 'prom-client'
import { HEADERS, type ReportAnswer } from '#agents/protocol.ts'
import type { Env } from '../env.ts'
import { DomainError, type ErrorCode } from '../errors.ts'
import { readBody, sendJson, type Exchange, type Route } from '../http.ts'
import { log } from '../log.ts'
import { registry } from '../metrics.ts'
import type { ThreadAnswer, ThreadData, ThreadRequest } from './ingestThread.ts'
import { REPORTS_PATH } from './prepareReport.ts'
import { RateLimit } from './rateLimit.ts'

const MOST_BODY_BYTES = 2 * 1024 * 1024
/** Requests, and bytes of bodies, that may wait for a thread before newcomers are asked to come later. */
const MOST_WAITING = 4_000
const MOST_WAITING_BYTES = 256 * 1024 * 1024
const RESTART_MS = 200
const ANSWER_WITHIN_MS = 30_000

const reports = new Counter({
  name: 'wharf_ingest_reports_total',
  help: 'Reports by outcome: stored, duplicate, or the code they were refused with.',
  labelNames: ['outcome'],
  registers: [registry],
})
const samples = new Counter({
  name: 'wharf_ingest_samples_total',
  help: 'Container and object samples stored.',
  registers: [registry],
})
const quarantined = new Counter({
  name: 'wharf_ingest_quarantined_total',
  help: 'Rows that were set aside as impossible.',
  registers: [registry],
})
const acknowledgeSeconds = new Histogram({
  name: 'wharf_ingest_acknowledge_seconds',
  help: 'From the last byte of a report to its durable acknowledgement.',
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  registers: [registry],
})
const backlog = new Gauge({
  name: 'wharf_ingest_backlog',
  help: 'Reports received and not yet answered.',
  registers: [registry],
})

const threadsReady = new Gauge({
  name: 'wharf_ingest_threads',
  help: 'Threads that verify, decode and commit reports, and are ready.',
  registers: [registry],
})

type Pending = { resolve: (answer: ThreadAnswer) => void; timer: NodeJS.Timeout }
type Thread = { post(request: ThreadRequest): boolean; close(): Promise<void> }

/** What a signature is judged by, and how the body is packed. */
const HEADER_NAMES = [...Object.values(HEADERS), 'content-encoding']

/** A decoder thread that is started again when it ends; what it had not answered is asked to come again. */
const startThread = async (data: ThreadData, answered: Map<number, Pending>): Promise<Thread> => {
  let worker: Worker | undefined
  let closing = false
  const own = new Set<number>()
  let outbox: ThreadRequest[] = []
  // A message costs a wake-up of the thread whatever it carries: one takes all that a turn of the event loop has read.
  const postAll = () => {
    const requests = outbox
    outbox = []
    // Handed over, not copied: each body has its memory to itself.
    worker?.postMessage(
      requests,
      requests.map(({ body }) => body.buffer as ArrayBuffer),
    )
  }
  const settle = (answer: ThreadAnswer) => {
    own.delete(answer.id)
    answered.get(answer.id)?.resolve(answer)
  }
  const spawn = (): Promise<void> =>
    new Promise((ready) => {
      const next = new Worker(join(import.meta.dirname, 'ingestThread.ts'), {
        workerData: data,
        // Most of a report dies with its group: room for several groups before anything is promoted.
        resourceLimits: { maxYoungGenerationSizeMb: 64 },
      })
      next.on('message', (message: ThreadAnswer[] | 'ready') => {
        if (message !== 'ready') return message.forEach(settle)
        worker = next
        threadsReady.inc()
        ready()
      })
      next.on('error', (error) => log.error({ err: error }, 'ingest thread failed'))
      next.on('exit', () => {
        if (worker === next) threadsReady.dec()
        worker = undefined
        for (const id of own)
          settle({ id, error: { code: 'UNAVAILABLE', message: 'ingest is starting again; send it again' } })
        if (!closing) setTimeout(() => void spawn().then(ready), RESTART_MS)
      })
    })
  await spawn()
  return {
    post(request) {
      if (!worker) return false
      own.add(request.id)
      if (outbox.push(request) === 1) setImmediate(postAll)
      return true
    },
    async close() {
      closing = true
      const ending = worker
      if (!ending) return
      await new Promise<void>((resolve) => {
        ending.once('exit', () => resolve())
        postAll()
        ending.postMessage('close')
      })
    },
  }
}

const headersOf = ({ req }: Exchange): ThreadRequest['headers'] => {
  const headers: Record<string, string | string[] | undefined> = {}
  for (const name of HEADER_NAMES) headers[name] = req.headers[name]
  return headers
}

const raise = (error: NonNullable<ThreadAnswer['error']>): never => {
  const { code, message, path, retryAfterSeconds } = error
  if (code === 'INTERNAL') throw new Error(message)
  throw new DomainError(code satisfies ErrorCode, message, {
    ...(path === undefined ? {} : { path }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}

/** Takes reports over HTTP; `close` answers what was taken before it returns. */
export type Ingest = { routes: Route[]; close(): Promise<void> }

/** Starts the ingest role: threads that verify, decode and commit, behind one route. */
export const startIngest = async ({ env, databaseUrl }: { env: Env; databaseUrl: string }): Promise<Ingest> => {
  const pending = new Map<number, Pending>()
  const labels = { labelAccount: env.WHARF_LABEL_ACCOUNT, labelApp: env.WHARF_LABEL_APP }
  const threads = await Promise.all(
    Array.from({ length: env.WHARF_INGEST_THREADS }, () => startThread({ databaseUrl, labels }, pending)),
  )
  const rates = new RateLimit({ perSecond: 10, burst: 600 })
  let lastId = 0
  let waitingBytes = 0

  const ask = (thread: Thread, request: Omit<ThreadRequest, 'id'>): Promise<ThreadAnswer> =>
    new Promise((resolve) => {
      // The body goes to the thread, and with it its length.
      const bytes = request.body.length
      const id = ++lastId
      const done = (answer: ThreadAnswer) => {
        clearTimeout(timer)
        if (pending.delete(id)) waitingBytes -= bytes
        backlog.set(pending.size)
        resolve(answer)
      }
      const late = { id, error: { code: 'UNAVAILABLE' as const, message: 'storing took too long; send it again' } }
      const timer = setTimeout(() => done(late), ANSWER_WITHIN_MS)
      pending.set(id, { resolve: done, timer })
      waitingBytes += bytes
      backlog.set(pending.size)
      if (!thread.post({ id, ...request })) done({ ...late, error: { ...late.error, message: 'ingest is starting' } })
    })

  const admit = ({ req, ip }: Exchange) => {
    // By address too: a stranger who names a host must not use up what is the host's.
    const waitSeconds = rates.take(`${Number(req.headers[HEADERS.hostId])} ${ip}`, Date.now())
    if (waitSeconds > 0) {
      throw new DomainError('LIMITED', `this host sends too fast; wait ${waitSeconds} s`, {
        retryAfterSeconds: waitSeconds,
      })
    }
    if (pending.size >= MOST_WAITING || waitingBytes >= MOST_WAITING_BYTES) {
      throw new DomainError('UNAVAILABLE', 'too many reports wait to be stored; send it again', {
        retryAfterSeconds: 2,
      })
    }
  }

  const take = async (exchange: Exchange): Promise<ThreadAnswer> => {
    admit(exchange)
    const body = await readBody(exchange.req, MOST_BODY_BYTES)
    const done = acknowledgeSeconds.startTimer()
    // A host always meets the same thread: it knows the host's last readings.
    const thread = threads[(Number(exchange.req.headers[HEADERS.hostId]) || 0) % threads.length] as Thread
    const answer = await ask(thread, {
      headers: headersOf(exchange),
      body: new Uint8Array(body),
      receivedAtMs: Date.now(),
    })
    done()
    return answer.error ? raise(answer.error) : answer
  }

  const handle = async (exchange: Exchange) => {
    try {
      const { answer, rows } = await take(exchange)
      reports.inc({ outcome: answer?.status ?? 'none' })
      samples.inc(rows ?? 0)
      quarantined.inc(answer?.quarantined.length ?? 0)
      sendJson(exchange.res, 200, { ...answer, serverTimeMs: Date.now() } as ReportAnswer)
    } catch (error) {
      reports.inc({ outcome: error instanceof DomainError ? error.code : 'INTERNAL' })
      throw error
    }
  }

  return {
    routes: [{ method: 'POST', path: REPORTS_PATH, access: 'agent', handle }],
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()))
    },
  }
}
