import type { CommandsAnswer, ReportAnswer } from '#agents/protocol.ts'
import type { Api, ApiAnswer } from './api.ts'
import { reason, type Log } from './log.ts'
import { judge, type Outcome, type Verdict } from './policy.ts'
import type { Recorder } from './recorder.ts'
import type { Spool } from './spool.ts'

export type After = (ms: number, call: () => void) => () => void

const PARALLEL = 4

const afterTimeout: After = (ms, call) => {
  const timer = setTimeout(call, ms)
  return () => clearTimeout(timer)
}

/** The first line of a server's refusal. */
const refusal = ({ status, json }: ApiAnswer): string => {
  const text = typeof json === 'object' && json !== null && 'error' in json ? JSON.stringify(json.error) : ''
  return `${status} ${text}`.trim().slice(0, 300)
}

/**
 * Sends what the spool holds, oldest first; up to four at once where several wait. Each waits, is sent again, moves
 * aside or is done as `judge` says. `onAnswer` is called once a report is acknowledged, `onRevoked` when the key no
 * longer counts (null when it does again).
 */
export const startDelivery = (options: {
  api: Api
  spool: Spool
  recorder: Recorder
  log: Log
  wallMs: () => number
  random?: () => number
  /** Calls back after so many milliseconds unless the function it gives is called before. */
  after?: After
  onAnswer: (seq: number, answer: ReportAnswer) => void
  onRevoked?: (revoked: boolean) => void
}) => {
  const { api, spool, recorder, log, wallMs, random = Math.random, after = afterTimeout, onAnswer, onRevoked } = options
  let stopped = false
  let last = false
  let running: Promise<void> | null = null
  let wakeUp: (() => void) | null = null
  let notBefore = 0

  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const cancel = after(ms, resolve)
      wakeUp = () => {
        cancel()
        resolve()
      }
    })

  const sendOne = async (seq: number, attempt: number): Promise<Verdict> => {
    let outcome: Outcome
    let answer: ApiAnswer | null = null
    let body: Buffer
    try {
      body = spool.read(seq)
    } catch (error) {
      // One file that is gone or broken must not keep all that come after it.
      log('error', 'a report cannot be read from the spool', { seq, error: reason(error) })
      recorder.lost(seq, reason(error))
      return judge({ error }, attempt, random(), wallMs())
    }
    try {
      answer = await api('POST', '/v1/reports', { seq, body, gzip: true })
      outcome = answer
    } catch (error) {
      outcome = { error }
      log(attempt === 0 ? 'warn' : 'info', 'a report could not be sent', { seq, attempt, error: reason(error) })
    }
    const verdict = judge(outcome, attempt, random(), wallMs())
    if (!answer || verdict.do === 'retry') return verdict
    if (verdict.do === 'accept') {
      const stored = answer.json as ReportAnswer | undefined
      // Anything in between (a captive portal, a proxy's page) may say 200; only the control plane names the number.
      if (stored?.seq !== seq) return judge({ error: 'not an acknowledgement' }, attempt, random(), wallMs())
      spool.acknowledge(seq)
      onAnswer(seq, stored)
    } else if (verdict.do === 'reissue') {
      const known = await api('GET', '/v1/agents/commands')
      const { maxSeq } = (known.json ?? {}) as Partial<CommandsAnswer>
      if (known.status !== 200 || maxSeq === undefined) {
        return judge({ error: 'no sequence number' }, attempt, random(), wallMs())
      }
      log('warn', 'the sequence number belongs to another report', { seq, maxSeq })
      recorder.reissue(seq, maxSeq)
    } else if (verdict.do === 'refuse') {
      log('error', 'the control plane refused a report', { seq, why: refusal(answer) })
      recorder.refuse(seq, refusal(answer))
    } else log('warn', 'the control plane does not take reports', { why: refusal(answer) })
    return verdict
  }

  const drain = async () => {
    let attempt = 0
    while (!stopped) {
      const pending = spool.pending()
      if (pending.length === 0) return
      const batch = pending.slice(0, pending.length > 2 && attempt === 0 ? PARALLEL : 1)
      const verdicts = await Promise.all(
        batch.map((seq) =>
          sendOne(seq, attempt).catch((error: unknown): Verdict => {
            log('warn', 'a report could not be delivered', { seq, error: reason(error) })
            return judge({ error }, attempt, random(), wallMs())
          }),
        ),
      )
      if (verdicts.some((verdict) => verdict.do === 'accept')) onRevoked?.(false)
      const waits = verdicts.flatMap((verdict) => ('afterMs' in verdict ? [verdict.afterMs] : []))
      if (waits.length === 0) {
        attempt = 0
        continue
      }
      if (verdicts.some((verdict) => verdict.do === 'pause' && verdict.revoked)) onRevoked?.(true)
      attempt++
      const waitMs = Math.max(...waits)
      notBefore = wallMs() + waitMs
      if (last) return
      await sleep(waitMs)
    }
  }

  return {
    /** Something new is in the spool. A wait that the server or the backoff asked for goes on. */
    wake() {
      if (stopped || running) return
      running = drain().finally(() => {
        running = null
        if (!stopped && !last && spool.pending().length > 0) this.wake()
      })
    },
    waitingMs: () => Math.max(0, notBefore - wallMs()),
    /** Stops after what is on its way; with `emptied` only once the spool is sent or sending has to wait. */
    async stop(emptied = false) {
      if (!emptied) stopped = true
      last = true
      wakeUp?.()
      await running
      stopped = true
    },
  }
}
