import type { Exchange } from '../http.ts'

const SWEEP_MS = 2_000
const STALL_MS = 60_000

/** One request under way. */
export type Watch = { onStall(act: () => void): void; end(): void }

/**
 * Counts the bytes on the wire of requests while they pass (a long one is counted as it goes), and ends those whose
 * client has neither sent nor taken a byte for a minute that was its turn.
 */
export const watchExchanges = (stallMs = STALL_MS, sweepMs = SWEEP_MS) => {
  const all = new Set<{ look(nowMs: number): void }>()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    for (const one of all) one.look(nowMs)
  }, sweepMs)
  timer.unref()

  const begin = ({ req, res }: Exchange, count: (sent: number, taken: number) => void): Watch => {
    const { socket } = req
    let sent = socket.bytesWritten
    let taken = socket.bytesRead
    let movedAtMs = performance.now()
    let act = () => {}
    const add = () => {
      // What waits in our own buffer has not left.
      const nowSent = socket.bytesWritten - socket.writableLength
      const nowTaken = socket.bytesRead
      if (nowSent > sent || nowTaken > taken) movedAtMs = performance.now()
      count(Math.max(0, nowSent - sent), Math.max(0, nowTaken - taken))
      sent = Math.max(sent, nowSent)
      taken = Math.max(taken, nowTaken)
    }
    const one = {
      look(nowMs: number) {
        add()
        const isClients = !req.complete || res.writableNeedDrain || socket.writableLength > 0
        if (!isClients) movedAtMs = nowMs
        if (nowMs - movedAtMs < stallMs) return
        act()
        socket.destroy()
      },
    }
    all.add(one)
    return {
      onStall(stalled) {
        act = stalled
      },
      end() {
        all.delete(one)
        add()
      },
    }
  }
  return { begin, close: () => clearInterval(timer) }
}
