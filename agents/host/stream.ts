import * as http from 'node:http'
import * as https from 'node:https'
import { reason, type Log } from './log.ts'
import { backoffMs } from './policy.ts'
import { signedHeaders, type Moment, type Signer } from './sign.ts'

const PATH = '/v1/agents/stream'
const SILENT_MS = 120_000
const LONGEST_PAUSE_MS = 30_000

/**
 * Listens to `GET /v1/agents/stream` (server-sent events) and calls `onHint` at each event named `commands`, and after
 * each connection. It is only a hint: what counts is fetched. Reconnects until stopped, also from a silent connection.
 */
export const startStream = (options: {
  url: string
  signer: Signer
  moment: () => Moment
  log: Log
  onHint: () => void
}) => {
  const { url, signer, moment, log, onHint } = options
  const target = new URL(PATH.slice(1), url.endsWith('/') ? url : `${url}/`)
  let stopped = false
  let request: http.ClientRequest | null = null
  let timer: NodeJS.Timeout | null = null
  let attempt = 0

  const again = () => {
    if (stopped || timer) return
    const pauseMs = Math.min(LONGEST_PAUSE_MS, 1_000 + backoffMs(attempt++, Math.random()))
    timer = setTimeout(connect, pauseMs)
  }

  const connect = () => {
    timer = null
    const headers = {
      accept: 'text/event-stream',
      ...signedHeaders(signer, moment(), 'GET', PATH, 0, new Uint8Array()),
    }
    request = (target.protocol === 'https:' ? https : http).get(target, { headers, timeout: SILENT_MS }, (message) => {
      if (message.statusCode !== 200) {
        message.resume()
        message.on('close', again)
        return
      }
      attempt = 0
      onHint()
      let rest = ''
      message.setEncoding('utf8')
      message.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = (lines.pop() ?? '').slice(-1_000)
        if (lines.some((line) => /^event:\s*commands\s*$/.test(line))) onHint()
      })
      message.on('close', again)
      message.on('error', (error) => log('info', 'the stream broke', { error: reason(error) }))
    })
    request.on('timeout', () => request?.destroy(new Error('silent')))
    request.on('error', () => again())
  }

  connect()
  return () => {
    stopped = true
    if (timer) clearTimeout(timer)
    request?.destroy()
  }
}
