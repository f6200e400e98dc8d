import type { Sql } from '#db/client.ts'
import type { Posting } from './ledger.ts'

const asJson = (value: unknown) => JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v))

/** Adds transactions with their entries in two statements; returns the keys that were new, as `account key`. */
export const addLedger = async (tx: Sql, postings: readonly Posting[]): Promise<Set<string>> => {
  const rows = postings.map(({ entries, ...row }) => ({
    ...row,
    entries: entries.filter((entry) => entry.amountMinor !== 0n).map((entry, position) => ({ ...entry, position })),
  }))
  const added = await tx<{ accountId: bigint; key: string }[]>`
    with given as materialized (
      select * from json_to_recordset(${asJson(rows)}::text::json)
        as g ("accountId" bigint, at timestamptz, kind text, key text, description text, entries json)
    ),
    booked as (
      insert into ledger_transaction (account_id, at, kind, key, description)
      select "accountId", at, kind, key, description from given
      on conflict (account_id, key) do nothing returning account_id, id, key
    ),
    sides as (
      insert into ledger_entry (account_id, transaction_id, position, book, currency, amount_minor, invoice_id)
      select b.account_id, b.id, e.position, e.book, e.currency, e."amountMinor", e."invoiceId"
      from booked b join given g on g."accountId" = b.account_id and g.key = b.key
      cross join lateral json_to_recordset(g.entries)
        as e (position int, book text, currency text, "amountMinor" bigint, "invoiceId" bigint)
    )
    select account_id, key from booked`
  return new Set(added.map((row) => `${row.accountId} ${row.key}`))
}
