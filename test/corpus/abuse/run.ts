import { setTimeout as sleep } from 'node:timers/promises'
import { connectEngine } from '#agents/host/engine.ts'
import type { Container, Engine } from '../../support/docker.ts'
import type { Case } from './cases.ts'
import { openStage } from './stage.ts'

/** What became of a case. `stopS` is from the engine's `start` to its `die`, null where it lived on. */
export type Result = { of: Case; stopS: number | null; throttled: boolean }

const MOST_MIB = 9_000
const MOST_AT_ONCE = 16

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
  const stage = await openStage(engine, cases)
  const lives = await followLives(engine.socketPath)
  const results: Result[] = []
  try {
    for (const batch of batched(cases)) {
      const running: { of: Case; container: Container }[] = []
      for (const of of batch) running.push({ of, container: await stage.start(of) })
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
    await stage.close()
  }
}
