import { createPrivateKey } from 'node:crypto'
import { join } from 'node:path'
import { publicKeyFromRaw } from '#agents/protocol.ts'
import { createApi } from '#agents/host/api.ts'
import { createCommands } from '#agents/host/commands.ts'
import { startDelivery } from '#agents/host/deliver.ts'
import type { Disk } from '#agents/host/disk.ts'
import { createRulebook } from '#agents/host/detect/rulebook.ts'
import { createFindings } from '#agents/host/findings.ts'
import type { Transport } from '#agents/host/http.ts'
import type { Identity } from '#agents/host/identity.ts'
import { createLedger } from '#agents/host/ledger.ts'
import type { Log } from '#agents/host/log.ts'
import { createRecorder } from '#agents/host/recorder.ts'
import { createSampling } from '#agents/host/sampling.ts'
import { openSpool, SPOOL_LIMITS, type SpoolLimits } from '#agents/host/spool.ts'
import { loadState, saveState } from '#agents/host/state.ts'
import { startStream } from '#agents/host/stream.ts'
import { createTime } from '#agents/host/time.ts'
import type { Clockwork } from './clockwork.ts'
import { simCommands } from './commands.ts'
import type { Machine } from './machine.ts'
import type { Random } from './random.ts'
import { createPolice, type Showing } from './police.ts'
import { createWatch } from './watch.ts'

export type SimAgent = {
  /** Takes last readings, reports the minute begun and stops; what cannot be sent at once stays on the disk. */
  stop: () => Promise<void>
  /** Ends at once, as a process that is killed. */
  kill: () => void
  /** Asks for commands now, as a hint of the control plane would make it. */
  wake: () => void
  /** Sequence numbers that wait to be acknowledged. */
  pending: () => number[]
}

const POLL_MS = 30_000
const FACTS_MS = 3_600_000
const FIRST_ANSWER_MS = 3_000

const never: Transport = () => new Promise(() => {})

/**
 * The host agent on a simulated machine: `agents/host`'s clock, ledger, recorder, spool, signatures, delivery and
 * commands, with the machine's readings in place of the kernel's.
 */
export const startSimAgent = async (options: {
  machine: Machine
  identity: Identity
  stateDir: string
  disk: Disk
  send: Transport
  time: Clockwork
  random: Random
  log: Log
  samplesMs?: number
  spoolLimits?: SpoolLimits
  /** Whether it listens to the control plane's hints; it polls all the same. */
  streams?: boolean
  /** Slots whose containers show signs of abuse, or look as if. */
  shows?: ReadonlyMap<number, Showing>
}): Promise<SimAgent> => {
  const { machine, identity, stateDir, disk, time: clockwork, random, log, samplesMs = 10_000 } = options
  let alive = true
  // A process that ended hears of nothing any more, not even of what was on its way to it.
  const heard = async <T>(answer: T): Promise<T> => (alive ? answer : new Promise<T>(() => {}))
  const send: Transport = async (request) => {
    if (!alive) return never(request)
    return options.send(request).then(heard, async (error: unknown) => {
      throw await heard(error)
    })
  }
  const signer = { hostId: identity.hostId, keyId: identity.keyId, key: createPrivateKey(identity.privateKey) }
  const { mono } = machine
  const { bootId } = machine.boot()
  const saved = loadState(stateDir, disk)
  const sameBoot = saved?.bootId === bootId
  const startedMonoMs = mono()
  const time = createTime(mono, machine.wallMs, sameBoot ? saved.anchor : undefined)
  const watchedSinceMonoMs = sameBoot ? saved.ledger.sampledMonoMs : startedMonoMs
  const ledger = createLedger(bootId, watchedSinceMonoMs, samplesMs * 3, sameBoot ? saved.ledger : undefined)
  const spool = openSpool(join(stateDir, 'spool'), options.spoolLimits ?? SPOOL_LIMITS, disk)
  const api = createApi(identity.url, signer, time, bootId, send)
  let factsSent = ''
  let factsMonoMs = 0
  let running = false

  const recorder = createRecorder({
    ledger,
    spool,
    time,
    bootId,
    log,
    saved,
    persist: (part) =>
      saveState(
        stateDir,
        {
          version: 1,
          bootId,
          anchor: time.anchor(),
          lastEdgeMonoMs: sampling.lastEdgeMonoMs(),
          ledger: ledger.save(),
          ...commands.saved(),
          lastEpochs: watch.lastEpochs(),
          findings: findings.saved(),
          ...part,
        },
        disk,
      ),
  })
  const save = () => recorder.save()
  const findings = createFindings({ api, log, saved: saved?.findings ?? [], save })
  const watch = createWatch({
    machine,
    ledger,
    time,
    samplesMs,
    lastEpochs: saved?.lastEpochs ?? {},
    onEvent: (event) => recorder.draft().events.push(event),
    onFinding: (finding) => findings.add(finding),
  })
  const sampling = createSampling({
    ledger,
    time,
    draft: recorder.draft,
    lastEdgeMonoMs: sameBoot ? saved.lastEdgeMonoMs : startedMonoMs,
    readContainers: () => {
      watch.sample()
      if (!police) return
      const found = police.look(clockwork.now())
      // What was stopped has ended, and is to be reported so.
      if (found.length > 0) watch.sample()
      for (const one of found) findings.add(one)
    },
    readHost: () => machine.host(),
  })
  const serverKey = publicKeyFromRaw(identity.serverPublicKey)
  const { shows } = options
  const rulebook = shows && createRulebook({ api, serverKey, stateDir, cluster: identity.cluster, log, disk })
  const police =
    shows &&
    rulebook &&
    createPolice({ machine, shows, bundle: rulebook.bundle, epochOf: watch.epochOf, after: clockwork.after })
  const serverKnows = (contiguousSeq: number, maxSeq?: number) => void spool.serverKnows(contiguousSeq, maxSeq)
  const commands = createCommands({
    api,
    hostId: identity.hostId,
    serverKey,
    corrected: time.corrected,
    ...simCommands(machine, watch),
    log,
    saved: { results: saved?.results ?? [], unsent: saved?.unsent ?? [], before: saved?.before ?? {} },
    save,
    onKnown: ({ contiguousSeq, maxSeq }) => {
      if (recorder.nextSeq() === null) {
        recorder.learnSeq(maxSeq)
        if (running) recorder.issue()
      } else serverKnows(contiguousSeq, maxSeq)
      delivery.wake()
    },
  })
  const delivery = startDelivery({
    api,
    spool,
    recorder,
    log,
    wallMs: machine.wallMs,
    random,
    after: clockwork.after,
    onAnswer: (seq, answer) => {
      ledger.acknowledge(seq)
      serverKnows(answer.contiguousSeq)
      for (const { path, reason } of answer.quarantined) log('warn', 'a row was quarantined', { seq, path, reason })
      if (answer.commandsPending) void commands.poll()
    },
  })

  const report = () => {
    const draft = recorder.draft()
    draft.objects.push(...ledger.changedSizes())
    const facts = machine.facts()
    const text = JSON.stringify(facts)
    if (text !== factsSent || mono() - factsMonoMs >= FACTS_MS) {
      factsSent = text
      factsMonoMs = mono()
      draft.facts = facts
    }
    recorder.issue()
    delivery.wake()
  }

  const jitterMs = (identity.hostId * 1_237) % Math.min(5_000, samplesMs)
  let cancelTick = () => {}
  const schedule = () => {
    const now = time.corrected() - jitterMs
    const nextMs = (Math.floor(now / samplesMs) + 1) * samplesMs - now
    cancelTick = clockwork.after(nextMs, () => {
      if (!alive) return
      if (sampling.sample()) report()
      schedule()
    })
  }
  let cancelPoll = () => {}
  const keepPolling = () => {
    cancelPoll = clockwork.after(POLL_MS, () => {
      if (!alive) return
      void commands.poll()
      void findings.tell()
      void rulebook?.fetch()
      keepPolling()
    })
  }

  await Promise.race([commands.poll(), new Promise<void>((resolve) => clockwork.after(FIRST_ANSWER_MS, resolve))])
  const noAgent: SimAgent = { stop: async () => {}, kill: () => {}, wake: () => {}, pending: () => [] }
  if (!alive) return noAgent
  await rulebook?.fetch()
  sampling.sample()
  report()
  running = true
  schedule()
  keepPolling()
  const stopStream = options.streams
    ? startStream({
        url: identity.url,
        signer,
        moment: () => ({ timeMs: time.corrected(), bootId, monoMs: mono() }),
        log,
        onHint: () => void commands.poll(),
      })
    : () => {}

  const kill = () => {
    alive = false
    cancelTick()
    cancelPoll()
    stopStream()
  }
  return {
    kill,
    wake: () => void commands.poll(),
    pending: () => spool.pending(),
    async stop() {
      if (!alive) return
      cancelTick()
      cancelPoll()
      stopStream()
      sampling.sample(true)
      report()
      await Promise.race([
        delivery.stop(true),
        new Promise<void>((resolve) => clockwork.after(FIRST_ANSWER_MS, resolve)),
      ])
      save()
      alive = false
    },
  }
}
