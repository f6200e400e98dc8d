import type { Tx } from '#db/client.ts'
import { nextTry } from '../../notices/retry.ts'
import type { Outcome } from '../channel.ts'
import { waitBefore } from '../retryDelivery.ts'
import type { SubscriberKind } from './address.ts'
import type { TakenForOne } from './takeForSubscribers.ts'

/** What went out a moment ago may not be listed yet. */
const LOOK_AFTER_MS = 5_000
const MOST_LOOKS = 6

/** How a try for a subscriber or customer ended. `isGone`: nothing more shall be sent there. */
export type Told = { taken: TakenForOne; outcome: Outcome; tookMs: number; isGone?: boolean }

/** Records tries and where the deliveries then stand, all at once; addresses that came back are told nothing more. */
export const recordFor = async (tx: Tx, kind: SubscriberKind, tries: readonly Told[], now: Date): Promise<void> => {
  if (tries.length === 0) return
  const rows = tries.map(({ taken, outcome, tookMs }) => ({
    id: String(taken.id),
    attempts: taken.attempts,
    at: taken.takenAt,
    outcome: outcome.kind,
    detail: outcome.kind === 'delivered' ? (outcome.receipt.url ?? outcome.receipt.id) : outcome.reason,
    took: tookMs,
    receipt: outcome.kind === 'delivered' ? outcome.receipt : null,
    ...standing(kind, taken, outcome, now),
  }))
  await tx`
    with r as (select * from json_to_recordset(${JSON.stringify(rows)}::text::json) as r (id bigint, attempts int,
        at timestamptz, outcome text, detail text, took int, receipt jsonb, state text, next timestamptz)),
    noted as (insert into delivery_attempt (delivery_id, number, at, outcome, detail, took_ms)
      select id, attempts, at, outcome, detail, took from r on conflict do nothing)
    update delivery d set state = r.state, next_at = r.next, receipt = coalesce(r.receipt, d.receipt),
      last_error = case when r.outcome = 'delivered' then null else r.detail end,
      accepted_at = case when r.outcome = 'delivered' then ${now}::timestamptz end
    from r where d.id = r.id and d.attempts = r.attempts and d.state in ('sending', 'unknown')`
  const gone = tries.flatMap(({ taken, outcome, isGone }) =>
    isGone && outcome.kind === 'permanent' && taken.subscriberId !== null
      ? [{ id: String(taken.subscriberId), reason: outcome.reason }]
      : [],
  )
  if (gone.length > 0)
    await tx`update subscriber s set quarantined_at = coalesce(s.quarantined_at, ${now}), quarantine_reason = g.reason,
        bounces = s.bounces + 1
      from json_to_recordset(${JSON.stringify(gone)}::text::json) as g (id bigint, reason text) where s.id = g.id`
}

const standing = (
  kind: SubscriberKind,
  { attempts, createdAt, settings }: TakenForOne,
  outcome: Outcome,
  now: Date,
): { state: string; next: Date | null } => {
  // Only Slack's own API can be asked whether it has a message.
  if (outcome.kind === 'unknown' && settings['by'] === 'token' && attempts <= MOST_LOOKS)
    return { state: 'unknown', next: new Date(now.getTime() + LOOK_AFTER_MS * attempts) }
  if (outcome.kind !== 'retryable') return { state: outcome.kind, next: null }
  const next =
    kind === 'webhook' ? nextTry(attempts, now, Math.random()) : after(attempts, createdAt, outcome.waitMs, now)
  return next ? { state: 'retryable', next } : { state: 'permanent', next: null }
}

const after = (attempts: number, createdAt: Date, asked: number | undefined, now: Date): Date | null => {
  const ms = waitBefore({ attempts, ageMs: now.getTime() - createdAt.getTime(), asked }, Math.random())
  return ms === null ? null : new Date(now.getTime() + ms)
}
