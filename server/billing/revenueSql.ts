import type { Sql } from '#db/client.ts'
import { planVersionOf } from './planVersion.ts'
import type { Alike } from './recurring.ts'
import type { Quantities } from './subscriptionSql.ts'

type AlikeRow = Omit<Alike, 'version'> & { planVersionId: bigint }

/** Live subscriptions, alike ones as a row, so that it is as fast with many customers; plans in the catalog's order. */
export const alikeSubscriptions = async (sql: Sql): Promise<Alike[]> => {
  const rows = await sql<AlikeRow[]>`
    select s.plan_version_id, p.name as plan_name, s.quantities, s.state, count(*)::int as count
    from subscription s join plan_version v on v.id = s.plan_version_id join plan p on p.id = v.plan_id
    where s.state <> 'canceled' group by 1, 2, 3, 4, p.position order by p.position, 1, 4`
  const found: Alike[] = []
  for (const { planVersionId, quantities, ...row } of rows)
    found.push({ ...row, quantities: quantities as Quantities, version: await planVersionOf(sql, planVersionId) })
  return found
}

/** What was invoiced in a month, by what it is for, before tax; `month` is its first day. */
export type MonthRevenue = {
  month: Date
  currency: string
  plansMinor: bigint
  usageMinor: bigint
  otherMinor: bigint
}

/** Lines of finalized invoices by the month they were finalized in, as far back as `from`; credit notes are taken off as other. */
export const invoicedByMonth = async (sql: Sql, from: Date, until: Date): Promise<MonthRevenue[]> =>
  await sql<MonthRevenue[]>`
  select month, currency, coalesce(sum(amount) filter (where what = 'plans'), 0)::bigint as plans_minor,
    coalesce(sum(amount) filter (where what = 'usage'), 0)::bigint as usage_minor,
    coalesce(sum(amount) filter (where what = 'other'), 0)::bigint as other_minor
  from (
    select date_trunc('month', i.finalized_at, 'UTC') as month, i.currency, l.amount_minor as amount,
      case when l.kind in ('flat', 'proration') then 'plans' when l.kind in ('usage', 'minimum', 'late') then 'usage'
        else 'other' end as what
    from invoice i join invoice_line l on l.account_id = i.account_id and l.invoice_id = i.id
    where i.finalized_at >= ${from} and i.finalized_at < ${until} and i.state <> 'void'
    union all
    select date_trunc('month', i.finalized_at, 'UTC'), i.currency, -i.discount_minor, 'other' from invoice i
    where i.finalized_at >= ${from} and i.finalized_at < ${until} and i.state <> 'void'
    union all
    select date_trunc('month', n.created_at, 'UTC'), i.currency, -n.net_minor, 'other' from credit_note n
      join invoice i on i.account_id = n.account_id and i.id = n.invoice_id
    where n.created_at >= ${from} and n.created_at < ${until} and i.state <> 'void'
  ) part group by 1, 2 order by 1, 2`

/** What the ledger says of a currency, in minor units; `sum` of all entries is zero in books that balance. */
export type BookTotals = {
  currency: string
  receivable: bigint
  prepaidLeft: bigint
  promotionalLeft: bigint
  badDebt: bigint
  sum: bigint
}
export const bookTotals = async (sql: Sql): Promise<BookTotals[]> =>
  await sql<BookTotals[]>`select currency,
    coalesce(sum(amount_minor) filter (where book = 'receivable'), 0)::bigint as receivable,
    coalesce(-sum(amount_minor) filter (where book like 'prepaid:%'), 0)::bigint as prepaid_left,
    coalesce(-sum(amount_minor) filter (where book like 'promotional:%'), 0)::bigint as promotional_left,
    coalesce(sum(amount_minor) filter (where book = 'bad_debt'), 0)::bigint as bad_debt,
    sum(amount_minor)::bigint as sum
  from ledger_entry group by 1 order by 1`
