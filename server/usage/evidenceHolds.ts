import type { Sql, Tx } from '#db/client.ts'

/** Reports received in `[fromAt, untilAt)` that must stay; without an end, all from then on. */
export type EvidenceHold = { key: string; fromAt: Date; untilAt: Date | null; reason: string }

/**
 * Keeps the reports of a time from being dropped until `releaseEvidence`. The same key again moves the hold: a fact that
 * needs less, or more, than before.
 */
export const holdEvidence = async (tx: Sql | Tx, hold: EvidenceHold, now: Date): Promise<void> => {
  await tx`insert into evidence_hold (key, from_at, until_at, reason, placed_at)
    values (${hold.key}, ${hold.fromAt}, ${hold.untilAt}, ${hold.reason}, ${now})
    on conflict (key) do update set from_at = excluded.from_at, until_at = excluded.until_at, reason = excluded.reason,
      placed_at = case when evidence_hold.released_at is null then evidence_hold.placed_at else excluded.placed_at end,
      released_at = null
    where (evidence_hold.from_at, evidence_hold.until_at, evidence_hold.reason, evidence_hold.released_at)
      is distinct from (excluded.from_at, excluded.until_at, excluded.reason, null::timestamptz)`
}

/** Lets go of what was held under a key. Safe to repeat. */
export const releaseEvidence = async (tx: Sql | Tx, key: string, now: Date): Promise<void> => {
  await tx`update evidence_hold set released_at = ${now} where key = ${key} and released_at is null`
}

/** Whether reports received in `[from, until)` are held. */
export const isHeld = async (tx: Sql | Tx, from: Date, until: Date): Promise<boolean> => {
  const [row] = await tx`select 1 from evidence_hold where released_at is null and from_at < ${until}
    and (until_at is null or until_at > ${from}) limit 1`
  return row !== undefined
}
