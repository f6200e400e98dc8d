import type { KeyObject } from 'node:crypto'
import type { Command, CommandResult, CommandsAnswer } from '#agents/protocol.ts'
import type { Api } from './api.ts'
import { misdirection, NOT_HERE, objection, OVER, readCommand } from './command.ts'
import type { Containers } from './containers.ts'
import { EngineError, type Engine } from './engine.ts'
import { execute } from './execute.ts'
import { reason, type Log } from './log.ts'
import { recreate } from './recreate.ts'
import { removeVolume } from './removeVolume.ts'
import type { Before } from './state.ts'

const MOST_RESULTS = 1_000
const MOST_TOLD_AT_ONCE = 100

/** True only where the engine says that it has no such container. */
const isMissing = (engine: Engine, containerId: string): Promise<boolean> =>
  engine.call('GET', `/containers/${containerId}/json`).then(
    () => false,
    (error: unknown) => error instanceof EngineError && error.status === 404,
  )

/**
 * Fetches commands, carries each out once and tells the result until it is acknowledged. Ids and results are saved
 * before they are told, so a command is not carried out again after a restart. `onKnown` gets what the answer says of
 * sequence numbers.
 */
export const createCommands = (options: {
  api: Api
  hostId: number
  serverKey: KeyObject
  corrected: () => number
  containers: Pick<Containers, 'epochsOf' | 'engine' | 'inspect' | 'get' | 'readNow'>
  log: Log
  saved: { results: CommandResult[]; unsent: number[]; before: Record<string, Before> }
  save: () => void
  onKnown: (answer: CommandsAnswer) => void
  /** False while the host's containers are not known yet: until then a command cannot be judged and stays pending. */
  isReady?: () => boolean
  /** Carries a command out where not by the engine itself. */
  carry?: typeof execute
}) => {
  const { api, hostId, serverKey, corrected, containers, log, save, onKnown } = options
  const { isReady = () => true, carry = execute } = options
  let results = options.saved.results
  let unsent = options.saved.unsent
  const { before } = options.saved
  const running = new Set<number>()
  let polling: Promise<void> | null = null
  let pollAgain = false

  const carryOut = async (command: Command): Promise<CommandResult> => {
    const engine = containers.engine()
    if (!engine) return { id: command.id, outcome: 'failed', detail: 'there is no engine, or it is away' }
    if (command.kind === 'recreate' || command.kind === 'remove_volume') {
      const refused = misdirection(command, hostId, corrected())
      if (refused) return refused
      const { createConfig, volume } = command.args
      const executed = command.kind === 'recreate' ? recreate(engine, createConfig) : removeVolume(engine, volume)
      return { id: command.id, ...(await executed) }
    }
    const refusal = objection(command, hostId, corrected(), containers.epochsOf(command.containerId))
    // A deletion carried out before a crash, or by somebody else, has come true all the same.
    if (refusal?.detail === NOT_HERE && command.kind === 'delete' && (await isMissing(engine, command.containerId))) {
      return { id: command.id, outcome: 'done', detail: 'it was gone already' }
    }
    if (refusal?.detail === OVER && before[command.containerId]?.restartedBy === command.id) {
      return { id: command.id, outcome: 'done', detail: 'restarted' }
    }
    if (refusal) return refusal
    await containers.inspect(command.containerId)
    const still = objection(command, hostId, corrected(), containers.epochsOf(command.containerId))
    const container = containers.get(command.containerId)
    if (still || !container) return still ?? { id: command.id, outcome: 'refused', detail: 'the container is gone' }
    containers.readNow(container.is.id)
    const executed = await carry(command, container.is, engine, before, save)
    void containers.inspect(container.is.id)
    return { id: command.id, ...executed }
  }

  const tellOnce = async () => {
    if (unsent.length === 0) return
    const waiting = new Set(unsent.slice(0, MOST_TOLD_AT_ONCE))
    const body = Buffer.from(JSON.stringify({ results: results.filter(({ id }) => waiting.has(id)) }))
    const answer = await api('POST', '/v1/agents/results', { body })
    if (answer.status < 200 || answer.status >= 300) {
      log('warn', 'results were not taken', { status: answer.status })
      return
    }
    unsent = unsent.filter((id) => !waiting.has(id))
    save()
  }

  // One at a time: each telling takes all that waits.
  let telling: Promise<void> = Promise.resolve()
  const tell = (): Promise<void> => {
    const next = telling.then(tellOnce)
    telling = next.catch(() => {})
    return next
  }

  const run = async (command: Command) => {
    running.add(command.id)
    try {
      const result = await carryOut(command)
      results = [...results.filter(({ id }) => id !== result.id), result].slice(-MOST_RESULTS)
      unsent = [...unsent, result.id]
      save()
      log('info', 'a command was carried out', {
        id: command.id,
        kind: command.kind,
        outcome: result.outcome,
        detail: result.detail,
      })
      await tell()
    } catch (error) {
      log('warn', 'a result could not be told', { id: command.id, error: reason(error) })
    } finally {
      running.delete(command.id)
    }
  }

  const take = (answer: CommandsAnswer) => {
    const byContainer = new Map<string, Command[]>()
    for (const signed of answer.commands) {
      const command = readCommand(signed, serverKey)
      if (!command) {
        log('error', 'a command whose signature does not hold was left alone')
        continue
      }
      if (running.has(command.id)) continue
      if (results.some(({ id }) => id === command.id)) {
        if (!unsent.includes(command.id)) unsent = [...unsent, command.id]
        continue
      }
      running.add(command.id)
      byContainer.set(command.containerId, [...(byContainer.get(command.containerId) ?? []), command])
    }
    // In order for one container, at once for several: a stop may take its ten seconds of grace.
    for (const commands of byContainer.values()) {
      void (async () => {
        for (const command of commands) await run(command)
      })()
    }
  }

  const poll = async () => {
    do {
      pollAgain = false
      const answer = await api('GET', '/v1/agents/commands')
      if (answer.status !== 200) {
        log('info', 'commands could not be fetched', { status: answer.status })
        return
      }
      const known = answer.json as CommandsAnswer
      onKnown(known)
      if (isReady()) take(known)
      await tell()
    } while (pollAgain)
  }

  return {
    saved: () => ({ results, unsent, before }),
    /** Fetches and starts what is new; a call during another makes it look once more. Never rejects. */
    poll(): Promise<void> {
      if (polling) pollAgain = true
      polling ??= poll()
        .catch((error: unknown) => log('info', 'the control plane is away', { error: reason(error) }))
        .finally(() => {
          polling = null
        })
      return polling
    },
  }
}
