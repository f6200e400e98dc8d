import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { exponentOf, inMinor, parseExact } from '../money.ts'
import { isCountry } from './country.ts'
import { ensureProfile } from './ensureProfile.ts'
import { followPlan } from './followPlan.ts'
import { plainTaxId, taxIdFault } from './taxId.ts'

export type ProfileEdit = {
  name: string
  /** Lines of the postal address. */
  address: readonly string[]
  country: string | null
  taxId: string | null
  /** A purchase order or the like, printed on invoices. */
  reference: string | null
  /** Mail addresses that get invoices and reminders too. */
  contacts: readonly string[]
}

const checked = (edit: ProfileEdit): ProfileEdit => {
  const { country, taxId } = edit
  if (country !== null && !isCountry(country))
    throw new DomainError('BAD_REQUEST', 'a country by its two letters', { path: 'country' })
  const plain = taxId === null ? null : plainTaxId(taxId) || null
  if (plain !== null && country === null)
    throw new DomainError('BAD_REQUEST', 'name the country first: what a tax id looks like depends on it', {
      path: 'country',
    })
  const fault = plain !== null && country !== null ? taxIdFault(country, plain) : undefined
  if (fault) throw new DomainError('BAD_REQUEST', fault, { path: 'taxId' })
  const contacts = [...new Map(edit.contacts.map((one) => [one.toLowerCase(), one])).values()]
  return { ...edit, address: edit.address.map((line) => line.trim()).filter(Boolean), taxId: plain, contacts }
}

const rowOf = async (tx: Tx, accountId: bigint): Promise<ProfileEdit> => {
  const [row] = await tx<ProfileEdit[]>`select name, address, country, tax_id, reference, contacts from billing_profile
    where account_id = ${accountId} for no key update`
  return row!
}

/**
 * Changes who an account is billed to. It holds from the next invoice on: finalized ones keep what they say.
 * @throws BAD_REQUEST with the path of the first fault
 */
export const editProfile = async (ctx: Context, accountId: bigint, edit: ProfileEdit): Promise<void> => {
  await ctx.sql.begin((tx) => editProfileIn(tx, ctx, accountId, edit))
}

/** The same in the caller's transaction. */
export const editProfileIn = async (tx: Tx, ctx: Context, accountId: bigint, edit: ProfileEdit): Promise<void> => {
  const wanted = checked(edit)
  await ensureProfile(tx, ctx, { accountId })
  const before = await rowOf(tx, accountId)
  await tx`update billing_profile set name = ${wanted.name}, address = ${[...wanted.address]}::text[],
      country = ${wanted.country}, tax_id = ${wanted.taxId}, reference = ${wanted.reference},
      contacts = ${[...wanted.contacts]}::text[], updated_at = ${ctx.now}
    where account_id = ${accountId}`
  await followPlan(tx, accountId)
  await audit(tx, ctx, {
    action: 'billing.profile.edit',
    subject: { kind: 'billing_profile', id: accountId },
    accountId,
    before,
    after: wanted,
  })
}

/** An amount a person wrote, in major units, as minor ones. @throws BAD_REQUEST below one, or finer than the currency */
export const minorOf = (text: string, currency: string, path: string): bigint => {
  const { n, d } = inMinor(parseExact(text), currency)
  if (d !== 1n) {
    const places = exponentOf(currency)
    throw new DomainError('BAD_REQUEST', `${currency} has ${places === 0 ? 'no' : places} decimals`, { path })
  }
  if (n <= 0n) throw new DomainError('BAD_REQUEST', 'an amount above zero, or none', { path })
  return n
}

/** Adds the job that settles an account's spend by its new rules. */
export const settleSoon = (tx: Tx, accountId: bigint): Promise<void> =>
  addJob(tx, 'billing.watch_spend', { accountIds: [accountId.toString()] }, { key: `watch_spend:${accountId}` })
