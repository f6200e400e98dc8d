import { sha256Hex } from '#agents/protocol.ts'
import type { AbuseFinding, AgentAction, RuleBundle } from '#agents/rules.ts'
import { score, type Verdict } from '#agents/score.ts'
import { SIGNS, type Kind } from './signs.ts'
import type { Machine, SimContainer } from './machine.ts'
import { lifeOf } from './watch.ts'

/** What a container shows from a moment on, and after how long its owner's script starts it again once it was stopped. */
export type Showing = { kind: Kind; fromMs: number; againMs?: number }

const THROTTLED_SHARE = 0.1
const ACTIONS: Partial<Record<Verdict, AgentAction>> = { stop: 'stopped', throttle: 'throttled', suspect: 'watched' }

/**
 * Detection on a simulated machine: judges what the containers of some slots would show, as the agent would, stops what is
 * proven, slows what behaves badly and watches what looks like it. `look` gives the finding of each, once a life.
 */
export const createPolice = (options: {
  machine: Machine
  shows: ReadonlyMap<number, Showing>
  bundle: () => RuleBundle
  /** The epoch of a container's present life. */
  epochOf: (containerId: string) => number | null
  after: (ms: number, call: () => void) => unknown
}) => {
  const { machine, shows, bundle, epochOf, after } = options
  const told = new Set<string>()

  const startAgain = (id: string) => {
    const container = machine.containers().find(({ containerId }) => containerId === id)
    if (container && !container.running) machine.start(container)
  }

  const findingOf = (container: SimContainer, showing: Showing, epoch: number): AbuseFinding | undefined => {
    const { name, image, imageId, labels, startMonoMs } = lifeOf(machine, container)
    const account = labels['io.wharfinger.account'] ?? null
    const app = labels['io.wharfinger.app'] ?? null
    const { version } = bundle()
    const observations = SIGNS[showing.kind]
    const judged = score(bundle(), observations, { account, app, nowMs: machine.wallMs() })
    const action = ACTIONS[judged.action]
    const id = sha256Hex(['abuse', epoch, action, version].join('\n')).slice(0, 32)
    if (!action || told.has(id)) return undefined
    told.add(id)
    if (action === 'stopped') machine.stop(container)
    if (action === 'throttled') machine.slow(container, THROTTLED_SHARE)
    const { againMs } = showing
    if (action === 'stopped' && againMs !== undefined) after(againMs, () => startAgain(container.containerId))
    const monoMs = machine.mono()
    const sha256 = sha256Hex(`simulated ${showing.kind}`)
    return {
      id,
      kind: 'abuse',
      epoch,
      monoMs,
      abuse: {
        bundle: version,
        action,
        points: Math.round(judged.points),
        observations,
        containerId: container.containerId,
        name,
        image,
        ...(imageId === undefined ? {} : { imageId }),
        account,
        app,
        startedMonoMs: startMonoMs,
        ...(action === 'watched' ? {} : { actedMonoMs: monoMs }),
        executables: [{ path: '/app/worker', sha256, deleted: false, memfd: false, busyPercent: 100 }],
        wallets: [],
      },
    }
  }

  return {
    look: (nowMs: number): AbuseFinding[] =>
      machine.containers().flatMap((container): AbuseFinding[] => {
        const showing = shows.get(container.slot.index)
        const epoch = epochOf(container.containerId)
        if (!showing || nowMs < showing.fromMs || epoch === null || !container.running) return []
        const found = findingOf(container, showing, epoch)
        return found ? [found] : []
      }),
  }
}
