import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { majorText } from '../money.ts'
import type { Window } from '../time.ts'
import { ensureProfile } from './ensureProfile.ts'
import type { PendingAdjustment } from './invoiceInputs.ts'
import { asJson } from './invoiceSql.ts'

export type AdjustmentKind = PendingAdjustment['kind']
/** A correction before tax; negative is in the customer's favour. `key` states the fact: a repeat is the same one. */
export type NewAdjustment = {
  accountId: bigint
  kind: AdjustmentKind
  key: string
  description: string
  amountMinor: bigint
  service: Window
  /** What it stands on, for whoever decides and for the customer. */
  evidence: unknown
}

/**
 * Proposes an adjustment: an admin decides. `approved` is for what a rule decides. In the caller's transaction.
 * Returns its id, and whether it is new.
 */
export const proposeIn = async (
  tx: Tx,
  ctx: Context,
  input: NewAdjustment & { currency?: string; approved?: { by: string; decision: string } },
): Promise<{ id: bigint; isNew: boolean }> => {
  const { accountId, kind, key, description, amountMinor, service, evidence, approved } = input
  const currency = input.currency ?? (await ensureProfile(tx, ctx, { accountId })).currency
  const state = approved ? 'approved' : 'proposed'
  const [row] = await tx<{ id: bigint }[]>`insert into adjustment (account_id, kind, state, key, description, currency,
      amount_minor, service_start, service_end, evidence, created_by, created_at, decided_by, decided_at, decision)
    values (${accountId}, ${kind}, ${state}, ${key}, ${description}, ${currency}, ${amountMinor}, ${service.start},
      ${service.end}, ${asJson(evidence)}::text::jsonb, ${labelOf(ctx.actor)}, ${ctx.now}, ${approved?.by ?? null},
      ${approved ? ctx.now : null}, ${approved?.decision ?? null})
    on conflict (account_id, key) do nothing returning id`
  if (!row) {
    const [before] = await tx<
      { id: bigint }[]
    >`select id from adjustment where account_id = ${accountId} and key = ${key}`
    return { id: before!.id, isNew: false }
  }
  await audit(tx, ctx, {
    action: approved ? 'billing.adjustment.approve' : 'billing.adjustment.propose',
    subject: { kind: 'adjustment', id: row.id },
    accountId,
    after: { kind, key, description, amountMinor, currency, state },
  })
  return { id: row.id, isNew: true }
}

/**
 * Proposes an adjustment by hand or for a hijack. Whoever proposed it may also approve it, each with a record.
 * @throws BAD_REQUEST for nothing
 */
export const proposeAdjustment = async (
  ctx: Context,
  input: NewAdjustment,
): Promise<{ id: bigint; isNew: boolean }> => {
  if (input.amountMinor === 0n)
    throw new DomainError('BAD_REQUEST', 'an amount other than nothing', { path: 'amountMinor' })
  return ctx.sql.begin((tx) => proposeIn(tx, ctx, input))
}

/**
 * Decides a proposed adjustment: approved, the account's next invoice takes it.
 * @throws NOT_FOUND; CONFLICT where it was decided before
 */
export const decideAdjustment = async (
  ctx: Context,
  input: { accountId: bigint; adjustmentId: bigint; approve: boolean; decision: string },
): Promise<void> => {
  const { accountId, adjustmentId: id, approve, decision } = input
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ kind: string; amountMinor: bigint; currency: string }[]>`
      update adjustment set state = ${approve ? 'approved' : 'rejected'}, decided_by = ${labelOf(ctx.actor)},
        decided_at = ${ctx.now}, decision = ${decision}
      where account_id = ${accountId} and id = ${id} and state = 'proposed' returning kind, amount_minor, currency`
    if (!row) {
      const [is] = await tx<{ state: string; decidedBy: string | null }[]>`
        select state, decided_by from adjustment where account_id = ${accountId} and id = ${id}`
      if (!is) throw new DomainError('NOT_FOUND', `no adjustment ${id}`)
      throw new DomainError('CONFLICT', `this adjustment is ${is.state} already, by ${is.decidedBy ?? 'a rule'}`)
    }
    await audit(tx, ctx, {
      action: approve ? 'billing.adjustment.approve' : 'billing.adjustment.reject',
      subject: { kind: 'adjustment', id },
      accountId,
      before: { state: 'proposed' },
      after: { decision, kind: row.kind, amount: `${majorText(row.amountMinor, row.currency)} ${row.currency}` },
    })
  })
}
