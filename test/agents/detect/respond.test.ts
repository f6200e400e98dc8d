import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { fileDisk } from '#agents/host/disk.ts'
import type { Container } from '#agents/host/containers.ts'
import { openCase, type Case } from '#agents/host/detect/case.ts'
import { createExecutables } from '#agents/host/detect/executable.ts'
import { loadMemo } from '#agents/host/detect/memo.ts'
import { createReads } from '#agents/host/detect/reads.ts'
import { createResponse } from '#agents/host/detect/respond.ts'
import { nextLook } from '#agents/host/detect/schedule.ts'
import { parseInspect } from '#agents/host/inspect.ts'
import { builtinBundle } from '#agents/pack.ts'
import type { AbuseFinding, Observation } from '#agents/rules.ts'
import { score } from '#agents/score.ts'

const folder = mkdtempSync(join(tmpdir(), 'wharf-respond-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const MINUTE = 60_000
const bundle = builtinBundle('quay')
const mailing: Observation[] = [{ signal: 'net.smtp_fanout', value: 400, heldS: 60 }]
const mining: Observation[] = [
  { signal: 'memory.randomx_geometry', value: 2344, heldS: 0 },
  { signal: 'memory.stratum_words', value: 4, heldS: 0 },
]

const reads = createReads()
const roots = { proc: folder, cgroup: folder }
// Nothing of them is used: no look is made.
const parts = { roots, reads, executables: createExecutables(reads, folder), random: () => 0.5 } as Parameters<
  typeof openCase
>[0]
const containerOf = (startedAt: string): Container => ({
  is: parseInspect({
    Id: 'c1',
    Name: '/worker',
    State: { Running: true, Pid: 7, StartedAt: startedAt },
    Config: { Image: 'a:1', Labels: { 'io.wharfinger.account': 'acme', 'io.wharfinger.app': 'web' } },
    HostConfig: {},
  }),
  probe: null,
  epoch: 5,
  created: true,
  codeless: null,
  lastState: '',
})

/** An agent's answers to what it sees of one container, by a clock that a test moves; `disk` outlives it. */
const place = () => {
  let now = 100 * MINUTE
  const acts: string[] = []
  const found: AbuseFinding[] = []
  const begin = () => {
    const memo = loadMemo(folder, 'boot')
    const response = createResponse({
      act: async (kind, _, startedAt, percent) => {
        acts.push(`${kind} ${startedAt}${percent === undefined ? '' : ` ${percent}`}`)
        return { outcome: 'done', detail: kind }
      },
      memo,
      stateDir: folder,
      disk: fileDisk,
      mono: () => now,
      log: () => {},
      version: () => 1,
      onFinding: (one) => found.push(one),
    })
    return { memo, response }
  }
  let agent = begin()
  return {
    acts,
    found,
    later: (ms: number) => (now += ms),
    restart: () => (agent = begin()),
    open: (startedAt: string): Case =>
      openCase(parts, containerOf(startedAt), now, agent.memo.watchUntil['acme/web'] ?? 0, () => 0.5),
    see: (one: Case, observations: Observation[]) =>
      agent.response.respond(
        one,
        score(bundle, observations, { account: 'acme', app: 'web', nowMs: 0 }),
        observations,
        undefined,
      ),
    now: () => now,
  }
}

test('what is slowed is looked at after ten minutes: still so, it stays slowed for twice as long; over, it gets its cpu back', async () => {
  const { acts, found, later, restart, open, see } = place()
  const one = open('first')
  await see(one, mailing)
  later(9 * MINUTE)
  await see(one, [])
  expect(acts).toEqual(['throttle first'])
  later(1 * MINUTE)
  await see(one, mailing)
  expect(acts).toEqual(['throttle first', 'throttle first'])
  // The agent itself was restarted meanwhile.
  restart()
  later(19 * MINUTE)
  await see(one, [])
  expect(acts).toHaveLength(2)
  later(1 * MINUTE)
  await see(one, [])
  await see(one, [])
  expect(acts).toEqual(['throttle first', 'throttle first', 'unthrottle first'])
  expect(found.map(({ abuse }) => abuse.action)).toEqual(['throttled', 'throttled'])
})

test('after a stop its app is looked at every second for thirty minutes, also by an agent that was restarted', async () => {
  const { acts, later, restart, open, see, now } = place()
  await see(open('first'), mining)
  expect(acts).toEqual(['stop first'])
  restart()
  later(2 * MINUTE)
  const again = open('second')
  const dueAfter = (ms: number) => {
    const lookedMonoMs = now() + ms
    const { startedMonoMs, closelyUntilMonoMs } = again
    return nextLook({ startedMonoMs, lookedMonoMs, busy: false, closelyUntilMonoMs }) - lookedMonoMs
  }
  expect([dueAfter(0), dueAfter(10 * MINUTE), dueAfter(27.9 * MINUTE), dueAfter(28 * MINUTE)]).toEqual([
    1_000, 1_000, 1_000, 60_000,
  ])
  later(29 * MINUTE)
  expect(open('third').closelyUntilMonoMs).toBe(0)
})
