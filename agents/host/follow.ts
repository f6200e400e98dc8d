import type { Containers } from './containers.ts'
import { findEngine, type Engine } from './engine.ts'
import { parseEvent } from './inspect.ts'
import { reason, type Log } from './log.ts'
import type { Storage } from './storage.ts'

const RELIST_MS = 60_000
const ABSENT_MS = 5_000
const RECONNECT_MS = 1_000
// Health checks make exec events by the thousand; they are left out where they arise.
const EVENTS = 'create start restart kill die died oom pause unpause update rename destroy remove'.split(' ')

/**
 * Keeps a connection to the engine: finds it, lists its containers every minute, follows its events and comes back,
 * with `since`, when it was away. `onEngine` is called when one appears or goes (null). Never throws.
 */
export const followEngine = (options: {
  paths: string[]
  containers: Containers
  storage: Storage
  log: Log
  onEngine: (engine: Engine | null, dataRoot: string | undefined) => void
  onFailure: (failure: string) => void
}) => {
  const { paths, containers, storage, log, onEngine, onFailure } = options
  let stopped = false
  let since = ''
  let timer: NodeJS.Timeout | null = null
  let relistTimer: NodeJS.Timeout | null = null
  let abort: AbortController | null = null

  const relist = async (engine: Engine) => {
    try {
      await containers.relist()
      storage.setVolumes(await engine.call('GET', '/volumes'))
    } catch (error) {
      onFailure(`the engine could not be listed: ${reason(error)}`)
    }
  }

  const listen = async (engine: Engine) => {
    abort = new AbortController()
    const filters = encodeURIComponent(JSON.stringify({ type: ['container'], event: EVENTS }))
    const from = since === '' ? '' : `&since=${since}`
    try {
      await engine.follow(
        `/events?filters=${filters}${from}`,
        (json) => {
          const event = parseEvent(json)
          if (!event || event.type !== 'container') return
          const nano = BigInt(Math.round(event.timeNano))
          since = `${nano / 1_000_000_000n}.${String(nano % 1_000_000_000n).padStart(9, '0')}`
          containers.handle(event)
          if (event.action === 'die') storage.soon(event.id)
        },
        abort.signal,
      )
    } catch (error) {
      if (!stopped) log('warn', 'the engine’s events broke off', { error: reason(error) })
    }
  }

  const connect = async () => {
    const engine = await findEngine(paths)
    if (stopped) return
    if (!engine) {
      if (containers.engine()) {
        containers.use(null)
        onEngine(null, undefined)
      }
      timer = setTimeout(() => void connect(), ABSENT_MS)
      return
    }
    containers.use(engine)
    const info = (await engine.call('GET', '/info').catch(() => null)) as { DockerRootDir?: string } | null
    onEngine(engine, info?.DockerRootDir)
    // Events first, so that nothing happens unseen between the list and them.
    const listening = listen(engine)
    await relist(engine)
    relistTimer = setInterval(() => void relist(engine), RELIST_MS)
    void listening.then(() => {
      if (relistTimer) clearInterval(relistTimer)
      engine.close()
      if (!stopped) timer = setTimeout(() => void connect(), RECONNECT_MS)
    })
  }

  return {
    /** Resolves once the containers of the engine, if there is one, are known. */
    start: connect,
    stop() {
      stopped = true
      if (timer) clearTimeout(timer)
      if (relistTimer) clearInterval(relistTimer)
      abort?.abort()
      containers.engine()?.close()
    },
  }
}
