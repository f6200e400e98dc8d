import { generateKeyPairSync } from 'node:crypto'
import type { Pool } from '#db/client.ts'
import { rawPublicKey, sha256Hex } from '#agents/protocol.ts'
import type { Transport } from '#agents/host/http.ts'
import type { Identity } from '#agents/host/identity.ts'
import { startSimAgent, type SimAgent } from '#agents/sim/agent.ts'
import { steppedTime } from '#agents/sim/clockwork.ts'
import { createMachine } from '#agents/sim/machine.ts'
import { memoryDisk } from '#agents/sim/memoryDisk.ts'
import { network, type Weather } from '#agents/sim/network.ts'
import { planFleet } from '#agents/sim/plan.ts'
import { between, chance, pick, seeded, wholeBetween } from '#agents/sim/random.ts'
import { controlPlane, type Known } from './plane.ts'

const MINUTE_MS = 60_000
const GRAIN_MS = 1_000
const STATE = '/agent'

/** How likely each fault is, a host (or the server) and minute. */
export type Faults = {
  weather: Weather
  cut: number
  agentCrash: number
  /** Stopped as a service is, and started again. */
  agentRestart: number
  stateLost: number
  reboot: number
  serverCrash: number
  roll: number
  /** Hosts with a wrong wall clock, as a share. */
  wrongClocks: number
}

export const WILD: Faults = {
  weather: {
    dropRequest: 0.1,
    dropAnswer: 0.1,
    duplicate: 0.15,
    mostLateMs: 420_000,
    leastDelayMs: 0,
    // Clocks learned over such ways differ by two seconds: four between two of them are what an edge may be off.
    mostDelayMs: 4_000,
  },
  cut: 0.02,
  agentCrash: 0.02,
  agentRestart: 0.01,
  stateLost: 0.003,
  reboot: 0.008,
  serverCrash: 0.08,
  roll: 0.1,
  wrongClocks: 0.4,
}

/** A host of the world: what is true of it whatever anybody was told. */
export type WorldHost = {
  known: Known
  identity: Identity
  /** Wall time of its boots' zero, by boot id. */
  boots: () => Map<string, number>
  /** The reports that its disk holds at the end, by number: SHA-256 of their bodies. */
  kept: () => Map<number, string>
}

type EnrolledHost = Identity & { known: Known }

/** Puts hosts into the store as enrolment does; of two stores they get the same ids. */
const enrolHost = async (stores: Pool[], name: string, cores: number): Promise<EnrolledHost> => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(rawPublicKey(publicKey), 'base64')
  const ids: { hostId: number; keyId: number }[] = []
  for (const sql of stores) {
    const [host] = await sql<{ id: number }[]>`insert into host (name, cluster_id)
      values (${name}, (select min(id) from cluster)) returning id`
    const [key] = await sql<{ id: number }[]>`insert into host_key (host_id, public_key)
      values (${host!.id}, ${raw}) returning id`
    await sql`insert into host_progress (host_id) values (${host!.id})`
    ids.push({ hostId: host!.id, keyId: key!.id })
  }
  const [{ hostId, keyId }] = ids as [{ hostId: number; keyId: number }]
  if (ids.some((id) => id.hostId !== hostId || id.keyId !== keyId)) throw new Error('the stores differ in ids')
  return {
    hostId,
    keyId,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    serverPublicKey: rawPublicKey(publicKey),
    url: 'http://plane/',
    cluster: 'sim',
    known: { hostId, keyId, publicKey, cores },
  }
}

/**
 * Lives through `minutes` of a fleet under faults that follow from `seed`, against the real ingest code on `stores[0]`:
 * then the weather clears, and everything that waits is sent. `roll` rolls hours.
 */
export const liveThrough = async (options: {
  seed: number
  stores: Pool[]
  /** Runs the enrolment; of several worlds in the same stores, one after the other. */
  enrolling: (work: () => Promise<void>) => Promise<void>
  startMs: number
  minutes: number
  hosts: number
  containers: number
  faults: Faults
  roll: () => Promise<void>
}) => {
  const { seed, stores, startMs, minutes, faults, roll } = options
  const random = seeded(seed, 'world')
  const time = steppedTime(startMs, GRAIN_MS)
  const plans = planFleet({
    seed,
    hosts: options.hosts,
    containers: options.containers,
    presentS: startMs / 1000,
    uptimeS: 7_200,
    pace: 90,
  })
  let wild = true
  const fair = { ...faults.weather, dropRequest: 0, dropAnswer: 0, duplicate: 0 }
  const known = new Map<number, Known>()
  const plane = controlPlane({
    sql: stores[0]!,
    known,
    now: time.now,
    processes: 2,
    pick: () => wholeBetween(random, 0, 1),
  })

  const startHost = async (plan: (typeof plans)[number]) => {
    const { known: mine, ...identity } = await enrolHost(stores, `${seed}-${plan.name}`, plan.cores)
    known.set(mine.hostId, mine)
    const wrong = chance(random, faults.wrongClocks)
    // Never a few seconds off a whole minute: there the minute itself would hang on a packet's delay.
    const skewMs = wrong ? wholeBetween(random, -90, 90) * MINUTE_MS + wholeBetween(random, 12, 48) * 1000 : 0
    const machine = createMachine({ seed, plan, now: time.now, skewMs })
    const disk = memoryDisk()
    const fate = seeded(seed, plan.name, 'fate')
    let agent: SimAgent | null = null
    let cutUntilMs = 0
    const isCut = () => wild && time.now() < cutUntilMs
    const link = (weather: Weather): Transport => network({ server: plane.send, weather, random: fate, time, isCut })
    const stormy = link(faults.weather)
    const calm = link(fair)
    // One process of the agent after the other; what is left of one that was killed reaches neither disk nor network.
    let life: { alive: boolean } | null = null
    const start = () => {
      if (life) return
      const mine = { alive: true }
      life = mine
      disk.restore()
      const change =
        <A extends unknown[]>(act: (...args: A) => void) =>
        (...args: A) =>
          mine.alive ? act(...args) : undefined
      void startSimAgent({
        machine,
        identity,
        stateDir: STATE,
        disk: { ...disk, write: change(disk.write), rename: change(disk.rename), remove: change(disk.remove) },
        send: (request) => (mine.alive ? (wild ? stormy : calm)(request) : new Promise(() => {})),
        time,
        random: fate,
        log: () => {},
      }).then((started) => {
        if (mine.alive) agent = started
        else started.kill()
      })
    }
    const kill = () => {
      agent?.kill()
      agent = null
      if (life) life.alive = false
      life = null
    }
    const downFor = (ms: number, before = () => {}) => {
      kill()
      time.after(ms, () => {
        before()
        start()
      })
    }
    start()

    return {
      host: {
        known: mine,
        identity,
        boots: () => new Map(machine.boots().map(({ bootId, atS }) => [bootId, atS * 1000])),
        kept: () =>
          new Map(
            disk
              .list(`${STATE}/spool`)
              .map(({ name }) => [Number.parseInt(name, 10), sha256Hex(disk.read(`${STATE}/spool/${name}`))] as const),
          ),
      } satisfies WorldHost,
      pending: () => (agent ? agent.pending() : [0]),
      /** What befalls the host this minute. */
      suffer() {
        if (!agent) return
        if (chance(fate, faults.cut)) cutUntilMs = time.now() + between(fate, 30_000, 25 * MINUTE_MS)
        if (chance(fate, faults.agentCrash)) {
          const restMs = between(fate, 1_000, 150_000)
          disk.failAfter(wholeBetween(fate, 0, 7), () => downFor(restMs))
        }
        if (chance(fate, faults.agentRestart)) {
          const ending = agent
          agent = null
          const restMs = between(fate, 1_000, 90_000)
          void ending.stop().then(() => downFor(restMs))
          return
        }
        if (chance(fate, faults.stateLost)) downFor(between(fate, 1_000, 60_000), () => disk.wipe())
        else if (chance(fate, faults.reboot)) {
          // A boot that never speaks to the control plane is believed its clock, so one with a wrong clock gets through.
          if (wrong) cutUntilMs = 0
          downFor(between(fate, 20_000, 200_000), () => {
            machine.reboot()
            if (wrong) cutUntilMs = 0
          })
        }
      },
      /** No fault that was due comes any more. */
      clear: () => disk.restore(),
    }
  }

  const hosts: Awaited<ReturnType<typeof startHost>>[] = []
  await options.enrolling(async () => {
    for (const plan of plans) hosts.push(await startHost(plan))
  })

  const endMs = startMs + minutes * MINUTE_MS
  let rolling: Promise<void> = Promise.resolve()
  const minute = () => {
    if (time.now() >= endMs) return
    for (const host of hosts) host.suffer()
    if (chance(random, faults.serverCrash)) plane.crash(pick(random, ['before commit', 'after commit']))
    if (chance(random, faults.roll)) {
      rolling = rolling.then(roll)
      rolling.catch(() => {})
    }
    time.after(MINUTE_MS, minute)
  }
  time.after(MINUTE_MS, minute)

  /** Steps to a moment; between two steps everything that one set off comes to rest. */
  const until = async (isOver: () => boolean) => {
    while (!isOver()) {
      time.step()
      await plane.settled()
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
      await plane.settled()
    }
  }
  await until(() => time.now() >= endMs)
  wild = false
  for (const host of hosts) host.clear()
  const patienceMs = endMs + 90 * MINUTE_MS
  await until(
    () =>
      (time.now() > endMs + 3 * MINUTE_MS && hosts.every((host) => host.pending().length === 0)) ||
      time.now() > patienceMs,
  )
  await rolling
  await roll()
  return {
    hosts: hosts.map(({ host }) => host),
    waiting: hosts.flatMap((host) => host.pending()),
    crashes: plane.crashes(),
    failures: plane.failures(),
    endMs: time.now(),
  }
}
