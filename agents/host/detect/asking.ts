import type { Observation } from '#agents/rules.ts'
import { askBedrock, askMinecraft, askSource } from './answers.ts'
import { listening } from './sockets.ts'
import type { Sockets } from './watched.ts'

const AGAIN_MS = 30 * 60_000
/** A server that was busy when it was first asked is asked once more. */
const ONCE_MORE_MS = 20_000
/** A program that takes one connection and ends would be given ours in place of its client's. */
const SETTLED_MS = 10_000
const MOST_PORTS = 64
const MOST_WAITING = 4

const NEVER = Number.POSITIVE_INFINITY

/**
 * Asks a container's own listening ports, on its own address, whether a game server answers: each port once it has listened
 * for a while, and again every half hour. Nobody else is ever asked. `observations` has the answers that came; `onAnswer` is
 * called when one has.
 */
export const createAsking = (onAnswer: () => void = () => {}) => {
  const asked = new Map<string, { monoMs: number; times: number }>()
  let since = new Map<string, number>()
  const answers = new Map<string, Observation>()
  let waiting = 0

  const note = async (key: string, signal: Observation['signal'], question: Promise<string | null>) => {
    waiting++
    try {
      const answer = await question
      if (answer === null) answers.delete(`${key} ${signal}`)
      else {
        const value = `${key.slice(key.indexOf(' ') + 1)} ${answer}`.slice(0, 200)
        answers.set(`${key} ${signal}`, { signal, value, heldS: 0, excerpt: answer.slice(0, 300) })
        onAnswer()
      }
    } finally {
      waiting--
    }
  }

  return {
    /** Starts what is to be asked now; the answers come later. */
    ask(addresses: readonly string[], { tcp, udp }: Sockets, now: number) {
      const [address] = addresses
      if (address === undefined) return
      const isOpen = ({ localAddress }: { localAddress: string }) => !/^(127\.|0:0:0:0:0:0:0:1$)/.test(localAddress)
      const ports = (sockets: Sockets['tcp']) =>
        [...new Set(sockets.filter(isOpen).map(({ localPort }) => localPort))].slice(0, MOST_PORTS)
      const open = [
        ...ports(listening(tcp)).map((port) => ({ key: `tcp ${port}`, kind: 'tcp', port })),
        // A datagram socket that has not named its partner listens.
        ...ports(udp.filter((socket) => socket.port === 0)).map((port) => ({ key: `udp ${port}`, kind: 'udp', port })),
      ]
      since = new Map(open.map(({ key }) => [key, since.get(key) ?? now]))
      const due = (key: string) => {
        if (now - (since.get(key) ?? now) < SETTLED_MS) return false
        const { monoMs, times } = asked.get(key) ?? { monoMs: Number.NEGATIVE_INFINITY, times: 0 }
        if (waiting >= MOST_WAITING || now - monoMs < (times === 1 ? ONCE_MORE_MS : AGAIN_MS)) return false
        asked.set(key, { monoMs: now, times: times + 1 })
        return true
      }
      for (const { key, kind, port } of open) {
        if (!due(key)) continue
        if (kind === 'tcp') void note(key, 'game.minecraft_ping', askMinecraft(address, port))
        else {
          void note(key, 'game.bedrock_ping', askBedrock(address, port))
          void note(key, 'game.a2s', askSource(address, port))
        }
      }
    },
    /** When the next port that was not asked yet has listened long enough; Infinity where none waits. */
    dueMonoMs: (): number =>
      [...since].reduce((due, [key, ms]) => (asked.has(key) ? due : Math.min(due, ms + SETTLED_MS)), NEVER),
    observations: (): Observation[] => [...answers.values()],
  }
}
