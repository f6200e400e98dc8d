import type { Report, RequestIdentity } from '#agents/protocol.ts'
import { MINUTE_MS } from '../time.ts'

/** An agent's clock may be so far ahead of ours: drift. */
const TOLERANCE_MS = 2_000
/** A request may have been so long on its way, or the boot's anchor be so far from what was first measured. */
const DELAY_MS = 30_000
/** A minute's end may look this late by our clock and still be that minute's. */
const EDGE_SLACK_MS = 5_000

/** Wall time of a boot's monotonic zero, who says so, and how wrong the host's wall clock is. */
export type Anchor = { anchorMs: number; source: 'server' | 'agent'; skewMs: number }

/**
 * Where a report's monotonic readings stand in time. For the boot that sent it we measure: our time less its monotonic
 * time, which is late by as much as the request was on its way. The agent steers by our answers with the delay taken
 * out, so what it signed is taken where a delay explains the difference, or `known` agrees. For an earlier boot `known`
 * is what was measured while it lived; a boot that never spoke to us is believed.
 */
export const anchorOf = (report: Report, sent: RequestIdentity, known: number | undefined, nowMs: number): Anchor => {
  const { clock } = report
  const skewFrom = (anchorMs: number) => clock.wallMs - clock.monoMs - anchorMs
  if (report.bootId === sent.bootId) {
    const measured = nowMs - sent.monoMs
    const signed = sent.timeMs - sent.monoMs
    const delayed = signed <= measured + TOLERANCE_MS && signed >= measured - DELAY_MS
    const agrees = known !== undefined && Math.abs(signed - known) <= DELAY_MS && signed <= measured + TOLERANCE_MS
    const anchorMs = delayed || agrees ? signed : measured
    return { anchorMs, source: 'server', skewMs: skewFrom(anchorMs) }
  }
  const anchorMs = known ?? Math.min(clock.anchorMs, nowMs - clock.monoMs)
  return { anchorMs, source: known === undefined ? 'agent' : 'server', skewMs: skewFrom(anchorMs) }
}

/** The minute a block belongs to: the one that ends at (or holds) its edge. */
export const minuteOfEdge = (edgeMonoMs: number, anchorMs: number): number =>
  Math.ceil((anchorMs + edgeMonoMs - EDGE_SLACK_MS) / MINUTE_MS) - 1
