import type Stripe from 'stripe'
import type { Sql } from '#db/client.ts'
import { audit } from '../../audit.ts'
import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { log } from '../../log.ts'
import { notePayment } from '../../abuse/noteIdentity.ts'
import { makeCall } from './calls.ts'
import { installationOf, needStripe } from './client.ts'
import { isPassing, wordsOf } from './errors.ts'
import { stripeTaxId } from './taxId.ts'

type Profile = {
  accountId: bigint
  account: string
  name: string
  address: string[]
  country: string | null
  taxId: string | null
  email: string | null
  updatedAt: Date
  stripeCustomerId: string | null
}

const profileOf = async (sql: Sql, accountId: bigint): Promise<Profile> => {
  const [row] = await sql<Profile[]>`
    select p.account_id, a.name as account, p.name, p.address, p.country, p.tax_id, p.updated_at, p.stripe_customer_id,
      coalesce(p.contacts[1], (select u.email from account_member m join auth_user u on u.id = m.user_id
        where m.account_id = a.id and m.role in ('billing', 'owner') order by m.role, u.email limit 1)) as email
    from billing_profile p join account a on a.id = p.account_id where p.account_id = ${accountId}`
  if (!row) throw new DomainError('NOT_FOUND', 'this account has no billing profile yet')
  return row
}

/** A profile as Stripe's customer has it. Lines beyond the second share it. */
const paramsOf = ({ name, address, country, email }: Profile) => ({
  name,
  ...(email ? { email } : {}),
  ...(country
    ? { address: { country, line1: address[0] ?? '', line2: address.slice(1).join(', ') } }
    : { address: '' as const }),
})

/**
 * Makes sure that an account is a customer at Stripe and that Stripe knows its name, address and tax id. Returns the customer's id.
 * @throws UNPROCESSABLE without a key, or where Stripe refuses; StripeError where it is away
 */
export const ensureCustomer = async (ctx: Context, accountId: bigint): Promise<string> => {
  needStripe(ctx.env)
  const profile = await profileOf(ctx.sql, accountId)
  if (profile.stripeCustomerId) {
    await update(ctx, accountId, profile)
    await sendTaxId(ctx, profile, profile.stripeCustomerId)
    return profile.stripeCustomerId
  }
  const key = `customer:${accountId}`
  const { address, ...params } = paramsOf(profile)
  const made = await makeCall(ctx, {
    accountId,
    kind: 'customer.create',
    key,
    payload: {
      ...params,
      ...(address === '' ? {} : { address }),
      metadata: {
        wharf_key: key,
        wharf_account: profile.account,
        wharf_account_id: String(accountId),
        wharf_installation: installationOf(ctx.env),
      },
    } satisfies Stripe.CustomerCreateParams,
  })
  await ctx.sql.begin(async (tx) => {
    const [changed] = await tx`update billing_profile set stripe_customer_id = ${made.id!}
      where account_id = ${accountId} and stripe_customer_id is null returning 1`
    if (!changed) return
    await audit(tx, ctx, {
      action: 'billing.stripe.customer',
      subject: { kind: 'billing_profile', id: accountId },
      accountId,
      after: { customer: made.id },
    })
  })
  await sendTaxId(ctx, profile, made.id!)
  return made.id!
}

/**
 * Has Stripe know the tax id, once a change of the profile: Stripe Tax reverses the charge by it. One that Stripe refuses
 * must not keep invoices back; operators see the refusal, and tax is charged.
 */
const sendTaxId = async (ctx: Context, profile: Profile, customerId: string): Promise<void> => {
  const { accountId, country, taxId, updatedAt } = profile
  const wanted = stripeTaxId(country, taxId)
  if (!wanted) {
    const [sent] = await ctx.sql`select 1 from stripe_call where account_id = ${accountId} and kind = 'customer.tax_id'`
    if (!sent) return
  }
  try {
    await makeCall(ctx, {
      accountId,
      kind: 'customer.tax_id',
      key: `customer:${accountId}:tax_id:${updatedAt.toISOString()}`,
      payload: { id: customerId, tax_id: wanted },
    })
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'UNPROCESSABLE') throw error
    log.warn({ accountId: String(accountId), reason: error.message }, 'Stripe refused a customer’s tax id')
  }
}

// An address that Stripe does not like must not keep invoices back; operators see the refusal.
const update = async (ctx: Context, accountId: bigint, profile: Profile): Promise<void> => {
  try {
    await makeCall(ctx, {
      accountId,
      kind: 'customer.update',
      key: `customer:${accountId}:${profile.updatedAt.toISOString()}`,
      payload: { id: profile.stripeCustomerId, ...paramsOf(profile) },
    })
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'UNPROCESSABLE') throw error
    log.warn({ accountId: String(accountId), reason: error.message }, 'Stripe refused a customer’s name or address')
  }
}

/** The account that a customer of Stripe's is, if it is one of ours. */
export const accountOfCustomer = async (sql: Sql, customerId: string): Promise<bigint | undefined> => {
  const [row] = await sql<{ accountId: bigint }[]>`select account_id from billing_profile
    where stripe_customer_id = ${customerId}`
  return row?.accountId
}

type CardSummary = { brand: string; last4: string; expMonth: number; expYear: number }

/**
 * Keeps what Stripe shows of the card that is charged: brand, last four digits, expiry; and the hash of its fingerprint, by
 * which accounts that were struck are known again. A customer with a card but no default
 * one (Checkout sets none) gets their newest as default.
 */
export const followCard = async (ctx: Context, customerId: string): Promise<void> => {
  const stripe = needStripe(ctx.env)
  const accountId = await accountOfCustomer(ctx.sql, customerId)
  if (accountId === undefined) return
  const customer = await stripe.customers.retrieve(customerId, { expand: ['invoice_settings.default_payment_method'] })
  if (customer.deleted) return
  const chosen = customer.invoice_settings.default_payment_method
  const method = typeof chosen === 'object' && chosen ? chosen : await newestCard(stripe, customerId)
  if (method?.card?.fingerprint) await notePayment(ctx.sql, ctx, accountId, method.card.fingerprint)
  if (method && !chosen) await makeDefault(ctx, accountId, customerId, method.id)
  const card: CardSummary | null = method?.card
    ? {
        brand: method.card.brand,
        last4: method.card.last4,
        expMonth: method.card.exp_month,
        expYear: method.card.exp_year,
      }
    : null
  let isOther = false
  await ctx.sql.begin(async (tx) => {
    const text = card ? JSON.stringify(card) : null
    const [before] = await tx<{ card: CardSummary | null }[]>`select card from billing_profile
      where account_id = ${accountId} for no key update`
    const [changed] = await tx`update billing_profile set card = ${text}::text::jsonb
      where account_id = ${accountId} and card is distinct from ${text}::text::jsonb returning 1`
    if (!changed) return
    isOther = true
    await audit(tx, ctx, {
      action: 'billing.stripe.card',
      subject: { kind: 'billing_profile', id: accountId },
      accountId,
      before: before?.card,
      after: card,
    })
  })
  if (isOther && method) await payOpen(ctx, customerId, method.id)
}

/** Charges a new card for what of ours could not be charged before. What comes of it is told by webhooks. */
const payOpen = async (ctx: Context, customer: string, method: string): Promise<void> => {
  const stripe = needStripe(ctx.env)
  for await (const invoice of stripe.invoices.list({ customer, status: 'open', limit: 100 })) {
    const [ours] = await ctx.sql`select 1 from invoice where stripe_invoice_id = ${invoice.id} and state = 'finalized'`
    if (!invoice.attempted || !ours) continue
    try {
      const idempotencyKey = `pay:${invoice.id}:${method}`
      await stripe.invoices.pay(invoice.id, { payment_method: method, off_session: true }, { idempotencyKey })
    } catch (error) {
      if (isPassing(error)) throw error
      log.info({ invoice: invoice.id, reason: wordsOf(error) }, 'the new card was not charged either')
    }
  }
}

const newestCard = async (stripe: Stripe, customer: string): Promise<Stripe.PaymentMethod | undefined> =>
  (await stripe.paymentMethods.list({ customer, type: 'card', limit: 1 })).data[0]

/** Makes a card the one that is charged. */
export const makeDefault = async (
  ctx: Context,
  accountId: bigint,
  customerId: string,
  method: string,
): Promise<void> => {
  await makeCall(ctx, {
    accountId,
    kind: 'customer.update',
    key: `customer:${accountId}:card:${method}`,
    payload: { id: customerId, invoice_settings: { default_payment_method: method } },
  })
}
