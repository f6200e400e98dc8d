import type { Context } from '../context.ts'
import { DAY_MS } from '../time.ts'
import { holdEvidence, releaseEvidence } from '../usage/evidenceHolds.ts'

/** Reports of whatever is not billed and proven yet. One hold for all: a day's reports stay or go together. */
export const UNSETTLED = 'billing:unsettled'

/** A window's first edge is proven by readings from before it. */
const BEFORE_MS = 5 * DAY_MS
/** An invoice whose evidence is not sealed by then needs a person; until then its reports stay. */
const SEALED_WITHIN_MS = 60 * DAY_MS

/**
 * The job `billing.hold_evidence`: keeps reports from being dropped from the start of the oldest window that is not finalized,
 * or finalized and not sealed. Disputes hold theirs by themselves.
 */
export const holdWindows = async (ctx: Context): Promise<void> => {
  const { now } = ctx
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ fromAt: Date | null }[]>`
      select min(period_start) as from_at from (
        select min(period_start) as period_start from subscription where state <> 'canceled'
        union all
        select min(period_start) from invoice where state = 'draft'
        union all
        select min(i.period_start) from invoice i
        where i.state <> 'draft' and i.finalized_at > ${new Date(now.getTime() - SEALED_WITHIN_MS)}
          and i.key ~ '^(period|final):' and not exists (
            select from invoice_evidence e where e.account_id = i.account_id and e.invoice_id = i.id)
      ) w`
    if (!row?.fromAt) return releaseEvidence(tx, UNSETTLED, now)
    const fromAt = new Date(row.fromAt.getTime() - BEFORE_MS)
    await holdEvidence(tx, { key: UNSETTLED, fromAt, untilAt: null, reason: 'not yet billed, or not yet sealed' }, now)
  })
}
