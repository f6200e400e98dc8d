import type { Log } from './log.ts'
import { reason } from './log.ts'
import type { Ledger } from './ledger.ts'
import { bounded, buildReport, decodeReport, divided, emptyDraft, encodeReport, type Draft } from './report.ts'
import type { Spool } from './spool.ts'
import type { Time } from './time.ts'

type Outbox = { seq: number; body: string }[]

/** Writes everything that must not be forgotten; throws where it cannot. */
export type Persist = (part: { nextSeq: number | null; draft: Draft; outbox: Outbox }) => void

export type Recorder = ReturnType<typeof createRecorder>

/**
 * Turns what waits into reports. The order makes a crash harmless: state (totals, sequence number and the bodies
 * themselves) is on disk first, then the spool, then comes sending. So totals never shrink, no number is used for two
 * bodies, and none is skipped.
 */
export const createRecorder = (options: {
  ledger: Ledger
  spool: Spool
  time: Time
  bootId: string
  log: Log
  persist: Persist
  saved?: { nextSeq: number | null; draft: Draft; outbox: Outbox } | null
}) => {
  const { ledger, spool, time, bootId, log, persist, saved } = options
  let draft = saved?.draft ?? emptyDraft()
  let outbox: Outbox = saved?.outbox ?? []
  let nextSeq = saved?.nextSeq ?? null
  for (const { seq, body } of outbox) if (!spool.has(seq)) spool.write(seq, Buffer.from(body, 'base64'))
  if (nextSeq !== null) nextSeq = Math.max(nextSeq, spool.highest() + 1)

  const toSpool = (): void => {
    for (const { seq, body } of outbox) {
      if (spool.has(seq)) continue
      const lost = spool.write(seq, Buffer.from(body, 'base64'))
      if (lost > 0) draft.failures.push(`the spool is full: ${lost} reports were dropped unsent`)
    }
  }

  const save = () => persist({ nextSeq, draft, outbox })

  return {
    draft: () => draft,
    nextSeq: () => nextSeq,
    save,

    /** The control plane knows sequence numbers up to `maxSeq`: ours go on after it. */
    learnSeq(maxSeq: number) {
      nextSeq = Math.max(nextSeq ?? 1, maxSeq + 1, spool.highest() + 1)
    },

    /**
     * Makes reports of all that waits and puts them into the spool; false where it waits on, for want of a sequence
     * number or of disk.
     */
    issue(): boolean {
      if (nextSeq === null) {
        draft = bounded(draft)
        return false
      }
      const before = { draft, outbox, nextSeq }
      outbox = []
      try {
        for (let waiting: Draft | null = draft; waiting;) {
          const { first, rest }: { first: Draft; rest: Draft | null } = divided(waiting)
          const seq: number = nextSeq++
          const monoMs = time.mono()
          const clock = { wallMs: Math.round(time.wallMs()), monoMs, anchorMs: Math.round(time.anchor().anchorMs) }
          const report = buildReport({ bootId, seq, clock }, first, ledger.declarations(seq, monoMs))
          outbox.push({ seq, body: encodeReport(report).toString('base64') })
          waiting = rest
        }
        draft = emptyDraft()
        save()
      } catch (error) {
        for (const { seq } of outbox) ledger.forget(seq)
        ;({ outbox, nextSeq } = before)
        draft = bounded(before.draft)
        draft.failures.push(`a report could not be stored: ${reason(error)}`)
        log('error', 'a report could not be stored', { error: reason(error) })
        return false
      }
      try {
        toSpool()
      } catch (error) {
        log('error', 'the spool could not be written', { error: reason(error) })
      }
      return true
    },

    /** Puts what is in the state but not in the spool there, after a full disk. */
    toSpool,

    /** The number of report `seq` belongs to another body: its content goes under a new one. */
    reissue(seq: number, maxSeq: number) {
      const report = decodeReport(spool.refuse(seq))
      ledger.forget(seq)
      nextSeq = Math.max(nextSeq ?? 1, maxSeq + 1, spool.highest() + 1, seq + 1)
      const body = encodeReport({ ...report, seq: nextSeq })
      outbox = [...outbox.filter((held) => held.seq !== seq), { seq: nextSeq, body: body.toString('base64') }]
      nextSeq++
      save()
      toSpool()
    },

    /**
     * The body of `seq` cannot be read from the spool. The state may still hold it; else an empty report that says so
     * takes its number: totals go on from what they were, so no usage is lost with it.
     */
    lost(seq: number, why: string) {
      spool.forget(seq)
      if (!outbox.some((held) => held.seq === seq)) {
        const failure = `report ${seq} was lost on this host: ${why}`
        draft.failures.push(failure)
        const clock = {
          wallMs: Math.round(time.wallMs()),
          monoMs: time.mono(),
          anchorMs: Math.round(time.anchor().anchorMs),
        }
        const empty = buildReport({ bootId, seq, clock }, { ...emptyDraft(), failures: [failure] }, [])
        outbox = [...outbox, { seq, body: encodeReport(empty).toString('base64') }]
        save()
      }
      toSpool()
    },

    /**
     * The server will never take the body of `seq`: it moves to `refused/`. An empty report that says so takes its
     * number, for nothing is stored under it and a number that never comes would look like usage pending.
     */
    refuse(seq: number, why: string) {
      const report = decodeReport(spool.refuse(seq))
      ledger.forget(seq)
      const alreadyEmpty = report.minutes.length + report.epochs.length + report.events.length === 0
      const failure = `report ${seq} was refused: ${why}`
      draft.failures.push(failure)
      outbox = outbox.filter((held) => held.seq !== seq)
      if (!alreadyEmpty) {
        const { bootId: reportBootId, clock } = report
        const empty = buildReport({ bootId: reportBootId, seq, clock }, { ...emptyDraft(), failures: [failure] }, [])
        outbox = [...outbox, { seq, body: encodeReport(empty).toString('base64') }]
      }
      save()
      toSpool()
    },
  }
}
