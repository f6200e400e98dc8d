import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import type { Outcome } from './channel.ts'
import type { Taken } from './deliverySql.ts'
import { waitBefore } from './retryDelivery.ts'

/** What went out a moment ago may not be listed yet. */
const LOOK_AFTER_MS = 5_000
/** How often whether it landed is asked before a person has to look. */
const MOST_LOOKS = 6

/**
 * Records a try and where the delivery then stands. A try that came back after it was given up as interrupted is recorded
 * all the same, unless somebody went on meanwhile.
 */
export const recordOutcome = async (
  tx: Tx,
  { now }: Context,
  taken: Taken,
  outcome: Outcome,
  { tookMs, canAsk }: { tookMs: number; canAsk: boolean },
): Promise<void> => {
  const detail = outcome.kind === 'delivered' ? (outcome.receipt.url ?? outcome.receipt.id) : outcome.reason
  await tx`insert into delivery_attempt (delivery_id, number, at, outcome, detail, took_ms)
    values (${taken.id}, ${taken.attempts}, ${taken.takenAt}, ${outcome.kind}, ${detail}, ${tookMs})
    on conflict do nothing`
  const next = standing(taken, outcome, now, canAsk)
  await tx`update delivery set state = ${next.state}, next_at = ${next.at},
      receipt = coalesce(${outcome.kind === 'delivered' ? JSON.stringify(outcome.receipt) : null}::text::jsonb, receipt),
      last_error = ${outcome.kind === 'delivered' ? null : outcome.reason},
      accepted_at = ${outcome.kind === 'delivered' ? now : null}
    where id = ${taken.id} and attempts = ${taken.attempts} and state in ('sending', 'unknown')`
  await noteHealth(tx, taken, outcome, now)
}

const standing = (taken: Taken, outcome: Outcome, now: Date, canAsk: boolean): { state: string; at: Date | null } => {
  const after = (ms: number | null) => (ms === null ? null : new Date(now.getTime() + ms))
  switch (outcome.kind) {
    case 'delivered':
    case 'permanent':
      return { state: outcome.kind, at: null }
    case 'retryable': {
      const ageMs = now.getTime() - taken.createdAt.getTime()
      const at = after(waitBefore({ attempts: taken.attempts, ageMs, asked: outcome.waitMs }, Math.random()))
      return at ? { state: 'retryable', at } : { state: 'permanent', at: null }
    }
    case 'unknown':
      return {
        state: 'unknown',
        at: canAsk && taken.attempts <= MOST_LOOKS ? after(LOOK_AFTER_MS * taken.attempts) : null,
      }
  }
}

const noteHealth = async (tx: Tx, { target }: Taken, outcome: Outcome, now: Date): Promise<void> => {
  const id = target.slice('channel:'.length)
  const health =
    outcome.kind === 'delivered'
      ? 'ok'
      : outcome.kind === 'permanent' && outcome.unauthorized
        ? 'unauthorized'
        : 'failing'
  const detail = outcome.kind === 'delivered' ? null : outcome.reason
  const waitUntil =
    outcome.kind === 'retryable' && outcome.waitMs !== undefined ? new Date(now.getTime() + outcome.waitMs) : null
  await tx`update channel set health_detail = ${detail}, wait_until = greatest(wait_until, ${waitUntil}::timestamptz),
      health_at = case when health = ${health} then health_at else ${now}::timestamptz end, health = ${health}
    where id = ${id}`
}
