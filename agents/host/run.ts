import { createPrivateKey } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { publicKeyFromRaw, type HostFacts } from '#agents/protocol.ts'
import { createApi } from './api.ts'
import { bootClock, readBootId } from './clock.ts'
import { createCommands } from './commands.ts'
import { createContainers } from './containers.ts'
import { createDetection } from './detect/detect.ts'
import { createRulebook } from './detect/rulebook.ts'
import { startDelivery } from './deliver.ts'
import { socketPaths, type Engine } from './engine.ts'
import { endRotation } from './enrol.ts'
import { ROOTS, type Roots } from './files.ts'
import { createFindings } from './findings.ts'
import { followEngine } from './follow.ts'
import { readFacts, readHost } from './host.ts'
import { createTransport } from './http.ts'
import { readIdentity } from './identity.ts'
import { createLedger } from './ledger.ts'
import { reason, stderrLog, type Log } from './log.ts'
import { createRecorder } from './recorder.ts'
import { emptyDraft } from './report.ts'
import { createSampling } from './sampling.ts'
import { openSpool } from './spool.ts'
import { loadState, saveState } from './state.ts'
import { createStorage } from './storage.ts'
import { startStream } from './stream.ts'
import { createTime } from './time.ts'

export type RunOptions = {
  stateDir: string
  env?: Record<string, string | undefined>
  roots?: Roots
  log?: Log
  /** Between samples; tests take less than the ten seconds that are right for hosts. */
  samplesMs?: number
  hostname?: string
  /** Where the control plane is now, if not where the host enrolled. */
  url?: string
}

export type Agent = {
  /** Takes last readings, reports the minute begun, and gives sending three seconds. */
  stop: () => Promise<void>
}

const LOGS_MS = 5_000
const POLL_MS = 30_000
const RULES_MS = 60_000
const FACTS_MS = 3_600_000
const MOST_JITTER_MS = 5_000
const FIRST_ANSWER_MS = 3_000
const LAST_SENDING_MS = 3_000
const REVOKED_SAMPLING_MS = 72 * 3_600_000

const within = (ms: number, work: Promise<unknown>) =>
  Promise.race([work, new Promise((resolve) => setTimeout(resolve, ms).unref())])

/** Runs the agent of an enrolled host until it is stopped. Throws where the host is not enrolled. */
export const run = async (options: RunOptions): Promise<Agent> => {
  const { stateDir, env = process.env, roots = ROOTS, log = stderrLog, samplesMs = 10_000, hostname } = options
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  await endRotation({ stateDir, ...(options.url === undefined ? {} : { url: options.url }) }).catch((error: unknown) =>
    log('warn', 'a rotation that was cut off could not be ended', { error: reason(error) }),
  )
  const identity = readIdentity(stateDir)
  const url = options.url ?? identity.url
  const signer = { hostId: identity.hostId, keyId: identity.keyId, key: createPrivateKey(identity.privateKey) }
  const mono = bootClock(roots.proc)
  const bootId = readBootId(roots.proc)
  const saved = loadState(stateDir)
  const sameBoot = saved?.bootId === bootId
  const startedMonoMs = mono()
  const time = createTime(mono, Date.now, sameBoot ? saved.anchor : undefined)
  const watchedSinceMonoMs = sameBoot ? saved.ledger.sampledMonoMs : startedMonoMs
  const ledger = createLedger(bootId, watchedSinceMonoMs, samplesMs * 3, sameBoot ? saved.ledger : undefined)
  const spool = openSpool(join(stateDir, 'spool'))
  const transport = createTransport()
  const api = createApi(url, signer, time, bootId, transport.send)

  let engine: Engine | null = null
  let engineSeen = false
  let dataRoot: string | undefined
  let factsSent = ''
  let factsMonoMs = 0
  let running = false
  let revokedMonoMs: number | null = null

  const recorder = createRecorder({
    ledger,
    spool,
    time,
    bootId,
    log,
    // Minutes of an earlier boot count in its monotonic time, which this boot's reports cannot carry.
    saved: saved && !sameBoot ? { ...saved, draft: emptyDraft() } : saved,
    persist: (part) =>
      saveState(stateDir, {
        version: 1,
        bootId,
        anchor: time.anchor(),
        lastEdgeMonoMs: sampling.lastEdgeMonoMs(),
        ledger: ledger.save(),
        ...commands.saved(),
        lastEpochs: containers.lastEpochs(),
        findings: findings.saved(),
        ...part,
      }),
  })
  const save = () => {
    try {
      recorder.save()
    } catch (error) {
      log('error', 'the state could not be saved', { error: reason(error) })
    }
  }
  const onFailure = (failure: string) => {
    log('warn', failure)
    recorder.draft().failures.push(failure)
  }

  const containers = createContainers({
    roots,
    ledger,
    mono,
    log,
    lastEpochs: saved?.lastEpochs ?? {},
    onEvent: (event) => recorder.draft().events.push(event),
    onFailure,
    onChange: () => storage.refresh(),
    onReading: (id, reading) => detection.reading(id, reading),
  })
  const findings = createFindings({ api, log, saved: saved?.findings ?? [], save })
  const storage = createStorage({
    ledger,
    time,
    containers,
    onEvent: (event) => recorder.draft().events.push(event),
    onFailure,
    onFinding: (finding) => {
      const detail = finding.kind === 'log_growth' ? finding.detail : {}
      log('warn', 'a log runs away', { epoch: finding.epoch, ...detail })
      // Its container may have started since the last report: a finding means nothing without the epoch it names.
      if (running) report()
      findings.add(finding)
    },
    onSize: (id, bytes, monoMs) => detection.logSize(id, bytes, monoMs),
  })
  const before = saved?.before ?? {}
  const serverKey = publicKeyFromRaw(identity.serverPublicKey)
  const rulebook = createRulebook({ api, serverKey, stateDir, cluster: identity.cluster, log })
  const detection = createDetection({
    roots,
    containers,
    rulebook,
    mono,
    corrected: time.corrected,
    bootId,
    stateDir,
    log,
    before,
    save,
    onFinding: (finding) => {
      if (running) report()
      findings.add(finding)
    },
  })
  const serverKnows = (contiguousSeq: number, maxSeq?: number) => {
    const again = spool.serverKnows(contiguousSeq, maxSeq)
    if (again > 0) log('warn', 'the control plane lost reports; they are sent again', { reports: again, contiguousSeq })
  }
  const commands = createCommands({
    api,
    hostId: identity.hostId,
    serverKey,
    corrected: time.corrected,
    containers,
    log,
    saved: { results: saved?.results ?? [], unsent: saved?.unsent ?? [], before },
    save,
    isReady: () => running,
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
    wallMs: Date.now,
    onAnswer: (seq, answer) => {
      ledger.acknowledge(seq)
      serverKnows(answer.contiguousSeq)
      for (const { path, reason: why } of answer.quarantined) log('warn', 'a row was quarantined', { seq, path, why })
      if (answer.commandsPending) void commands.poll()
    },
    onRevoked: (revoked) => {
      if (!revoked) revokedMonoMs = null
      else revokedMonoMs ??= mono()
    },
  })

  const facts = (): HostFacts | undefined => {
    const now = readFacts(roots, engine, dataRoot, hostname)
    const text = JSON.stringify(now)
    if (text === factsSent && mono() - factsMonoMs < FACTS_MS) return undefined
    factsSent = text
    factsMonoMs = mono()
    return now
  }

  const sampling = createSampling({
    ledger,
    time,
    draft: recorder.draft,
    lastEdgeMonoMs: sameBoot ? saved.lastEdgeMonoMs : startedMonoMs,
    readContainers: () => {
      containers.sample()
      storage.logs()
    },
    readHost: () => readHost(roots),
  })
  const { sample } = sampling

  const report = () => {
    if (revokedMonoMs !== null && mono() - revokedMonoMs > REVOKED_SAMPLING_MS) return
    containers.states()
    const draft = recorder.draft()
    if (engine === null && engineSeen)
      draft.failures.push('the engine is away: containers that started since are not seen')
    draft.objects.push(...ledger.changedSizes())
    const changed = facts()
    if (changed) draft.facts = changed
    recorder.issue()
    delivery.wake()
  }

  const guarded = (what: string, work: () => void) => {
    try {
      work()
    } catch (error) {
      onFailure(`${what}: ${reason(error)}`)
    }
  }

  // A host keeps its place within the five seconds after a minute, so that a fleet does not report all at once.
  // The few milliseconds keep a timer that fires early from missing the minute's end.
  const jitterMs = 20 + ((identity.hostId * 1_237) % Math.min(MOST_JITTER_MS, samplesMs))
  let tickTimer: NodeJS.Timeout
  const schedule = () => {
    const now = time.corrected() - jitterMs
    const nextMs = (Math.floor(now / samplesMs) + 1) * samplesMs - now
    tickTimer = setTimeout(() => {
      guarded('a sample failed', () => {
        if (sample()) report()
      })
      schedule()
    }, nextMs)
  }

  const following = followEngine({
    paths: socketPaths(env, process.getuid?.() ?? 0),
    containers,
    storage,
    log,
    onEngine: (found, root) => {
      engine = found
      engineSeen ||= found !== null
      dataRoot = root
      log('info', found ? 'engine found' : 'no engine', found ? { engine: found.name, version: found.version } : {})
    },
    onFailure,
  })

  // The first answer tells the time and, after lost state, where the numbers go on; without one we begin all the same.
  await within(FIRST_ANSWER_MS, Promise.all([commands.poll(), rulebook.fetch()]))
  await following.start()
  guarded('the first sample failed', () => void sample())
  guarded('the first report failed', report)
  running = true
  schedule()
  detection.start()
  const rulesTimer = setInterval(() => void rulebook.fetch(), RULES_MS)
  const logTimer = setInterval(() => guarded('logs could not be looked at', storage.logs), LOGS_MS)
  const pollTimer = setInterval(() => {
    void commands.poll()
    void findings.tell()
  }, POLL_MS)
  const stopStream = startStream({
    url,
    signer,
    moment: () => ({ timeMs: time.corrected(), bootId, monoMs: mono() }),
    log,
    onHint: () => void commands.poll(),
  })
  void findings.tell()
  void commands.poll()
  log('info', 'the agent runs', {
    hostId: identity.hostId,
    url,
    engine: engine === null ? 'none' : 'found',
  })

  return {
    async stop() {
      clearTimeout(tickTimer)
      clearInterval(logTimer)
      clearInterval(pollTimer)
      clearInterval(rulesTimer)
      detection.stop()
      stopStream()
      guarded('the last sample failed', () => {
        sample(true)
        report()
      })
      following.stop()
      storage.stop()
      await within(LAST_SENDING_MS, delivery.stop(true))
      save()
      containers.close()
      transport.close()
      log('info', 'the agent stopped')
    },
  }
}
