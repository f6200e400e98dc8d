import type { Sql } from '#db/client.ts'

export const LIFE_KINDS = [
  'plan',
  'invoice',
  'payment',
  'credit_note',
  'credit',
  'adjustment',
  'dunning',
  'audit',
] as const
export type LifeKind = (typeof LIFE_KINDS)[number]

/** Something of an account's billing life. `what` and `detail` are words of its kind; amounts in minor units. */
export type LifeRow = {
  at: Date
  kind: LifeKind
  what: string
  detail: string
  amountMinor: bigint | null
  currency: string | null
  invoiceId: bigint | null
  by: string | null
}

/** An account's terms, invoices, money, corrections, collection and acts upon them, newest first, from the `skip`th on. */
export const lifeOf = async (
  sql: Sql,
  accountId: bigint,
  of: { kinds: readonly LifeKind[]; skip: number; limit: number },
): Promise<LifeRow[]> =>
  await sql<LifeRow[]>`
  select at, kind, what, detail, amount_minor, currency, invoice_id, by from (
    select t.from_at as at, 'plan' as kind, t.state as what,
      p.name || ', version ' || v.version || ', ' || v.interval || case when t.quantities = '{}'::jsonb then ''
        else ', ' || (select string_agg(key || ' ' || value, ', ') from jsonb_each_text(t.quantities)) end as detail,
      null::bigint as amount_minor, v.currency, null::bigint as invoice_id, null::text as by
    from subscription_term t join plan_version v on v.id = t.plan_version_id join plan p on p.id = v.plan_id
    where t.account_id = ${accountId} and t.until_at is distinct from t.from_at
    union all
    select canceled_at, 'plan', 'ended', 'Subscription ' || id, null, null, null, null from subscription
    where account_id = ${accountId} and canceled_at is not null
    union all
    select finalized_at, 'invoice', 'finalized', number, total_minor, currency, id, driver from invoice
    where account_id = ${accountId} and finalized_at is not null
    union all
    select closed_at, 'invoice', state, number, total_minor, currency, id, null from invoice
    where account_id = ${accountId} and closed_at is not null and number is not null
    union all
    select p.received_at, 'payment', p.kind, coalesce(i.number, 'credit') || ', ' || p.method ||
      case when p.reference = '' then '' else ', ' || p.reference end, p.amount_minor, p.currency, p.invoice_id, p.recorded_by
    from payment p left join invoice i on i.account_id = p.account_id and i.id = p.invoice_id
    where p.account_id = ${accountId}
    union all
    select n.created_at, 'credit_note', n.settled_as, n.number || ' on ' || coalesce(i.number, '') || ': ' || n.reason,
      n.total_minor, i.currency, n.invoice_id, n.created_by
    from credit_note n join invoice i on i.account_id = n.account_id and i.id = n.invoice_id
    where n.account_id = ${accountId}
    union all
    select created_at, 'credit', kind, reason, amount_minor, currency, null, created_by from credit_grant
    where account_id = ${accountId}
    union all
    select expired_at, 'credit', 'expired', reason, null, currency, null, null from credit_grant
    where account_id = ${accountId} and expired_at is not null
    union all
    select coalesce(decided_at, created_at), 'adjustment', state, description, amount_minor, currency, invoice_id,
      coalesce(decided_by, created_by)
    from adjustment where account_id = ${accountId}
    union all
    select d.at, 'dunning', split_part(d.step, ':', 1), coalesce(i.number, ''), (d.detail ->> 'openMinor')::bigint,
      i.currency, d.invoice_id, null
    from dunning_step d join invoice i on i.account_id = d.account_id and i.id = d.invoice_id
    where d.account_id = ${accountId}
    union all
    select at, 'audit', action, subject_kind || ' ' || subject_id, null, null, null, actor_label from audit_event
    where account_id = ${accountId} and (action like 'billing.%' or action like 'accounts.hold.%')
  ) life
  where kind = any(${[...of.kinds]})
  order by at desc, kind, what, detail limit ${of.limit} offset ${of.skip}`

/** What is owed and left, a currency a row, by the ledger. */
export type Balance = { currency: string; receivable: bigint; creditLeft: bigint; paid: bigint }
export const balancesOf = async (sql: Sql, accountId: bigint): Promise<Balance[]> =>
  await sql<Balance[]>`select currency,
    coalesce(sum(amount_minor) filter (where book = 'receivable'), 0)::bigint as receivable,
    coalesce(-sum(amount_minor) filter (where book like 'prepaid:%' or book like 'promotional:%'), 0)::bigint as credit_left,
    coalesce(sum(amount_minor) filter (where book = 'cash'), 0)::bigint as paid
  from ledger_entry where account_id = ${accountId} group by 1 order by 1`
