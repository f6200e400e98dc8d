import type { Sql, Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { FOREVER_HOUR } from '../time.ts'
import { act, type Target } from './act.ts'
import { caseEvent, plain } from './caseEvent.ts'
import { lockOwner } from './openCase.ts'
import { abuseSettings, editSettings } from './settings.ts'

/** What runs under a value of the account label that no account has, where labels are believed. */
const runningUnder = async (sql: Sql, env: { WHARF_LABEL_ACCOUNT: string }, label: string): Promise<Target[]> => {
  const rows = await sql<(Omit<Target, 'epoch'> & { epoch: bigint })[]>`
    select e.host_id, e.epoch, e.object_id as container_id, e.name
    from attribution t
    join epoch e on e.host_id = t.host_id and e.epoch = t.epoch and e.kind = 'container' and e.ended_at is null
    join host h on h.id = e.host_id and h.revoked_at is null
    join cluster c on c.id = h.cluster_id and c.label_trust = 'platform'
    where t.account_id is null and t.until_hour = ${FOREVER_HOUR} and e.labels ->> ${env.WHARF_LABEL_ACCOUNT} = ${label}
      and not exists (select from abuse_sighting s where s.host_id = e.host_id and s.epoch = e.epoch and s.action = 'stopped')
    order by e.host_id, e.epoch`
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch) }))
}

const stopAll = async (tx: Tx, ctx: Context, label: string, caseId: bigint) => {
  for (const one of await runningUnder(tx, ctx.env, label)) {
    await act(tx, ctx, caseId, one, 'stop', { key: 'held', why: 'its label is suspended' })
  }
}

/**
 * Suspends a label that no account has, in the caller's transaction, which holds the owner's lock: all that runs under it is
 * stopped, now and whenever it starts. False where it was suspended before.
 */
export const holdLabel = async (tx: Tx, ctx: Context, label: string, caseId: bigint, why: string): Promise<boolean> => {
  if ((await abuseSettings(tx)).heldLabels.some((held) => held.label === label)) return false
  const held = { label, caseId: String(caseId), why, at: ctx.now.toISOString() }
  const reason = `suspended the label ${plain(label)}: ${why}`
  await editSettings(tx, ctx, (before) => ({ ...before, heldLabels: [...before.heldLabels, held] }), reason)
  await stopAll(tx, ctx, label, caseId)
  return true
}

/** Lets containers run under a label again; whoever owns them starts them. @throws DomainError NOT_FOUND */
export const liftLabel = async (ctx: Context, label: string, reason: string): Promise<void> => {
  const held = (await abuseSettings(ctx.sql)).heldLabels.find((one) => one.label === label)
  if (!held) throw new DomainError('NOT_FOUND', `the label ${plain(label)} is not suspended`)
  await ctx.sql.begin(async (tx) => {
    await lockOwner(tx, label)
    const without = (all: readonly (typeof held)[]) => all.filter((one) => one.label !== label)
    await editSettings(tx, ctx, (before) => ({ ...before, heldLabels: without(before.heldLabels) }), reason)
    await caseEvent(tx, ctx, BigInt(held.caseId), {
      kind: 'lifted',
      words: `The label ${plain(label)} is no longer suspended: ${plain(reason, 300)}`,
    })
  })
}

/** Stops what was started under suspended labels since. */
export const enforceLabels = async (ctx: Context): Promise<void> => {
  const { heldLabels, protectedAccounts } = await abuseSettings(ctx.sql)
  for (const { label, caseId } of heldLabels) {
    if (protectedAccounts.includes(label)) continue
    await ctx.sql.begin(async (tx) => {
      await lockOwner(tx, label)
      await stopAll(tx, ctx, label, BigInt(caseId))
    })
  }
}
