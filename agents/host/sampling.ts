import type { HostReading, MinuteBlock } from '#agents/protocol.ts'
import type { Ledger } from './ledger.ts'
import { minuteEdges, pruned, totalsAt, type Point } from './minutes.ts'
import type { Draft } from './report.ts'
import type { Time } from './time.ts'

export type Sampling = ReturnType<typeof createSampling>

/**
 * Turns samples into minutes. `readContainers` puts readings into the ledger, `readHost` gives the host's own;
 * `lastEdgeMonoMs` is the end of the last minute that stands in a draft or report.
 */
export const createSampling = (options: {
  ledger: Ledger
  time: Time
  draft: () => Draft
  lastEdgeMonoMs: number
  readContainers: () => void
  readHost: () => HostReading
}) => {
  const { ledger, time, draft, readContainers, readHost } = options
  let { lastEdgeMonoMs } = options
  let hostPoints: Point[] = []

  return {
    lastEdgeMonoMs: () => lastEdgeMonoMs,

    /** Reads everything once; what minutes ended since become blocks, with `partial` also the one begun. */
    sample(partial = false): boolean {
      readContainers()
      const now = time.mono()
      const host = readHost()
      hostPoints.push({ monoMs: now, totals: [host.cpuUs, host.rxBytes, host.txBytes] })
      const edges = minuteEdges(lastEdgeMonoMs, now, time.anchor().anchorMs)
      if (partial && now > lastEdgeMonoMs && edges.at(-1) !== now) edges.push(now)
      for (const edgeMonoMs of edges) {
        const block: MinuteBlock = { edgeMonoMs, rows: ledger.block(edgeMonoMs) }
        // Minutes from before the first sample are a gap: containers' totals bridge it, the host's gauges do not.
        if (edgeMonoMs >= (hostPoints[0]?.monoMs ?? Infinity)) {
          const [cpuUs = host.cpuUs, rxBytes = host.rxBytes, txBytes = host.txBytes] =
            totalsAt(hostPoints, edgeMonoMs) ?? []
          block.host = { ...host, cpuUs, rxBytes, txBytes }
        }
        hostPoints = pruned(hostPoints, edgeMonoMs)
        draft().minutes.push(block)
        lastEdgeMonoMs = edgeMonoMs
      }
      return edges.length > 0
    },
  }
}
