import { sha256Hex } from '#agents/protocol.ts'
import {
  MOST_OBSERVATIONS,
  type AbuseFinding,
  type AgentAction,
  type DisputeWatch,
  type Observation,
} from '#agents/rules.ts'
import type { Score } from '#agents/score.ts'
import type { Log } from '../log.ts'
import { reason } from '../log.ts'
import type { Act } from './act.ts'
import { appKey, label, type Case } from './case.ts'
import { saveMemo, type Memo } from './memo.ts'
import type { Disk } from '../disk.ts'

const WATCH_MS = 30 * 60_000
const THROTTLE_MS = 10 * 60_000
const CAPTURE_MS = 10 * 60_000
const LEAST_CAPTURE_MS = 30_000
const RETRY_MS = 5_000
/** A look at a disputed app counts for so long at most. */
const MOST_LOOK_S = 15

/** When a finding is told that a suspect's close look has come to nothing. */
export const SUSPECT_MS = 45_000

/**
 * Carries out what was judged and tells of it. What it did is kept in `memo`, so that neither a crash nor a second look
 * does or tells anything twice. `version` is the bundle's.
 */
export const createResponse = (options: {
  act: Act
  memo: Memo
  stateDir: string
  disk: Disk
  mono: () => number
  log: Log
  version: () => number
  onFinding: (finding: AbuseFinding) => void
}) => {
  const { act, memo, stateDir, disk, mono, log, version, onFinding } = options
  const told = new Set(memo.told)

  const keep = () => {
    try {
      saveMemo(stateDir, { ...memo, told: [...told] }, disk)
    } catch (error) {
      log('error', 'what detection knows could not be saved', { error: reason(error) })
    }
  }

  const tell = (finding: AbuseFinding) => {
    if (told.has(finding.id)) return
    told.add(finding.id)
    onFinding(finding)
    keep()
  }

  const finding = (
    one: Case,
    action: AgentAction,
    judged: Score,
    observations: Observation[],
    now: number,
    part = '',
  ): AbuseFinding => {
    const { container, watched } = one
    const epoch = container.epoch ?? 0
    const { is } = container
    return {
      id: sha256Hex(['abuse', epoch, action, version(), part].join('\n')).slice(0, 32),
      kind: 'abuse',
      epoch,
      monoMs: now,
      abuse: {
        bundle: version(),
        action,
        points: Math.round(judged.points),
        observations: observations.slice(0, MOST_OBSERVATIONS),
        containerId: is.id,
        name: is.name,
        image: is.image,
        ...(is.imageId === '' ? {} : { imageId: is.imageId }),
        account: label(container, 'account'),
        app: label(container, 'app'),
        startedMonoMs: container.probe?.life.startMonoMs ?? one.startedMonoMs,
        executables: watched.executables(now),
        wallets: watched.wallets(),
      },
    }
  }

  const acted = (of: AbuseFinding, now: number): AbuseFinding => ({ ...of, abuse: { ...of.abuse, actedMonoMs: now } })

  const stop = async (one: Case, judged: Score, observations: Observation[]) => {
    const { container } = one
    const begun = finding(one, 'stopped', judged, observations, mono())
    memo.stopping[container.is.id] = begun
    memo.watchUntil[appKey(container)] = mono() + WATCH_MS
    keep()
    const executed = await act('stop', container.is.id, one.startedAt)
    delete memo.stopping[container.is.id]
    if (executed.outcome === 'done') {
      const why = judged.contributions.map(({ rule, points }) => `${rule} (${points})`).join(' + ')
      log('warn', 'a container was stopped as abuse', { container: container.is.id, points: judged.points, why })
      tell(acted(begun, mono()))
    } else {
      one.notBeforeMonoMs = mono() + RETRY_MS
      log('error', 'an offender could not be stopped', { container: container.is.id, why: executed.detail })
      keep()
    }
  }

  const throttle = async (
    one: Case,
    judged: Score,
    observations: Observation[],
    why: 'behaviour' | 'dispute',
    percent?: number,
  ) => {
    const { container, startedAt } = one
    const { id } = container.is
    const held = memo.throttled[id]
    if (held?.startedAt === startedAt && mono() < held.againMonoMs) return
    const round = held?.startedAt === startedAt ? held.round + 1 : 0
    const begun = finding(one, 'throttled', judged, observations, mono(), String(round))
    const executed = await act('throttle', id, startedAt, percent)
    if (executed.outcome !== 'done') {
      one.notBeforeMonoMs = mono() + RETRY_MS
      log('error', 'a container could not be throttled', { container: id, why: executed.detail })
      return
    }
    memo.throttled[id] = { startedAt, round, againMonoMs: mono() + THROTTLE_MS * 2 ** Math.min(round, 5), why }
    log('warn', 'a container was throttled as abuse', { container: id, points: judged.points })
    tell(acted(begun, mono()))
    keep()
  }

  /** Gives back what was taken for a behaviour that is over, or for a dispute that has ended. */
  const relieve = async (one: Case, judged: Score, disputed: boolean) => {
    const held = memo.throttled[one.container.is.id]
    if (!held || held.startedAt !== one.startedAt) return
    const over = held.why === 'dispute' ? !disputed : mono() >= held.againMonoMs && judged.verdict !== 'throttle'
    if (!over) return
    const executed = await act('unthrottle', one.container.is.id, one.startedAt)
    if (executed.outcome !== 'done') return
    delete memo.throttled[one.container.is.id]
    keep()
  }

  /** What a disputed app shows of itself, every ten minutes and at the end. */
  const capture = (one: Case, judged: Score, observations: Observation[], now: number, isOver: boolean) => {
    if (isOver && one.captured === null) return
    const kept = (one.captured ??= { monoMs: now, busyS: 0, lookedMonoMs: now })
    if (one.watched.isBusy(now)) kept.busyS += Math.min(MOST_LOOK_S, (now - kept.lookedMonoMs) / 1000)
    kept.lookedMonoMs = now
    if (now - kept.monoMs < (isOver ? LEAST_CAPTURE_MS : CAPTURE_MS)) return
    const seen = finding(one, 'captured', judged, observations, now, String(kept.monoMs))
    tell({ ...seen, abuse: { ...seen.abuse, busyS: Math.round(kept.busyS) } })
    one.captured = isOver ? null : { monoMs: now, busyS: 0, lookedMonoMs: now }
  }

  return {
    /** A stop that a crash cut off is told once its life is over; one that lives on is judged anew. */
    takeUp(isOver: (begun: AbuseFinding) => boolean) {
      for (const [id, begun] of Object.entries(memo.stopping)) {
        delete memo.stopping[id]
        if (isOver(begun)) tell(acted(begun, mono()))
      }
    },

    async respond(one: Case, judged: Score, observations: Observation[], dispute: DisputeWatch | undefined) {
      const now = mono()
      if (one.acting || now < one.notBeforeMonoMs || one.container.epoch === null) return
      one.acting = true
      try {
        const { action, verdict, heldBy, wouldHave } = judged
        if (action === 'stop') return await stop(one, judged, observations)
        if (dispute) await throttle(one, judged, observations, 'dispute', dispute.cpuPercent)
        else if (action === 'throttle') await throttle(one, judged, observations, 'behaviour')
        else await relieve(one, judged, false)
        if (heldBy !== null && action !== verdict) tell(finding(one, 'held', judged, observations, now))
        const isSuspect = action === 'suspect' || wouldHave.verdict === 'stop' || wouldHave.verdict === 'throttle'
        if (isSuspect && heldBy === null && action !== 'throttle' && now - one.suspectMonoMs >= SUSPECT_MS) {
          tell(finding(one, 'watched', judged, observations, now))
        }
        capture(one, judged, observations, now, dispute === undefined)
      } finally {
        one.acting = false
      }
    },
  }
}
