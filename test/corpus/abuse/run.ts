import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectEngine } from '#agents/host/engine.ts'
import type { Container, Engine } from '../../support/docker.ts'
import { BUILDS, type Build, type Case } from './cases.ts'
import { startPeers } from './peers.ts'

/** What became of a case. `stopS` is from the engine's `start` to its `die`, null where it lived on. */
export type Result = { of: Case; stopS: number | null; throttled: boolean }

const HERE = import.meta.dirname
const MOST_MIB = 9_000
const MOST_AT_ONCE = 16

const word = () => `${'bcdfgklmnprstvz'[randomBytes(1)[0]! % 15]}${randomBytes(4).toString('hex')}`

/** Builds each program, under a name that nobody knows. */
const build = (folder: string, builds: Iterable<Build>) => {
  for (const program of builds) {
    const flags = ['-O1', '-static', '-pthread', ...BUILDS[program]]
    execFileSync('gcc', [...flags, join(HERE, 'program.c'), '-o', join(folder, program)], { stdio: 'inherit' })
  }
}

/** Batches that fit into memory and leave the processors some room. */
const batched = (cases: readonly Case[]): Case[][] => {
  const batches: { mib: number; cases: Case[] }[] = []
  for (const one of cases) {
    const mib = one.mib ?? 50
    const room = batches.find((batch) => batch.mib + mib <= MOST_MIB && batch.cases.length < MOST_AT_ONCE)
    if (room) {
      room.cases.push(one)
      room.mib += mib
    } else batches.push({ mib, cases: [one] })
  }
  return batches.map((batch) => batch.cases)
}

/** The first `start` and the first `die` of each container, by the engine's clock, in seconds. */
const followLives = async (socketPath: string) => {
  const engine = await connectEngine(socketPath)
  const lives = new Map<string, { start?: number; die?: number }>()
  const abort = new AbortController()
  const filters = encodeURIComponent(JSON.stringify({ type: ['container'], event: ['start', 'die'] }))
  void engine
    .follow(
      `/events?filters=${filters}`,
      (event) => {
        const { Action, Actor, timeNano } = event as {
          Action: 'start' | 'die'
          Actor: { ID: string }
          timeNano: number
        }
        const life = lives.get(Actor.ID) ?? {}
        life[Action] ??= timeNano / 1e9
        lives.set(Actor.ID, life)
      },
      abort.signal,
    )
    .catch(() => {})
  return {
    of: (id: string) => lives.get(id) ?? {},
    close() {
      abort.abort()
      engine.close()
    },
  }
}

/**
 * Runs cases as containers of an engine that an agent watches, and tells what became of each. Names of files,
 * containers, accounts and apps are drawn anew each time. A batch runs for `mostS` seconds, or `leastS` where each
 * offender has been dealt with by then.
 */
export const runCorpus = async (
  engine: Engine,
  cases: readonly Case[],
  window: { leastS: number; mostS: number },
  onResult: (result: Result) => void = () => {},
): Promise<Result[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-corpus-'))
  chmodSync(folder, 0o755)
  const scout = await engine.run({ command: ['sleep', '3600'] })
  const { NetworkSettings } = await engine.call<{ NetworkSettings: { Gateway: string } }>(
    'GET',
    `/containers/${scout.id}/json`,
  )
  const peers = await startPeers(NetworkSettings.Gateway)
  const lives = await followLives(engine.socketPath)
  build(folder, new Set(cases.flatMap(({ run }) => ('program' in run ? [run.program] : []))))

  const start = async (one: Case): Promise<Container> => {
    const own = join(folder, word())
    mkdirSync(own)
    chmodSync(own, 0o755)
    const inside = `/${word()}`
    const binds = [`${own}:${inside}:ro`, '/usr:/usr:ro', '/usr/lib:/lib:ro', '/usr/lib64:/lib64:ro']
    const name = word()
    const { run } = one
    let command: string[]
    if ('program' in run) {
      copyFileSync(join(folder, run.program), join(own, name))
      chmodSync(join(own, name), 0o755)
      command = [`${inside}/${name}`, ...peers.put(run.args).split(' ')]
      if (one.supervised) command = ['sh', '-c', `while :; do ${command.join(' ')}; done`]
    } else if ('script' in run) {
      copyFileSync(join(HERE, 'script.mjs'), join(own, `${name}.mjs`))
      binds.push(`${realpathSync(process.execPath)}:/${name}:ro`)
      command = [`/${name}`, `${inside}/${name}.mjs`, ...peers.put(run.script).split(' ')]
    } else {
      binds.push(`${HERE}:/docs:ro`)
      command = ['sh', '-c', run.shell]
    }
    return engine.run({
      command,
      name: word(),
      binds,
      labels: { 'io.wharfinger.account': word(), 'io.wharfinger.app': word() },
      env: { PATH: '/bin:/usr/bin', HOME: '/tmp' },
      ...(one.cpus === undefined ? {} : { cpus: one.cpus }),
    })
  }

  const results: Result[] = []
  try {
    for (const batch of batched(cases)) {
      const running: { of: Case; container: Container }[] = []
      for (const of of batch) running.push({ of, container: await start(of) })
      const outcome = async ({ of, container }: (typeof running)[number]): Promise<Result> => {
        const { start: from = 0, die } = lives.of(container.id)
        const { HostConfig } = await engine.call<{ HostConfig: { CpuQuota: number; NanoCpus: number } }>(
          'GET',
          `/containers/${container.id}/json`,
        )
        const throttled = HostConfig.CpuQuota > 0 || HostConfig.NanoCpus !== Math.round((of.cpus ?? 0) * 1e9)
        return { of, stopS: die === undefined ? null : die - from, throttled }
      }
      const startedAt = performance.now()
      const elapsedS = () => (performance.now() - startedAt) / 1000
      const isDone = ({ of, stopS, throttled }: Result) =>
        of.expect === 'stop' ? stopS !== null : of.expect === 'leave' || throttled
      let latest: Result[] = []
      while (elapsedS() < window.mostS) {
        await sleep(1_000)
        latest = await Promise.all(running.map(outcome))
        if (elapsedS() >= window.leastS && latest.every(isDone)) break
      }
      for (const { of, container } of running) {
        const result = latest.find((one) => one.of === of) ?? { of, stopS: null, throttled: false }
        results.push(result)
        onResult(result)
        await container.remove()
      }
    }
    return results
  } finally {
    lives.close()
    peers.close()
    await scout.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}
