import { HOW_TO } from './front.ts'
import { theRegistry } from './running.ts'
import type { Upstream } from './upstream.ts'

/** Whether images can be pushed and pulled now; `text` says in a sentence what is wrong, and is null where nothing is. */
export type Health = { state: 'up' | 'none' | 'down' | 'collecting'; text: string | null }

const ASKED_FOR_MS = 5_000
const ANSWER_WITHIN_MS = 2_000

const answers = (upstream: Upstream): Promise<boolean> =>
  new Promise((resolve) => {
    const ask = upstream.open('GET', '/v2/', {})
    ask.setTimeout(ANSWER_WITHIN_MS, () => ask.destroy())
    ask.once('error', () => resolve(false))
    ask.once('close', () => resolve(false))
    ask.once('response', (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200 || answer.statusCode === 401)
    })
    ask.end()
  })

let asked: { upstream: Upstream; atMs: number; answer: Promise<boolean> } | undefined

/** How the registry of this process is; it is asked once in five seconds at most. */
export const registryHealth = async (): Promise<Health> => {
  const running = theRegistry()
  if (!running) return { state: 'none', text: `${HOW_TO.charAt(0).toUpperCase()}${HOW_TO.slice(1)}.` }
  if (running.gate.isHeld('write'))
    return { state: 'collecting', text: 'Garbage is being collected: pushes and pulls wait until it is over.' }
  const nowMs = performance.now()
  if (asked?.upstream !== running.upstream || nowMs - asked.atMs > ASKED_FOR_MS)
    asked = { upstream: running.upstream, atMs: nowMs, answer: answers(running.upstream) }
  if (await asked.answer) return { state: 'up', text: null }
  return { state: 'down', text: 'The registry does not answer: pushes and pulls fail until it does.' }
}
