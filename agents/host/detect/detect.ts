import { readFileSync } from 'node:fs'
import { score, SUSPECT, type Score } from '#agents/score.ts'
import { MOST_OBSERVATIONS, type AbuseFinding, type AgentAction, type Observation } from '#agents/rules.ts'
import { sha256Hex } from '#agents/protocol.ts'
import type { Reading } from '../accumulate.ts'
import type { Container, Containers } from '../containers.ts'
import { fileDisk, type Disk } from '../disk.ts'
import { cpuLimitMilli } from '../execute.ts'
import type { Roots } from '../files.ts'
import { reason, type Log } from '../log.ts'
import { createAct, type Act } from './act.ts'
import { createAsking } from './asking.ts'
import { createExecutables } from './executable.ts'
import { loadMemo, saveMemo } from './memo.ts'
import { createReads } from './reads.ts'
import type { Rulebook } from './rulebook.ts'
import { deepPauseMs, nextLook } from './schedule.ts'
import { createShape } from './shape.ts'
import { createSigns } from './signs.ts'
import { createWatched, type Sockets } from './watched.ts'

export type Detection = ReturnType<typeof createDetection>

const TICK_MS = 500
const AT_ONCE = 3
const WATCH_MS = 30 * 60_000
const SUSPECT_MS = 45_000
const SUSPECT_AGAIN_MS = 10 * 60_000
const SOCKETS_MS = 60_000
const YOUNG_MS = 20_000
const CADENCE_MS = 10 * 60_000
const THROTTLE_MS = 10 * 60_000
const CAPTURE_MS = 10 * 60_000
const RETRY_MS = 5_000
const MOST_HOSTS_BYTES = 64 * 1024
/** Deep looks at programs that are no suspects take at most so much of a core in the long run, and save up so much. */
const DEEP_MS_PER_S = 4
const MOST_SAVED_MS = 2_000

const NO_SOCKETS: Sockets = { tcp: [], udp: [] }
const label = (container: Container, name: string): string | null => {
  const value = container.is.labels[`io.wharfinger.${name}`]
  return value === undefined || value === '' ? null : value
}

type Case = {
  container: Container
  startedAt: string
  startedMonoMs: number
  pid: number
  watched: ReturnType<typeof createWatched>
  signs: ReturnType<typeof createSigns>
  asking: ReturnType<typeof createAsking>
  lookedMonoMs: number
  dueMonoMs: number
  looking: boolean
  socketsMonoMs: number
  sockets: Sockets
  suspectMonoMs: number
  closelyUntilMonoMs: number
  deepMonoMs: number
  fruitless: number
  acting: boolean
  notBeforeMonoMs: number
  captured: { monoMs: number; busyS: number; lookedMonoMs: number } | null
}

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
  const parts = { roots, reads, executables: createExecutables(reads, roots.proc), random }
  const act: Act = createAct(containers, options.before, options.save)
  const memo = loadMemo(stateDir, bootId, disk)
  const told = new Set(memo.told)
  const cases = new Map<string, Case>()
  const shapes = new Map<string, ReturnType<typeof createShape>>()
  const starts = new Map<string, number[]>()
  let timer: NodeJS.Timeout | null = null
  let stopped = false
  let looking = 0
  let savedMs = MOST_SAVED_MS
  let refilledMonoMs = mono()

  const keep = () => {
    try {
      saveMemo(stateDir, { ...memo, told: [...told] }, disk)
    } catch (error) {
      log('error', 'what detection knows could not be saved', { error: reason(error) })
    }
  }

  const keyOf = (container: Container): string => {
    const account = label(container, 'account')
    return account === null ? container.is.id : `${account}/${label(container, 'app') ?? ''}`
  }

  const tell = (finding: AbuseFinding) => {
    if (told.has(finding.id)) return
    told.add(finding.id)
    onFinding(finding)
    keep()
  }

  const open = (container: Container, now: number): Case => {
    const startedMonoMs = container.probe?.life.startMonoMs ?? now
    const key = keyOf(container)
    const lately = (starts.get(key) ?? []).filter((ms) => now - ms < CADENCE_MS)
    if (now - startedMonoMs < CADENCE_MS) starts.set(key, [...lately, startedMonoMs].slice(-50))
    const until = memo.watchUntil[key] ?? 0
    // What ran before the agent is looked at by turns, not all at once.
    const dueMonoMs = now - startedMonoMs > YOUNG_MS ? now + random() * 10_000 : startedMonoMs + 1_000
    const { startedAt } = container.is
    return {
      container,
      startedAt,
      startedMonoMs: Math.max(startedMonoMs, now - YOUNG_MS),
      pid: container.is.pid,
      watched: createWatched(parts, { id: container.is.id, pid: container.is.pid }),
      signs: createSigns(),
      asking: createAsking(),
      lookedMonoMs: now,
      dueMonoMs,
      looking: false,
      socketsMonoMs: Number.NEGATIVE_INFINITY,
      sockets: NO_SOCKETS,
      suspectMonoMs: Number.NEGATIVE_INFINITY,
      closelyUntilMonoMs: until > now ? until : 0,
      deepMonoMs: Number.NEGATIVE_INFINITY,
      fruitless: 0,
      acting: false,
      notBeforeMonoMs: 0,
      captured: null,
    }
  }

  /** Names by which a container knows addresses: its hosts file, and what others are called on its networks. */
  const namesOf = ({ container }: Case): ((address: string) => string | undefined) => {
    const names = new Map<string, string>()
    for (const other of containers.all()) {
      const alias = other.is.aliases.find((name) => name.includes('.'))
      if (alias && other !== container)
        for (const address of other.is.addresses) names.set(address, alias.toLowerCase())
    }
    try {
      const text = readFileSync(container.is.hostsPath, 'latin1').slice(0, MOST_HOSTS_BYTES)
      for (const line of text.split('\n')) {
        const [address, ...hosts] = line.replace(/#.*/, '').trim().split(/\s+/)
        const named = hosts.find((name) => name.includes('.'))
        if (address && named) names.set(address, named.toLowerCase())
      }
    } catch {
      // Without such a file nothing is known of names.
    }
    return (address) => names.get(address)
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
    const { version } = rulebook.bundle()
    const { is } = container
    return {
      id: sha256Hex(['abuse', epoch, action, version, part].join('\n')).slice(0, 32),
      kind: 'abuse',
      epoch,
      monoMs: now,
      abuse: {
        bundle: version,
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
    memo.watchUntil[keyOf(container)] = mono() + WATCH_MS
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

  const judge = async (one: Case, now: number) => {
    const { container, watched, signs } = one
    const { is } = container
    const limitMilli = cpuLimitMilli(is.cpu)
    const limitCores = Number.isFinite(limitMilli) ? limitMilli / 1000 : null
    const shape = shapes.get(is.id)?.of(limitCores) ?? { percent: 0, flatS: 0, limitPercent: null }
    signs.limit(shape.limitPercent, limitCores, now)
    const lately = (starts.get(keyOf(container)) ?? []).filter((ms) => now - ms < CADENCE_MS).length
    const observations = [
      ...watched.observations(now),
      ...one.asking.observations(),
      ...signs.observations(shape, lately),
    ].slice(0, MOST_OBSERVATIONS)
    const bundle = rulebook.bundle()
    const owner = { account: label(container, 'account'), app: label(container, 'app'), nowMs: corrected() }
    const judged = score(bundle, observations, owner)
    const dispute = bundle.policy.disputes.find(
      ({ account, app, untilMs }) => account === owner.account && app === owner.app && untilMs > owner.nowMs,
    )

    if (judged.points >= SUSPECT && now - one.suspectMonoMs > SUSPECT_AGAIN_MS) {
      one.suspectMonoMs = now
      one.closelyUntilMonoMs = Math.max(one.closelyUntilMonoMs, now + SUSPECT_MS)
    }
    if (dispute) one.closelyUntilMonoMs = Math.max(one.closelyUntilMonoMs, now + 5_000)
    if (one.acting || now < one.notBeforeMonoMs || container.epoch === null) return
    one.acting = true
    try {
      if (judged.action === 'stop') await stop(one, judged, observations)
      else if (judged.action === 'throttle') await throttle(one, judged, observations, 'behaviour')
      else if (dispute) await throttle(one, judged, observations, 'dispute', dispute.cpuPercent)
      else await relieve(one, judged, dispute !== undefined)
      if (judged.heldBy !== null && judged.action !== judged.verdict) {
        tell(finding(one, 'held', judged, observations, now))
      } else if (
        judged.action === 'suspect' ||
        judged.wouldHave.verdict === 'stop' ||
        judged.wouldHave.verdict === 'throttle'
      ) {
        // A suspect is told of once its close look has come to nothing.
        if (judged.action !== 'stop' && judged.action !== 'throttle' && now - one.suspectMonoMs > SUSPECT_MS - 2_000) {
          tell(finding(one, 'watched', judged, observations, now))
        }
      }
      if (dispute) capture(one, judged, observations, now)
      else one.captured = null
    } finally {
      one.acting = false
    }
  }

  /** What a disputed app shows of itself, every ten minutes. */
  const capture = (one: Case, judged: Score, observations: Observation[], now: number) => {
    const kept = (one.captured ??= { monoMs: now, busyS: 0, lookedMonoMs: now })
    if (one.watched.isBusy(now)) kept.busyS += Math.min(15, (now - kept.lookedMonoMs) / 1000)
    kept.lookedMonoMs = now
    if (now - kept.monoMs < CAPTURE_MS) return
    const told = finding(one, 'captured', judged, observations, now, String(kept.monoMs))
    tell({ ...told, abuse: { ...told.abuse, busyS: Math.round(kept.busyS) } })
    one.captured = { monoMs: now, busyS: 0, lookedMonoMs: now }
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
      one.sockets = await watched.sockets()
      if (!shared) {
        signs.sockets(one.sockets.tcp, now, namesOf(one))
        one.asking.ask(container.is.addresses, one.sockets, now)
      }
    }
    if (busy) {
      if (watched.hasNew(now)) one.fruitless = 0
      const due = close ? now - one.deepMonoMs > 900 : now - one.deepMonoMs > deepPauseMs(one.fruitless) && savedMs > 0
      if (due) {
        one.deepMonoMs = now
        const begunMs = performance.now()
        await watched.inspect(now, one.sockets.tcp, shared)
        if (!close) {
          savedMs -= performance.now() - begunMs
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
        const now = mono()
        one.lookedMonoMs = now
        const { startedMonoMs, closelyUntilMonoMs } = one
        one.dueMonoMs = nextLook({
          startedMonoMs,
          lookedMonoMs: now,
          busy: one.watched.isBusy(now),
          closelyUntilMonoMs,
        })
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
      .toSorted(
        (a, b) => Number(b.closelyUntilMonoMs > now) - Number(a.closelyUntilMonoMs > now) || a.dueMonoMs - b.dueMonoMs,
      )
    for (const one of due) {
      if (looking >= AT_ONCE) break
      start(one)
    }
  }

  return {
    start() {
      // A stop that a crash cut off: where its life is over, it has come true and is told.
      for (const [id, begun] of Object.entries(memo.stopping)) {
        delete memo.stopping[id]
        const container = containers.get(id)
        if (container?.is.running && container.epoch === begun.epoch) continue
        tell(acted(begun, mono()))
      }
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
