import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { majorText } from '../money.ts'
import { creditsOf } from './creditSql.ts'
import { post } from './ledger.ts'
import type { PaymentMethod } from './recordPayment.ts'

/**
 * Records that prepaid credit which is left went back as money. `key` states the fact: a repeat is the same refund.
 * @throws BAD_REQUEST for nothing or less; NOT_FOUND; UNPROCESSABLE beyond what is left, or where it is promotional
 */
export const refundCredit = async (
  ctx: Context,
  back: {
    accountId: bigint
    grantId: bigint
    amountMinor: bigint
    method: PaymentMethod
    key: string
    reference: string
    receivedAt: Date
  },
): Promise<{ recorded: boolean; leftMinor: bigint }> =>
  ctx.sql.begin(async (tx) => {
    const { accountId, grantId, amountMinor, method, key, reference, receivedAt } = back
    if (amountMinor <= 0n) throw new DomainError('BAD_REQUEST', 'an amount above nothing', { path: 'amountMinor' })
    // Whoever uses credit holds this row.
    await tx`select 1 from billing_profile where account_id = ${accountId} for no key update`
    const grant = (await creditsOf(tx, accountId)).find((one) => one.id === grantId)
    if (!grant) throw new DomainError('NOT_FOUND', `no credit ${grantId}`)
    const { currency, leftMinor } = grant
    const [before] = await tx`select 1 from payment where account_id = ${accountId} and key = ${key}`
    if (before) return { recorded: false, leftMinor }
    if (grant.kind !== 'prepaid')
      throw new DomainError('UNPROCESSABLE', 'promotional credit is a gift; only prepaid credit goes back as money')
    if (grant.expiredAt !== null || amountMinor > leftMinor) {
      const left = grant.expiredAt === null ? leftMinor : 0n
      throw new DomainError('UNPROCESSABLE', `${majorText(left, currency)} ${currency} is left of this credit`, {
        path: 'amountMinor',
      })
    }
    await tx`insert into payment (account_id, kind, method, amount_minor, currency, key, reference, received_at, recorded_by)
      values (${accountId}, 'refund', ${method}, ${-amountMinor}, ${currency}, ${key}, ${reference}, ${receivedAt},
        ${labelOf(ctx.actor)})`
    await post(tx, {
      accountId,
      at: ctx.now,
      kind: 'refund',
      key: `refund:${key}`,
      description: `Refund of credit: ${grant.reason}`,
      entries: [
        { book: `prepaid:${grantId}`, currency, amountMinor },
        { book: 'cash', currency, amountMinor: -amountMinor },
      ],
    })
    await audit(tx, ctx, {
      action: 'billing.credit.refund',
      subject: { kind: 'credit_grant', id: grantId },
      accountId,
      before: { leftMinor },
      after: { leftMinor: leftMinor - amountMinor, key, amount: `${majorText(amountMinor, currency)} ${currency}` },
    })
    return { recorded: true, leftMinor: leftMinor - amountMinor }
  })
