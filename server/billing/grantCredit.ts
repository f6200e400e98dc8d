import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { majorText } from '../money.ts'
import { ensureProfile } from './ensureProfile.ts'
import { post, type Book } from './ledger.ts'

/** Credit to give. Promotional is used before tax, prepaid after. `key` states the fact: a repeat is the same grant. */
export type NewGrant = {
  accountId: bigint
  kind: 'prepaid' | 'promotional'
  amountMinor: bigint
  reason: string
  key: string
  /** Lower is used first. */
  priority?: number
  expiresAt?: Date | null
}

/**
 * Gives credit in the caller's transaction. `against` is the book it comes from: `promotion` where it is a gift, `cash` where
 * it was paid for, `receivable` where it was an invoice's money.
 */
export const grantIn = async (
  tx: Tx,
  ctx: Context,
  input: NewGrant & {
    currency?: string
    against: Extract<Book, 'promotion' | 'cash' | 'receivable'>
    invoiceId?: bigint
  },
): Promise<{ id: bigint; isNew: boolean }> => {
  const {
    accountId,
    kind,
    amountMinor,
    reason,
    key,
    priority = 100,
    expiresAt = null,
    against,
    invoiceId = null,
  } = input
  const currency = input.currency ?? (await ensureProfile(tx, ctx, { accountId })).currency
  const [row] = await tx<{ id: bigint }[]>`insert into credit_grant (account_id, kind, currency, amount_minor, priority,
      reason, key, created_by, created_at, expires_at)
    values (${accountId}, ${kind}, ${currency}, ${amountMinor}, ${priority}, ${reason}, ${key}, ${labelOf(ctx.actor)},
      ${ctx.now}, ${expiresAt})
    on conflict (account_id, key) do nothing returning id`
  if (!row) {
    const [before] = await tx<
      { id: bigint }[]
    >`select id from credit_grant where account_id = ${accountId} and key = ${key}`
    return { id: before!.id, isNew: false }
  }
  await post(tx, {
    accountId,
    at: ctx.now,
    kind: 'grant',
    key: `grant:${row.id}`,
    description: reason,
    entries: [
      { book: against, currency, amountMinor, invoiceId },
      { book: `${kind}:${row.id}`, currency, amountMinor: -amountMinor, invoiceId },
    ],
  })
  await audit(tx, ctx, {
    action: 'billing.credit.grant',
    subject: { kind: 'credit_grant', id: row.id },
    accountId,
    after: { kind, amount: `${majorText(amountMinor, currency)} ${currency}`, reason, expiresAt, against },
  })
  return { id: row.id, isNew: true }
}

/**
 * An admin gives credit: a gift, or (`paid`) prepaid credit that was paid for outside an invoice.
 * @throws BAD_REQUEST for nothing or less, a time that is over, or promotional credit that is paid for
 */
export const grantCredit = async (
  ctx: Context,
  input: NewGrant & { paid?: { method: 'transfer' | 'card' | 'other'; reference: string; receivedAt: Date } | null },
): Promise<{ id: bigint; isNew: boolean }> => {
  const { accountId, paid, amountMinor, expiresAt, key } = input
  if (amountMinor <= 0n) throw new DomainError('BAD_REQUEST', 'an amount above nothing', { path: 'amountMinor' })
  if (expiresAt && expiresAt <= ctx.now) throw new DomainError('BAD_REQUEST', 'a time to come', { path: 'expiresAt' })
  if (paid && input.kind === 'promotional')
    throw new DomainError('BAD_REQUEST', 'promotional credit is a gift; paid credit is prepaid', { path: 'kind' })
  return ctx.sql.begin(async (tx) => {
    const { currency } = await ensureProfile(tx, ctx, { accountId })
    const granted = await grantIn(tx, ctx, { ...input, currency, against: paid ? 'cash' : 'promotion' })
    if (paid && granted.isNew)
      await tx`insert into payment (account_id, kind, method, amount_minor, currency, key, reference, received_at, recorded_by)
        values (${accountId}, 'payment', ${paid.method}, ${amountMinor}, ${currency}, ${`grant:${key}`}, ${paid.reference},
          ${paid.receivedAt}, ${labelOf(ctx.actor)}) on conflict (account_id, key) do nothing`
    return granted
  })
}
