import type { Tx } from '#db/client.ts'
import { labelOf, type Context } from '../context.ts'
import { addJob } from '../jobs.ts'

export const EXEMPT_DAYS = 30
const DAY_MS = 86_400_000

/** Keeps rules from speaking of an owner's executable for `EXEMPT_DAYS`. An image alone cannot be exempted. */
export const exempt = async (
  tx: Tx,
  ctx: Context,
  { owner, digest, rules, reason }: { owner: string; digest: string; rules: readonly string[]; reason: string },
): Promise<void> => {
  if (digest.startsWith('image:')) return
  const untilAt = new Date(ctx.now.getTime() + EXEMPT_DAYS * DAY_MS)
  for (const rule of new Set(rules)) {
    await tx`insert into abuse_exemption (owner, exe_sha256, rule_id, until_at, reason, created_by, created_at)
      values (${owner}, ${digest}, ${rule}, ${untilAt}, ${reason}, ${labelOf(ctx.actor)}, ${ctx.now})
      on conflict (owner, exe_sha256, rule_id) do update set until_at = greatest(abuse_exemption.until_at, excluded.until_at),
        reason = excluded.reason, created_by = excluded.created_by`
  }
  await addJob(tx, 'abuse.publish', {}, { key: 'abuse:publish' })
}
