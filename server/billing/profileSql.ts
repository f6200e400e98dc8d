import type { Sql } from '#db/client.ts'
import type { ProfileEdit } from './editProfile.ts'
import type { SpendRules } from './spendJudge.ts'

export type Card = { brand: string; last4: string; expMonth: number; expYear: number }
export type ProfileView = ProfileEdit &
  SpendRules & {
    currency: string
    driver: 'manual' | 'stripe'
    netDays: number
    card: Card | null
    seller: { name: string; email: string; paymentDetails: string }
    /** Made by somebody, not what it would be. */
    isSet: boolean
  }

/** An account's billing profile, or what it would be; null before an installation has somebody who sells. */
export const billingProfile = async (sql: Sql, accountId: bigint): Promise<ProfileView | null> => {
  const [row] = await sql<(Omit<ProfileView, 'seller'> & { seller: string; email: string; paymentDetails: string })[]>`
    select coalesce(p.name, a.display_name) as name, coalesce(p.address, '{}') as address, p.country, p.tax_id,
      p.reference, coalesce(p.contacts, '{}') as contacts, coalesce(p.currency, 'EUR') as currency,
      coalesce(p.driver, 'manual') as driver, coalesce(p.net_days, 14) as net_days, p.card, p.budget_minor, p.cap_minor,
      coalesce(p.cap_action, 'notify') as cap_action, p.account_id is not null as is_set,
      e.name as seller, e.email, e.payment_details
    from account a left join billing_profile p on p.account_id = a.id
      join legal_entity e on e.id = p.entity_id or (p.entity_id is null and e.is_default)
    where a.id = ${accountId}`
  if (!row) return null
  const { seller, email, paymentDetails, ...profile } = row
  return { ...profile, seller: { name: seller, email, paymentDetails } }
}
