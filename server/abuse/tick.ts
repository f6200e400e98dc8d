import type { Context } from '../context.ts'
import { publish } from './bundle.ts'
import { armDue } from './changeRules.ts'
import { decideDue } from './dispute.ts'
import { finishDeletions } from './finishDeletion.ts'
import { enforceLabels } from './holdLabel.ts'
import { relieve } from './relieve.ts'
import { wipeKept } from './wipeKept.ts'

/** A case that was only watched or slowed, and of which nothing was seen for so long, is over. */
const QUIET_DAYS = 7
/** One whose strikes stay is over after a month: they count on, and the next offence opens another case. */
const SETTLED_DAYS = 30
/** Findings that brought no strike are kept as long as reports are. */
const KEEP_DAYS = 100
const DAY_MS = 86_400_000

/** Job `abuse.tick`: everything of abuse that time brings. Each part is harmless to repeat. */
export const tick = async (ctx: Context): Promise<void> => {
  await armDue(ctx)
  await decideDue(ctx)
  await relieve(ctx)
  await finishDeletions(ctx)
  await wipeKept(ctx)
  await enforceLabels(ctx)
  await ctx.sql`update abuse_case set state = 'closed', closed_at = ${ctx.now}, closed_by = 'system', outcome = 'expired',
      reason = 'Nothing was seen for a week'
    where state in ('watched', 'throttled') and last_seen_at < ${new Date(ctx.now.getTime() - QUIET_DAYS * DAY_MS)}`
  await ctx.sql`update abuse_case set state = 'closed', closed_at = ${ctx.now}, closed_by = 'system',
      outcome = 'confirmed', reason = 'Nothing was seen for a month; its strikes count until they expire'
    where state in ('stopped', 'deleted') and last_seen_at < ${new Date(ctx.now.getTime() - SETTLED_DAYS * DAY_MS)}`
  await ctx.sql`delete from abuse_sighting s where s.seen_at < ${new Date(ctx.now.getTime() - KEEP_DAYS * DAY_MS)}
    and not exists (select from abuse_strike k where k.sighting_id = s.id)`
  // Exemptions and disputes end by time too.
  await publish(ctx)
}
