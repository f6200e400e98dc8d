import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { MOST_EXCERPT, type Observation } from '#agents/rules.ts'
import { flowsIn } from './packets.ts'
import { findWords, isConversation, noWords } from './stratum.ts'

const LISTEN_MS = 5_000
const KILL_MS = 1_000
const MOST_BYTES = 512 * 1024
const MOST_PACKETS = 300
const SNAP_BYTES = 2_048
/** Packets that carry nothing are smaller, whatever the link. */
const FILTER = 'tcp and greater 90'
const HTTP = /^(GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH) |^HTTP\//

const found = (path: string, name: string): string | null => {
  for (const folder of path.split(delimiter).filter((part) => part.startsWith('/'))) {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return join(folder, name)
    } catch {
      // Not in this one.
    }
  }
  return null
}

const unavailable = (why: string): Observation => ({
  signal: 'wire.stratum',
  value: 'unavailable',
  heldS: 0,
  excerpt: why.slice(0, MOST_EXCERPT),
})

/** Stratum in cleartext in a capture: its messages; null where there is no conversation. Pages about it are none. */
export const heardIn = (capture: Buffer): Observation | null => {
  const flows = flowsIn(capture)
  if (!flows) return unavailable('the capture cannot be read')
  const words = noWords()
  for (const { bytes } of flows) {
    if (!HTTP.test(bytes.toString('latin1', 0, 8))) findWords(bytes, words, { nowMonoMs: 0, isFixed: false })
  }
  if (!isConversation(words)) return null
  const excerpt = words.excerpt.slice(0, MOST_EXCERPT)
  return { signal: 'wire.stratum', value: excerpt.slice(0, 200), heldS: 0, excerpt }
}

/** Runs until it ends, has given enough, or has taken too long. Never rejects. */
const gather = (command: string, args: string[], listenMs: number) =>
  new Promise<{ output: Buffer; failed: boolean; words: string }>((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const pieces: Buffer[] = []
    let length = 0
    let words = ''
    const late = setTimeout(() => child.kill('SIGTERM'), listenMs)
    const tooLate = setTimeout(() => child.kill('SIGKILL'), listenMs + KILL_MS)
    const end = (failed: boolean) => {
      clearTimeout(late)
      clearTimeout(tooLate)
      resolve({ output: Buffer.concat(pieces), failed, words })
    }
    child.stdout.on('data', (piece: Buffer) => {
      if (length < MOST_BYTES) pieces.push(piece)
      length += piece.length
      if (length >= MOST_BYTES) child.kill('SIGTERM')
    })
    child.stderr.on('data', (piece: Buffer) => (words = (words + piece.toString('latin1')).slice(0, MOST_EXCERPT)))
    child.on('error', (error) => {
      words = error.message
      end(true)
    })
    child.on('close', (code, signal) => end(signal === null && code !== 0))
  })

/**
 * Listens for stratum in cleartext in the network of a suspect, for five seconds, where the host has tcpdump and nsenter
 * (looked for on `path`, once). Where it has not, or they do not work, what is seen says "unavailable" and why.
 */
export const createCaptures = (path = process.env['PATH'] ?? '', listenMs = LISTEN_MS) => {
  let tools: { nsenter: string; tcpdump: string } | string | null = null
  let busy = false

  const find = () => {
    const [nsenter, tcpdump] = [found(path, 'nsenter'), found(path, 'tcpdump')]
    if (nsenter && tcpdump) return { nsenter, tcpdump }
    return `${tcpdump ? 'nsenter' : 'tcpdump'} is not on this host`
  }

  return {
    /** Undefined while another capture is under way. Never rejects; null where nothing was heard. */
    listen(pid: number): Promise<Observation | null> | undefined {
      if (busy) return undefined
      tools ??= find()
      if (typeof tools === 'string') return Promise.resolve(unavailable(tools))
      busy = true
      const { nsenter, tcpdump } = tools
      // It only writes down what it sees: as root it needs no user of its own, nor the right to become one.
      const how = [
        '-Z',
        'root',
        '-i',
        'any',
        '-nn',
        '-U',
        '-s',
        String(SNAP_BYTES),
        '-c',
        String(MOST_PACKETS),
        '-w',
        '-',
        FILTER,
      ]
      return gather(nsenter, ['-t', String(pid), '-n', '--', tcpdump, ...how], listenMs)
        .then(({ output, failed, words }) =>
          failed || output.length === 0 ? unavailable(words || 'it gave nothing') : heardIn(output),
        )
        .catch((error: unknown) => unavailable(String(error)))
        .finally(() => (busy = false))
    },
  }
}
