import type { Sql } from '#db/client.ts'

/** What the ledger says of an account, by book; nothing is left out that is not zero. */
export const booksOf = async (sql: Sql, accountId: bigint): Promise<Record<string, bigint>> => {
  const rows = await sql<
    { book: string; sum: bigint }[]
  >`select book, sum(amount_minor)::bigint as sum from ledger_entry
    where account_id = ${accountId} group by 1 having sum(amount_minor) <> 0 order by 1`
  return Object.fromEntries(rows.map((row) => [row.book.replace(/:\d+$/, ''), row.sum]))
}

/** Where the ledger and the invoices do not say the same, or do not sum to zero: has to be empty. */
export const faultsIn = async (sql: Sql): Promise<unknown[]> => [
  ...(await sql`select account_id, transaction_id, currency, sum(amount_minor) from ledger_entry
    group by 1, 2, 3 having sum(amount_minor) <> 0`),
  ...(await sql`select i.account_id, i.id, i.number, i.state, e.receivable from invoice i
    cross join lateral (select coalesce(sum(amount_minor), 0) as receivable from ledger_entry e
      where e.account_id = i.account_id and e.invoice_id = i.id and e.book = 'receivable') e
    where e.receivable <> case when i.state in ('draft', 'void', 'uncollectible') then 0
      else i.total_minor - i.prepaid_minor - i.paid_minor - i.credited_minor end`),
  ...(await sql`select i.account_id, i.id from invoice i join invoice_line l on l.account_id = i.account_id and l.invoice_id = i.id
    where i.state <> 'draft' group by i.account_id, i.id, i.subtotal_minor having sum(l.amount_minor) <> i.subtotal_minor`),
  ...(await sql`select account_id, book, sum(amount_minor) from ledger_entry where book ~ '^(prepaid|promotional):'
    group by 1, 2 having sum(amount_minor) > 0`),
]

/** Invoice numbers of a series in order, with what is missing between them. */
export const gapsIn = async (sql: Sql): Promise<string[]> => {
  const rows = await sql<{ number: string }[]>`select number from invoice where number is not null order by number`
  const bySeries = new Map<string, number[]>()
  for (const { number } of rows) {
    const [, series = '', n = ''] = /^(.*)-(\d+)$/.exec(number) ?? []
    bySeries.set(series, [...(bySeries.get(series) ?? []), Number(n)])
  }
  return [...bySeries].flatMap(([series, numbers]) =>
    numbers.toSorted((a, b) => a - b).flatMap((n, i) => (n === i + 1 ? [] : [`${series}: ${n} at ${i + 1}`])),
  )
}

/** Puts use of an app into the hours of an account, as rolling would: `cpu` in µs, `memory` in MiB·s. */
export const use = async (
  sql: Sql,
  accountId: bigint,
  app: string,
  at: Date,
  amounts: { cpu?: bigint; memory?: bigint; disk?: bigint; egress?: bigint },
): Promise<void> => {
  const { cpu = 0n, memory = 0n, disk = 0n, egress = 0n } = amounts
  await sql`insert into account_hour (account_id, hour, app, containers, cpu_us, throttled_us, memory_mib_s, disk_mib_s,
      volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
    values (${accountId}, ${Math.floor(at.getTime() / 3_600_000)}, ${app}, 1, ${cpu}, 0, ${memory}, ${disk}, 0, 0, 0, ${egress}, 0, 0)
    on conflict (account_id, hour, app) do update set cpu_us = account_hour.cpu_us + excluded.cpu_us,
      memory_mib_s = account_hour.memory_mib_s + excluded.memory_mib_s,
      disk_mib_s = account_hour.disk_mib_s + excluded.disk_mib_s, tx_bytes = account_hour.tx_bytes + excluded.tx_bytes`
}
