import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileDisk } from '#agents/host/disk.ts'
import { enrol } from '#agents/host/enrol.ts'
import { createTransport } from '#agents/host/http.ts'
import { readIdentity } from '#agents/host/identity.ts'
import { reason, type Log } from '#agents/host/log.ts'
import { saveState } from '#agents/host/state.ts'
import { startSimAgent, type SimAgent } from './agent.ts'
import { realTime } from './clockwork.ts'
import { pastEpochs, pastHost, stateAfter } from './history.ts'
import { createMachine, type Machine } from './machine.ts'
import { network, type Weather } from './network.ts'
import { offendersOf } from './offenders.ts'
import { planFleet, type ClusterKind, type FleetOptions, type HostPlan } from './plan.ts'
import { between, chance, seeded } from './random.ts'

const AT_ONCE = 8
const MINUTE_MS = 60_000
/** Acknowledged reports that a simulated host keeps: a day's. */
const SPOOL_LIMITS = { mostAcknowledged: 1_440, mostBytes: 64 * 2 ** 20 }
const AGENT = 'wharfinger-sim/0.1.0'
/** One host's wall clock is this far ahead. */
const SKEW_MS = 47_000
const SILENT_S = 8 * 60

const MILD: Weather = {
  dropRequest: 0.004,
  dropAnswer: 0.004,
  duplicate: 0.01,
  mostLateMs: 20_000,
  leastDelayMs: 2,
  mostDelayMs: 40,
}

/** How the fleet in a state directory is planned; kept there, so that it is the same fleet after a restart. */
type Kept = FleetOptions

const keptFile = (stateDir: string) => join(stateDir, 'fleet.json')
const hostDir = (stateDir: string, plan: HostPlan) => join(stateDir, plan.name)

/** The fleet of a state directory, made of `options` where there is none yet. */
export const openFleet = (stateDir: string, options?: FleetOptions): Kept => {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  if (!existsSync(keptFile(stateDir))) {
    if (!options) throw new Error(`no fleet in ${stateDir}: give --url, --token, --hosts and --containers`)
    writeFileSync(keptFile(stateDir), `${JSON.stringify(options)}\n`)
  }
  return JSON.parse(readFileSync(keptFile(stateDir), 'utf8')) as Kept
}

/** Enrols the hosts that are not enrolled yet, each with the token of its kind of cluster or the one for all. */
export const enrolFleet = async (
  stateDir: string,
  fleet: Kept,
  url: string,
  tokens: Partial<Record<ClusterKind | 'any', string>>,
): Promise<void> => {
  const waiting = planFleet(fleet).filter((plan) => !existsSync(join(hostDir(stateDir, plan), 'identity.json')))
  const work = async () => {
    for (let plan = waiting.shift(); plan; plan = waiting.shift()) {
      const token = tokens[plan.kind] ?? tokens.any
      if (!token) throw new Error(`no token for ${plan.kind} hosts`)
      await enrol({ url, token, stateDir: hostDir(stateDir, plan), hostname: plan.name, agent: AGENT })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** The host that has been silent for a while at the present, if there are enough for one to be. */
const silentOf = (plans: readonly HostPlan[]) => (plans.length >= 6 ? plans[4]?.name : undefined)

const machineOf = (fleet: Kept, plan: HostPlan, index: number, startedMs = Number.POSITIVE_INFINITY): Machine => {
  const loud = plan.slots.find(({ churn }) => churn.kind === 'steady')?.index
  const runs = plan.kind === 'free' && index % 12 === 7 && loud !== undefined
  return createMachine({
    seed: fleet.seed,
    plan,
    now: Date.now,
    skewMs: index % 12 === 9 ? SKEW_MS : 0,
    ...(runs ? { runaway: { slot: loud, fromMs: startedMs + 4 * MINUTE_MS, untilMs: startedMs + 6 * MINUTE_MS } } : {}),
  })
}

/**
 * Makes the fleet's past up to the present it was planned for: what the store would hold (to be printed), and on each
 * host's disk what its agent would remember.
 */
export const makeHistory = (stateDir: string, fleet: Kept) => {
  const plans = planFleet(fleet)
  const silent = silentOf(plans)
  const made = plans.map((plan, index) => {
    const machine = machineOf(fleet, plan, index)
    const { hostId } = readIdentity(hostDir(stateDir, plan))
    const untilS = fleet.presentS - (plan.name === silent ? SILENT_S : 0)
    const epochs = pastEpochs(fleet.seed, machine, hostId, untilS)
    saveState(hostDir(stateDir, plan), stateAfter(machine, epochs, untilS))
    return { host: pastHost(machine, hostId, untilS), epochs }
  })
  return { hosts: made.map(({ host }) => host), epochs: made.flatMap(({ epochs }) => epochs) }
}

export type RunningFleet = { stop: () => Promise<void> }

/**
 * Runs every host of the fleet in this process. `troubled`: now and then a host is cut off, and packets are lost.
 * `offending`: some containers show signs of abuse, or look as if.
 */
export const runFleet = async (
  stateDir: string,
  fleet: Kept,
  { troubled, offending }: { troubled: boolean; offending: boolean },
  log: Log,
): Promise<RunningFleet> => {
  const plans = planFleet(fleet)
  const transport = createTransport()
  const startedMs = Date.now()
  const silent = silentOf(plans)
  const shows = offending ? offendersOf(plans, startedMs) : new Map<string, never>()
  const cuts = new Map<string, number>()
  if (troubled && silent && startedMs - fleet.presentS * 1000 < 10 * MINUTE_MS) {
    cuts.set(silent, startedMs + 6 * MINUTE_MS)
  }
  const agents: SimAgent[] = []
  let stopping = false

  const startOne = async (plan: HostPlan, index: number) => {
    const random = seeded(fleet.seed, plan.name, 'fate', startedMs)
    const isCut = () => Date.now() < (cuts.get(plan.name) ?? 0)
    const weather = { server: transport.send, weather: MILD, random, time: realTime, isCut }
    const shown = shows.get(plan.name)
    const agent = await startSimAgent({
      machine: machineOf(fleet, plan, index, startedMs),
      identity: readIdentity(hostDir(stateDir, plan)),
      stateDir: hostDir(stateDir, plan),
      disk: fileDisk,
      send: troubled ? network(weather) : transport.send,
      time: realTime,
      random,
      log: (level, msg, fields) => level === 'error' && log(level, msg, { host: plan.name, ...fields }),
      spoolLimits: SPOOL_LIMITS,
      streams: plans.length <= 50,
      ...(shown ? { shows: shown } : {}),
    })
    agents.push(agent)
  }
  const waiting = plans.map((plan, index) => ({ plan, index }))
  const work = async () => {
    for (let one = waiting.shift(); one && !stopping; one = waiting.shift()) {
      await startOne(one.plan, one.index).catch((error: unknown) =>
        log('error', 'a host could not start', { error: reason(error) }),
      )
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))

  const fate = seeded(fleet.seed, 'fleet', startedMs)
  const trouble = setInterval(() => {
    for (const { name } of plans) {
      if (chance(fate, 0.0015)) cuts.set(name, Date.now() + between(fate, 4, 9) * MINUTE_MS)
    }
  }, MINUTE_MS)
  if (!troubled) clearInterval(trouble)
  log('info', 'the simulated fleet runs', { hosts: agents.length, containers: fleet.containers })

  return {
    async stop() {
      stopping = true
      clearInterval(trouble)
      await Promise.all(agents.map((agent) => agent.stop()))
      transport.close()
    },
  }
}
