import type { Finding } from '#agents/protocol.ts'
import type { Api } from './api.ts'
import { reason, type Log } from './log.ts'

const MOST = 1_000

/** Tells findings until they are acknowledged; their ids make a repeat harmless. `save` keeps them over a restart. */
export const createFindings = (options: { api: Api; log: Log; saved: Finding[]; save: () => void }) => {
  const { api, log, save } = options
  let waiting = options.saved
  let telling = false

  const tell = async () => {
    if (telling || waiting.length === 0) return
    telling = true
    const sent = waiting
    try {
      const answer = await api('POST', '/v1/findings', { body: Buffer.from(JSON.stringify({ findings: sent })) })
      const taken = answer.status >= 200 && answer.status < 300
      if (!taken) log('warn', 'findings were not taken', { status: answer.status })
      // A 400 or 422 will never be taken; everything else may be later.
      if (taken || answer.status === 400 || answer.status === 422) {
        waiting = waiting.filter((finding) => !sent.includes(finding))
        save()
      }
    } catch (error) {
      log('info', 'findings wait', { error: reason(error) })
    } finally {
      telling = false
    }
  }

  return {
    saved: () => waiting,
    add(finding: Finding) {
      if (waiting.some(({ id }) => id === finding.id)) return
      waiting = [...waiting, finding].slice(-MOST)
      save()
      void tell()
    },
    /** Tries again what waits. Never rejects. */
    tell,
  }
}
