import { connect } from '#db/client.ts'
import { parentPort, workerData } from 'node:worker_threads'
import type { ReportAnswer } from '#agents/protocol.ts'
import { DomainError, type ErrorCode } from '../errors.ts'
import { connectionLost } from '../http.ts'
import { createHostKeys } from '../hosts/keys.ts'
import { claimedIdentity, type RequestHeaders } from '../hosts/signature.ts'
import { listen } from '../live.ts'
import { log } from '../log.ts'
import { GroupCommit } from './groupCommit.ts'
import { LastReadings } from './lastReadings.ts'
import { prepareReport } from './prepareReport.ts'
import type { LabelNames } from './prepared.ts'

/** What the thread is started with. */
export type ThreadData = { databaseUrl: string; labels: LabelNames }
/** A request handed to the thread, and what comes back for it. */
export type ThreadRequest = { id: number; headers: RequestHeaders; body: Uint8Array; receivedAtMs: number }
export type ThreadAnswer = {
  id: number
  answer?: Omit<ReportAnswer, 'serverTimeMs'>
  rows?: number
  error?: {
    code: ErrorCode | 'INTERNAL'
    message: string
    path?: string | undefined
    retryAfterSeconds?: number | undefined
  }
}

const { databaseUrl, labels } = workerData as ThreadData
const port = parentPort
if (!port) throw new Error('ingestThread.ts runs as a worker thread only')

const sql = connect(databaseUrl, { max: 4, name: 'wharfinger ingest' })
const live = await listen(sql)
const hosts = createHostKeys(sql, { live })
const last = new LastReadings()
const commits = new GroupCommit(sql, labels)

/** First contacts since the start are read together, a turn of the event loop at a time. */
let loading: { ids: Set<number>; done: Promise<void> } | undefined
const loadReadings = async (hostId: number) => {
  if (last.isKnown(hostId)) return
  if (!loading) {
    const ids = new Set<number>()
    const done = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      loading = undefined
      return last.load(sql, [...ids], Date.now())
    })
    loading = { ids, done }
  }
  loading.ids.add(hostId)
  await loading.done
}

const take = async ({ headers, body, receivedAtMs }: ThreadRequest): Promise<Omit<ThreadAnswer, 'id'>> => {
  const claimed = claimedIdentity(headers)
  const host = await hosts.get(claimed.hostId, claimed.keyId)
  if (host) await loadReadings(host.hostId)
  const incoming = { headers, body: Buffer.from(body.buffer, body.byteOffset, body.byteLength), receivedAtMs }
  const prepared = prepareReport(incoming, host, last)
  const { status, progress } = await commits.add(prepared)
  if (status === 'stored') last.accept(prepared)
  return {
    rows: status === 'stored' ? prepared.rowCount : 0,
    answer: {
      seq: prepared.identity.seq,
      status,
      contiguousSeq: progress.contiguousSeq,
      commandsPending: progress.commandsPending,
      quarantined: status === 'stored' ? prepared.leftOut.map(({ path, reason }) => ({ path, reason })) : [],
    },
  }
}

const asError = (error: unknown): NonNullable<ThreadAnswer['error']> => {
  const known = error instanceof DomainError ? error : connectionLost(error)
  if (!known) {
    log.error({ err: error }, 'a report could not be stored')
    return { code: 'INTERNAL', message: 'something failed on our side; send it again' }
  }
  const { code, message, path, retryAfterSeconds } = known
  return { code, message, path, retryAfterSeconds }
}

// A group's answers come together, and a message costs the same for all of them as for one.
let answers: ThreadAnswer[] = []
const postAnswers = () => {
  if (answers.length > 0) port.postMessage(answers)
  answers = []
}
const answer = async (request: ThreadRequest) => {
  const result = await take(request).catch((error: unknown) => ({ error: asError(error) }))
  if (answers.push({ id: request.id, ...result }) === 1) setImmediate(postAnswers)
}

const close = async () => {
  await commits.drained()
  await Promise.all([live.close(), sql.end({ timeout: 5 })]).catch(() => {})
  postAnswers()
  port.close()
}

// Messages come many at a time, and each takes a third of a millisecond: a few a turn of the event loop let PostgreSQL's
// answers, several to a commit, be heard in between.
const MOST_A_TURN = 4
const queue: (ThreadRequest | 'close')[] = []
const next = () => {
  for (const message of queue.splice(0, MOST_A_TURN)) void (message === 'close' ? close() : answer(message))
  if (queue.length > 0) setImmediate(next)
}

port.on('message', (message: ThreadRequest[] | 'close') => {
  const isIdle = queue.length === 0
  if (message === 'close') queue.push(message)
  else queue.push(...message)
  if (isIdle) setImmediate(next)
})
port.postMessage('ready')
