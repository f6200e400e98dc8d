import { score, SUSPECT } from '#agents/score.ts'
import { MOST_OBSERVATIONS, type AbuseFinding } from '#agents/rules.ts'
import type { Reading } from '../accumulate.ts'
import type { Container, Containers } from '../containers.ts'
import { fileDisk, type Disk } from '../disk.ts'
import { cpuLimitMilli } from '../execute.ts'
import type { Roots } from '../files.ts'
import { reason, type Log } from '../log.ts'
import { createAct, type Act } from './act.ts'
import { createCaptures } from './capture.ts'
import { appKey, label, namesOf, openCase, YOUNG_MS, type Case } from './case.ts'
import { createExecutables } from './executable.ts'
import { loadMemo } from './memo.ts'
import { createReads } from './reads.ts'
import { createResponse, SUSPECT_MS } from './respond.ts'
import type { Rulebook } from './rulebook.ts'
import { deepPauseMs, nextLook } from './schedule.ts'
import { createSharedPrograms } from './seen.ts'
import { createShape } from './shape.ts'
import { connected } from './sockets.ts'

export type Detection = ReturnType<typeof createDetection>

const TICK_MS = 500
const AT_ONCE = 4
/** A close look rests so many times what it took. */
const CLOSE_SHARE = 4
const LEAST_CLOSE_MS = 900
const MOST_CLOSE_MS = 4_000
/** Deep looks that a new program gets whatever they cost, and how often one container has a new one. */
const FIRST_LOOKS = 3
const RENEWED_MS = 30_000
const SUSPECT_AGAIN_MS = 10 * 60_000
/** Suspects that showed no more while they were looked at closely are read again after so long at most. */
const SUSPECT_PAUSE_MS = 20_000
const HEARING_MS = 25_000
const WIRE_AGAIN_MS = 60_000
/** An idle container that uses so much of a core is looked at at once. */
const WAKING_CORES = 0.03
const LEAST_PAUSE_MS = 1_000
const MOST_CALLED = 256
const SOCKETS_MS = 60_000
/** Lists of sockets hold so long while their number is the same: of containers that are busy or young, and of others. */
const CALLS_MS = 30_000
const SOCKETS_AGAIN_MS = 300_000
const CADENCE_MS = 10 * 60_000
const MOST_STARTS = 50
/** Deep looks at programs that are no suspects take at most so much of a core in the long run, and save up so much. */
const DEEP_MS_PER_S = 4
const MOST_SAVED_MS = 2_000

/**
 * Finds abuse on this host and acts on it, with the control plane or without: looks at each running container by turns,
 * cheaply, closer at those that are busy and every second at suspects; judges by the rules in force; throttles what
 * behaves badly and stops what is proven. It never rejects and never holds the sampling up: what it reads may be lies.
 */
export const createDetection = (options: {
  roots: Roots
  containers: Pick<Containers, 'all' | 'get' | 'engine' | 'inspect'>
  rulebook: Rulebook
  mono: () => number
  corrected: () => number
  bootId: string
  stateDir: string
  log: Log
  before: Parameters<typeof createAct>[1]
  save: () => void
  onFinding: (finding: AbuseFinding) => void
  disk?: Disk
  random?: () => number
}) => {
  const { roots, containers, rulebook, mono, corrected, bootId, stateDir, log, onFinding } = options
  const { disk = fileDisk, random = Math.random } = options
  const reads = createReads()
  const programs = createSharedPrograms()
  const parts = { roots, reads, executables: createExecutables(reads, roots.proc), programs, random }
  const captures = createCaptures()
  const act: Act = createAct(containers, options.before, options.save)
  const memo = loadMemo(stateDir, bootId, disk)
  const response = createResponse({
    act,
    memo,
    stateDir,
    disk,
    mono,
    log,
    version: () => rulebook.bundle().version,
    onFinding,
  })
  const cases = new Map<string, Case>()
  const shapes = new Map<string, ReturnType<typeof createShape>>()
  const starts = new Map<string, number[]>()
  let timer: NodeJS.Timeout | null = null
  let stopped = false
  let looking = 0
  let savedMs = MOST_SAVED_MS
  let refilledMonoMs = mono()

  const open = (container: Container, now: number): Case => {
    const startedMonoMs = container.probe?.life.startMonoMs ?? now
    const key = appKey(container)
    const lately = (starts.get(key) ?? []).filter((ms) => now - ms < CADENCE_MS)
    if (now - startedMonoMs < CADENCE_MS) starts.set(key, [...lately, startedMonoMs].slice(-MOST_STARTS))
    return openCase(parts, container, now, memo.watchUntil[key] ?? 0, random)
  }

  const judge = async (one: Case, now: number) => {
    const { container, watched, signs } = one
    const { is } = container
    const limitMilli = cpuLimitMilli(is.cpu)
    const limitCores = Number.isFinite(limitMilli) ? limitMilli / 1000 : null
    const shape = shapes.get(is.id)?.of(limitCores) ?? { percent: 0, flatS: 0, limitPercent: null }
    signs.limit(shape.limitPercent, limitCores, now)
    const lately = (starts.get(appKey(container)) ?? []).filter((ms) => now - ms < CADENCE_MS).length
    const observations = [
      ...watched.observations(now),
      ...one.asking.observations(),
      ...(one.wire === null ? [] : [one.wire]),
      ...signs.observations(shape, lately),
    ].slice(0, MOST_OBSERVATIONS)
    const bundle = rulebook.bundle()
    const owner = { account: label(container, 'account'), app: label(container, 'app'), nowMs: corrected() }
    const judged = score(bundle, observations, owner)
    const dispute = bundle.policy.disputes.find(
      ({ account, app, untilMs }) => account === owner.account && app === owner.app && untilMs > owner.nowMs,
    )

    one.points = judged.points
    if (judged.points >= SUSPECT && now - one.suspectMonoMs > SUSPECT_AGAIN_MS) {
      one.suspectMonoMs = now
      one.closelyUntilMonoMs = Math.max(one.closelyUntilMonoMs, now + SUSPECT_MS)
    }
    if (dispute) one.closelyUntilMonoMs = Math.max(one.closelyUntilMonoMs, now + 5_000)
    await response.respond(one, judged, observations, dispute)
  }

  /** Whom it calls: somebody new is a reason to read its programs again, as far as that is affordable. */
  const noteCalls = (one: Case) => {
    const calls = connected(one.sockets.tcp).map(({ address, port }) => `${address}:${port}`)
    if (calls.some((call) => !one.called.has(call))) one.fruitless = Math.min(one.fruitless, FIRST_LOOKS)
    if (one.called.size > MOST_CALLED) one.called.clear()
    for (const call of calls) one.called.add(call)
  }

  /** Listens on a suspect's own network, once a minute at most; what is heard is judged at the next look. */
  const listen = (one: Case, now: number) => {
    if (now - one.wireMonoMs < WIRE_AGAIN_MS) return
    const hearing = captures.listen(one.pid)
    if (!hearing) return
    one.wireMonoMs = now
    void hearing.then((heard) => {
      if (heard !== null) one.wire = heard
    })
  }

  const look = async (one: Case) => {
    const { container, watched, signs } = one
    const now = mono()
    await watched.glance(now)
    signs.forks(watched.forksPerS(), now)
    const busy = watched.isBusy(now)
    const close = now < one.closelyUntilMonoMs
    const young = now - one.startedMonoMs < YOUNG_MS + 30_000
    const shared = container.is.hostNetwork
    if (now - one.socketsMonoMs > (close ? 2_000 : busy || young ? 8_000 : SOCKETS_MS)) {
      one.socketsMonoMs = now
      one.sockets = await watched.sockets(now, close ? 0 : busy || young ? CALLS_MS : SOCKETS_AGAIN_MS)
      noteCalls(one)
      if (!shared) signs.sockets(one.sockets.tcp, now, namesOf(container, containers))
    }
    if (!shared) one.asking.ask(container.is.addresses, one.sockets, now)
    const suspect = one.points >= SUSPECT
    if (suspect && close && !shared) listen(one, now)
    if (busy) {
      if (watched.hasNew(now) && now - one.renewedMonoMs > RENEWED_MS) {
        one.renewedMonoMs = now
        one.fruitless = 0
      }
      const pauseMs = close
        ? Math.min(MOST_CLOSE_MS, Math.max(LEAST_CLOSE_MS, one.deepTookMs * CLOSE_SHARE))
        : Math.min(suspect ? SUSPECT_PAUSE_MS : Number.POSITIVE_INFINITY, deepPauseMs(one.fruitless - 1))
      const affordable = close || suspect || one.fruitless < FIRST_LOOKS || savedMs > 0
      if (affordable && now - one.deepMonoMs > pauseMs) {
        one.deepMonoMs = now
        const begunMs = performance.now()
        await watched.inspect(now, one.sockets.tcp, shared)
        one.deepTookMs = performance.now() - begunMs
        await watched.settled()
        // A first message is a reason to wait closely for the next.
        if (watched.hears(now) && now - one.heardMonoMs > SUSPECT_AGAIN_MS) {
          one.heardMonoMs = now
          one.closelyUntilMonoMs = Math.max(one.closelyUntilMonoMs, now + HEARING_MS)
        }
        if (!close) {
          savedMs -= one.deepTookMs
          one.fruitless++
        }
      }
    }
    await judge(one, mono())
  }

  const start = (one: Case) => {
    one.looking = true
    looking++
    look(one)
      .catch((error: unknown) =>
        log('info', 'a container could not be looked at', { container: one.watched.id, error: reason(error) }),
      )
      .finally(() => {
        looking--
        one.looking = false
        one.looks++
        const now = mono()
        one.lookedMonoMs = now
        const { startedMonoMs, closelyUntilMonoMs, asking, watched } = one
        const busy = watched.isBusy(now)
        one.dueMonoMs = Math.min(
          nextLook({ startedMonoMs, lookedMonoMs: now, busy, closelyUntilMonoMs }),
          Math.max(now + LEAST_PAUSE_MS, asking.dueMonoMs()),
        )
      })
  }

  const tick = () => {
    const now = mono()
    savedMs = Math.min(MOST_SAVED_MS, savedMs + ((now - refilledMonoMs) / 1000) * DEEP_MS_PER_S)
    refilledMonoMs = now
    const present = new Set<string>()
    for (const container of containers.all()) {
      const { id, running, startedAt, pid } = container.is
      if (!running || container.probe === null) continue
      present.add(id)
      const known = cases.get(id)
      if (known?.startedAt === startedAt && known.pid === pid) known.container = container
      else cases.set(id, open(container, now))
    }
    for (const id of cases.keys()) if (!present.has(id)) cases.delete(id)
    for (const id of shapes.keys()) if (!present.has(id)) shapes.delete(id)
    const due = [...cases.values()]
      .filter((one) => !one.looking && one.dueMonoMs <= now)
      .toSorted((a, b) => Number(a.looks > 0) - Number(b.looks > 0) || a.dueMonoMs - b.dueMonoMs)
    for (const one of due) {
      if (looking >= AT_ONCE) break
      start(one)
    }
  }

  return {
    start() {
      response.takeUp(({ epoch, abuse }) => {
        const container = containers.get(abuse.containerId)
        return !container?.is.running || container.epoch !== epoch
      })
      timer = setInterval(() => {
        if (stopped) return
        try {
          tick()
        } catch (error) {
          log('error', 'detection failed', { error: reason(error) })
        }
      }, TICK_MS)
    },
    /** What the sampling reads anyway. */
    reading(containerId: string, reading: Reading) {
      const shape = shapes.get(containerId) ?? createShape()
      shapes.set(containerId, shape)
      shape.add(reading)
      const one = cases.get(containerId)
      if (one && shape.cores() >= WAKING_CORES && !one.watched.isBusy(reading.monoMs)) {
        one.dueMonoMs = Math.min(one.dueMonoMs, reading.monoMs)
      }
    },
    logSize(containerId: string, bytes: number, monoMs: number) {
      const one = cases.get(containerId)
      if (!one) return
      one.signs.log(bytes, monoMs)
    },
    stop() {
      stopped = true
      if (timer) clearInterval(timer)
    },
  }
}
