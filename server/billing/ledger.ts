import type { Sql } from '#db/client.ts'
import { addLedger } from './ledgerSql.ts'

/**
 * Accounts of the ledger. Debits are positive: what is owed to us and what we hold grows with them; revenue, tax and what we
 * owe (credit that is left) grow with credits, so their balances are negative.
 */
export type Book =
  | 'receivable'
  | 'revenue'
  | 'tax'
  | 'cash'
  | 'bad_debt'
  | 'promotion'
  | `prepaid:${bigint}`
  | `promotional:${bigint}`

/** One side of a transaction, in minor units; zero is left out. */
export type Entry = { book: Book; currency: string; amountMinor: bigint; invoiceId?: bigint | null }

/** A fact about money. `key` states it: booked twice it is once. */
export type Posting = {
  accountId: bigint
  at: Date
  kind: string
  key: string
  description: string
  entries: readonly Entry[]
}

/** Whether the entries sum to zero in every currency. */
export const balances = (entries: readonly Entry[]): boolean => {
  const sums = new Map<string, bigint>()
  for (const { currency, amountMinor } of entries) sums.set(currency, (sums.get(currency) ?? 0n) + amountMinor)
  return [...sums.values()].every((sum) => sum === 0n)
}

/**
 * Books facts in the caller's transaction; those whose key was booked before are left alone. Returns the keys that are new.
 * @throws RangeError where entries do not sum to zero (the database refuses too, at commit)
 */
export const postAll = async (tx: Sql, postings: readonly Posting[]): Promise<Set<string>> => {
  for (const { key, entries } of postings)
    if (!balances(entries)) throw new RangeError(`the entries of ${key} do not sum to zero`)
  return postings.length === 0 ? new Set() : await addLedger(tx, postings)
}

/** Books one fact; false where its key was booked before. */
export const post = async (tx: Sql, posting: Posting): Promise<boolean> => (await postAll(tx, [posting])).size > 0
