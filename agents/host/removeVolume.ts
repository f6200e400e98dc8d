import { EngineError, type Engine } from './engine.ts'
import type { Executed } from './execute.ts'
import { reason } from './log.ts'

/** What engines take as the name of a volume: it must not lead anywhere else. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/

/** Removes a volume and what it holds; one that any container uses, running or not, is left. Never throws. */
export const removeVolume = async (engine: Engine, name: string | undefined): Promise<Executed> => {
  if (name === undefined || !NAME.test(name)) return { outcome: 'refused', detail: 'it names no volume' }
  try {
    // Without force: the engine refuses while a container has it.
    await engine.call('DELETE', `/volumes/${name}`, undefined, 60_000)
    return { outcome: 'done', detail: 'volume removed', evidence: { volume: name } }
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return { outcome: 'done', detail: 'it was gone already' }
    if (error instanceof EngineError && error.status === 409) {
      return { outcome: 'refused', detail: 'a container uses it' }
    }
    return { outcome: 'failed', detail: reason(error).slice(0, 500) }
  }
}
