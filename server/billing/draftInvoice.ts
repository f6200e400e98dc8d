import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { DAY_MS, type Window } from '../time.ts'
import type { Driver, InvoiceRef } from './collector.ts'
import { composeInvoice } from './composeInvoice.ts'
import { lockDrafts } from './draftSql.ts'
import { ensureProfile } from './ensureProfile.ts'
import { gatherInputs } from './gatherInputs.ts'
import { insertLines, storeComputed, updateDrafts } from './invoiceSql.ts'
import type { RatedLine } from './rated.ts'

/** How long a draft waits for the hosts' reports at most. */
export const WAIT_MS = DAY_MS

/**
 * A draft to make. `key` states the fact it bills: `period:SUBSCRIPTION:START` or `final:SUBSCRIPTION` also bill that
 * period's usage in arrears and what came late, `late:SUBSCRIPTION:DAY` what came late, any other key only the lines it is
 * given.
 */
export type NewDraft = {
  accountId: bigint
  subscriptionId: bigint | null
  period: Window
  key: string
  driver: Driver
  /** What is not computed: the next interval's advance prices, a change of plan. */
  lines?: readonly RatedLine[]
}

/**
 * Makes the draft of a closed period. It waits for the hosts' reports, at most a day, and is computed when it is finalized.
 * Made again with its key it is the same invoice. Returns its id.
 */
export const draftInvoice = async (tx: Tx, ctx: Context, draft: NewDraft): Promise<bigint> => {
  const { accountId } = draft
  await ensureProfile(tx, ctx, { accountId })
  const [made] = await insertDrafts(tx, [draft], ctx.now)
  if (made) {
    await audit(tx, ctx, {
      action: 'billing.invoice.draft',
      subject: { kind: 'invoice', id: made.id },
      accountId,
      after: { key: draft.key, period: draft.period, driver: draft.driver },
    })
    return made.id
  }
  const [before] = await tx<
    { id: bigint }[]
  >`select id from invoice where account_id = ${accountId} and key = ${draft.key}`
  if (!before) throw new DomainError('NOT_FOUND', `no account ${accountId}`)
  return before.id
}

/** Writes drafts of accounts that have a billing profile; returns those that are new. */
export const insertDrafts = async (
  tx: Tx,
  drafts: readonly NewDraft[],
  now: Date,
): Promise<{ accountId: bigint; id: bigint; key: string }[]> => {
  const rows = drafts.map(({ accountId, subscriptionId, period, key, driver }) => ({
    a: String(accountId),
    b: subscriptionId === null ? null : String(subscriptionId),
    s: period.start,
    e: period.end,
    k: key,
    d: driver,
    w: new Date(period.end.getTime() + WAIT_MS),
  }))
  const made = await tx<{ accountId: bigint; id: bigint; key: string }[]>`
    insert into invoice (account_id, entity_id, subscription_id, driver, state, key, currency, period_start, period_end,
      created_at, finalize_after)
    select x.a, p.entity_id, x.b, x.d, 'draft', x.k, p.currency, x.s, x.e, ${now}, x.w
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as x (a bigint, b bigint, s timestamptz, e timestamptz, k text, d text, w timestamptz)
    join billing_profile p on p.account_id = x.a
    on conflict (account_id, key) do nothing returning account_id, id, key`
  const byKey = new Map(drafts.map((draft) => [`${draft.accountId} ${draft.key}`, draft]))
  await insertLines(
    tx,
    made.map(({ accountId, id, key }) => ({
      accountId,
      invoiceId: id,
      lines: (byKey.get(`${accountId} ${key}`)?.lines ?? []).map((line) => ({ ...line, adjustmentId: null })),
    })),
  )
  return made
}

/**
 * Computes a draft anew by what is known now, stores its lines and inputs and has it hold its adjustments; `stripe` adds
 * these lines to its own invoice. @throws CONFLICT where it is no draft any more
 */
export const computeDraft = async (tx: Tx, ctx: Context, invoice: InvoiceRef): Promise<void> => {
  const [draft] = await lockDrafts(tx, [invoice], true)
  if (!draft) throw new DomainError('CONFLICT', 'this invoice is no draft any more; its lines stand')
  const [inputs] = await gatherInputs(tx, [draft], ctx.now, { lock: true })
  const computed = [{ draft, inputs: inputs!, composed: composeInvoice(inputs!) }]
  await storeComputed(tx, computed)
  await updateDrafts(tx, computed)
}

/** Computes a draft of Stripe's driver and hands it over to be invoiced there. */
export const handOver = async (tx: Tx, ctx: Context, invoice: InvoiceRef): Promise<void> => {
  await computeDraft(tx, ctx, invoice)
  await addJob(tx, 'billing.collect', {
    accountId: String(invoice.accountId),
    invoiceId: String(invoice.invoiceId),
    event: 'drafted',
  })
}
