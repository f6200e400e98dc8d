import type { Sql, Tx } from '#db/client.ts'
import { GAME_POLICIES, type GamePolicy } from '#agents/rules.ts'
import { z } from 'zod'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { addJob } from '../jobs.ts'

/** What an admin decides about acting on abuse, apart from rules. */
export type AbuseSettings = {
  /** Nothing is stopped or throttled for abuse while it is on. */
  holdFire: { on: boolean; reason: string; at: string | null; by: string | null }
  /** Owners that are never acted on. Apps are protected on their own pages. */
  protectedAccounts: string[]
  /** By cluster's name, where it is not `forbidden`. */
  gamePolicy: Record<string, GamePolicy>
  /** Values of the account label that no account has, and under which nothing may run. */
  heldLabels: { label: string; caseId: string; why: string; at: string }[]
}

const stored = z.object({
  holdFire: z.object({ on: z.boolean(), reason: z.string(), at: z.string().nullable(), by: z.string().nullable() }),
  protectedAccounts: z.array(z.string()),
  gamePolicy: z.record(z.string(), z.enum(GAME_POLICIES)),
  heldLabels: z.array(z.object({ label: z.string(), caseId: z.string(), why: z.string(), at: z.string() })).default([]),
})

const KEY = 'abuse'
const DEFAULT: AbuseSettings = {
  holdFire: { on: false, reason: '', at: null, by: null },
  protectedAccounts: [],
  gamePolicy: {},
  heldLabels: [],
}

export const abuseSettings = async (sql: Sql): Promise<AbuseSettings> => {
  const [row] = await sql<{ value: unknown }[]>`select value from setting where key = ${KEY}`
  const read = stored.safeParse(row?.value)
  return read.success ? read.data : DEFAULT
}

/**
 * Changes the settings in the caller's transaction; hosts are given them at once. `reason` is for the audit log. Of two that
 * change them at once neither is lost.
 */
export const editSettings = async (
  tx: Tx,
  ctx: Context,
  edit: (before: AbuseSettings) => AbuseSettings,
  reason: string,
): Promise<AbuseSettings> => {
  await tx`select pg_advisory_xact_lock(hashtext('abuse:settings'))`
  const before = await abuseSettings(tx)
  const after = edit(before)
  await tx`insert into setting (key, value, updated_by, updated_at)
    values (${KEY}, ${JSON.stringify(after)}::text::jsonb, ${labelOf(ctx.actor)}, ${ctx.now})
    on conflict (key) do update set value = excluded.value, updated_by = excluded.updated_by,
      updated_at = excluded.updated_at`
  await audit(tx, ctx, {
    action: 'abuse.settings.change',
    subject: { kind: 'setting', id: KEY },
    before,
    after: { ...after, reason },
  })
  await addJob(tx, 'abuse.publish', {}, { key: 'abuse:publish' })
  return after
}

/** Changes what an admin sets, in a transaction of its own. */
export const changeSettings = async (
  ctx: Context,
  change: Partial<Pick<AbuseSettings, 'protectedAccounts' | 'gamePolicy'>> & { holdFire?: boolean },
  reason: string,
): Promise<AbuseSettings> => {
  const { holdFire: on, ...rest } = change
  const holdFire =
    on === undefined ? {} : { holdFire: { on, reason, at: ctx.now.toISOString(), by: labelOf(ctx.actor) } }
  return ctx.sql.begin((tx) => editSettings(tx, ctx, (before) => ({ ...before, ...rest, ...holdFire }), reason))
}
