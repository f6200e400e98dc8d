import type { Sql, Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'

export type BillingTerms = { entityId: bigint; currency: string; driver: 'manual' | 'stripe' }

/**
 * An account's billing profile, made where it is missing: sold by the default legal entity, in euros, by invoice.
 * `driver: 'stripe'` is for customers who have paid by card; it holds from then on.
 */
export const ensureProfile = async (
  tx: Tx,
  ctx: Context,
  input: { accountId: bigint; currency?: string; driver?: 'manual' | 'stripe' },
): Promise<BillingTerms> => {
  const { accountId, currency = 'EUR', driver } = input
  const [made] = await tx<BillingTerms[]>`
    insert into billing_profile (account_id, entity_id, currency, driver, name, updated_at)
    select a.id, e.id, ${currency}, ${driver ?? 'manual'}, a.display_name, ${ctx.now}
    from account a, legal_entity e where a.id = ${accountId} and e.is_default
    on conflict (account_id) do nothing returning entity_id, currency, driver`
  if (made) {
    await audit(tx, ctx, {
      action: 'billing.profile.create',
      subject: { kind: 'billing_profile', id: accountId },
      accountId,
      after: made,
    })
    return made
  }
  const [kept] = await tx<BillingTerms[]>`select entity_id, currency, driver from billing_profile
    where account_id = ${accountId} for no key update`
  if (!kept)
    throw new DomainError('NOT_FOUND', `no legal entity sells to account ${accountId}, or there is no such account`)
  if (driver === undefined || driver === kept.driver) return kept
  await tx`update billing_profile set driver = ${driver}, updated_at = ${ctx.now} where account_id = ${accountId}`
  await audit(tx, ctx, {
    action: 'billing.profile.driver',
    subject: { kind: 'billing_profile', id: accountId },
    accountId,
    before: { driver: kept.driver },
    after: { driver },
  })
  return { ...kept, driver }
}

/** Sets the currency an account is billed in. @throws CONFLICT once it has an invoice in another */
export const setCurrency = async (tx: Tx, ctx: Context, accountId: bigint, currency: string): Promise<void> => {
  const [kept] = await tx<{ currency: string }[]>`select currency from billing_profile
    where account_id = ${accountId} for no key update`
  if (!kept || kept.currency === currency) return
  const [billed] = await tx`select 1 from invoice where account_id = ${accountId} limit 1`
  if (billed) {
    const message = `this account is billed in ${kept.currency} since its first invoice; choose a plan in ${kept.currency}`
    throw new DomainError('CONFLICT', message, { path: 'currency' })
  }
  await tx`update billing_profile set currency = ${currency}, updated_at = ${ctx.now} where account_id = ${accountId}`
  await audit(tx, ctx, {
    action: 'billing.profile.currency',
    subject: { kind: 'billing_profile', id: accountId },
    accountId,
    before: { currency: kept.currency },
    after: { currency },
  })
}

/** The currency an account is billed in, and whether that is settled: it is from its first invoice on. */
export const billedIn = async (sql: Sql, accountId: bigint): Promise<{ currency: string; isFixed: boolean }> => {
  const [row] = await sql<{ currency: string; isFixed: boolean }[]>`select p.currency,
      exists (select from invoice i where i.account_id = p.account_id) as is_fixed
    from billing_profile p where p.account_id = ${accountId}`
  return row ?? { currency: 'EUR', isFixed: false }
}
