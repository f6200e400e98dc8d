import type { ServerResponse } from 'node:http'
import type { Pool } from '#db/client.ts'
import { log } from '../log.ts'
import type { Live } from '../live.ts'
import { isAwaited } from './deliver.ts'
import type { HostKeys } from './keys.ts'

const KEEP_ALIVE_MS = 15_000

/** The open streams of this process, one a host: the newest. */
export type Streams = { open(hostId: number, keyId: number, res: ServerResponse): void; close(): void }

/**
 * Server-sent events to agents: `commands` when a command waits to be fetched, `rules` when there are new ones. Only a hint, for agents also poll.
 * A stream ends when its host or key is revoked, and when the host opens another.
 */
export const createStreams = ({ sql, live, keys }: { sql: Pool; live: Live; keys: HostKeys }): Streams => {
  const ends = new Map<number, () => void>()

  const hint = async (hostId: number, res: ServerResponse) => {
    if (await isAwaited({ sql }, hostId)) res.write('event: commands\ndata: {}\n\n')
  }

  const stillStands = async (hostId: number, keyId: number): Promise<boolean> => {
    const host = await keys.get(hostId)
    const key = host?.keys.find((one) => one.keyId === keyId)
    return host !== undefined && !host.revoked && key !== undefined && (key.revokedAtMs ?? Infinity) > Date.now()
  }

  return {
    open(hostId, keyId, res) {
      ends.get(hostId)?.()
      res.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // Proxies like nginx would hold events back.
        'x-accel-buffering': 'no',
      })
      res.write(': open\n\n')
      const end = () => {
        clearInterval(timer)
        unlisten()
        if (ends.get(hostId) === end) ends.delete(hostId)
        res.end()
      }
      const look = async (topic: string) => {
        if (!topic.startsWith('command') && !(await stillStands(hostId, keyId))) return end()
        if (topic === 'rules' || topic === '*') res.write('event: rules\ndata: {}\n\n')
        if (!topic.startsWith('host') && topic !== 'rules') await hint(hostId, res)
      }
      // A database that is away costs only the hint: after it is back, `live` says "look again" (`*`).
      const quietly = (topic: string) =>
        void look(topic).catch((error: unknown) => log.info({ err: error, hostId }, 'stream could not look'))
      const unlisten = live.on([`command:${hostId}`, `host:${hostId}`, 'rules'], quietly)
      const timer = setInterval(() => {
        res.write(': keep-alive\n\n')
        quietly(`host:${hostId}`)
      }, KEEP_ALIVE_MS)
      ends.set(hostId, end)
      res.once('close', end)
      quietly('*')
    },
    close: () => {
      for (const end of ends.values()) end()
    },
  }
}
