import { composeInvoice } from '#server/billing/composeInvoice.ts'
import { contentDigest, invoiceDigest } from '#server/billing/invoiceDigest.ts'
import { unpackInputs } from '#server/billing/invoiceInputs.ts'
import type { Pool } from '#db/client.ts'
import type { World } from '../../stripe/world.ts'

/** Ledger transactions and books that do not balance; both are empty where money adds up. */
export const unbalanced = async (sql: Pool) => ({
  transactions: await sql`select account_id, transaction_id, currency, sum(amount_minor) from ledger_entry
    group by 1, 2, 3 having sum(amount_minor) <> 0`,
  currencies: await sql`select currency, sum(amount_minor) from ledger_entry group by 1 having sum(amount_minor) <> 0`,
})

/** Invoices whose receivable in the ledger is not what is open of them. */
export const wrongReceivables = (sql: Pool) => sql`
  with open as (
    select account_id, id, currency, case when state = 'finalized'
      then total_minor - prepaid_minor - paid_minor - credited_minor else 0 end as minor
    from invoice where finalized_at is not null
  ), booked as (
    select account_id, invoice_id as id, currency, sum(amount_minor) as minor from ledger_entry
    where book = 'receivable' group by 1, 2, 3
  )
  select account_id, id, o.minor as open, b.minor as booked from open o full join booked b using (account_id, id, currency)
  where coalesce(o.minor, 0) <> coalesce(b.minor, 0)`

/** Grants of which more was used than there was. */
export const overdrawnGrants = (sql: Pool) => sql`
  select account_id, book, sum(amount_minor) from ledger_entry
  where book like 'prepaid:%' or book like 'promotional:%' group by 1, 2 having sum(amount_minor) > 0`

/** What came in and went out by payments, less what the ledger holds as cash, a currency. */
export const cashApart = (sql: Pool) => sql`
  with paid as (select currency, sum(amount_minor) as minor from payment group by 1),
    held as (select e.currency, sum(e.amount_minor) as minor from ledger_entry e where e.book = 'cash' group by 1)
  select currency, p.minor as paid, h.minor as held from paid p full join held h using (currency)
  where p.minor is distinct from h.minor`

/** Years whose invoice numbers have a gap or a double. */
export const numberGaps = (sql: Pool) => sql`
  select left(number, 8) as series, count(*), count(distinct number), min(right(number, 4)::int), max(right(number, 4)::int)
  from invoice where driver = 'manual' and number is not null group by 1
  having count(*) <> count(distinct number) or count(*) <> max(right(number, 4)::int) or min(right(number, 4)::int) <> 1`

type Kept = { number: string; digest: string; body: Buffer }

/** Numbers of finalized invoices that do not come out again, byte by byte, from the inputs that were kept. */
export const notReplayed = async (sql: Pool): Promise<string[]> => {
  const rows = await sql<Kept[]>`select i.number, i.digest, n.body from invoice i
    join invoice_input n on n.account_id = i.account_id and n.invoice_id = i.id where i.finalized_at is not null`
  return rows.flatMap(({ number, digest, body }) => {
    const inputs = unpackInputs(body)
    return invoiceDigest(contentDigest(inputs, composeInvoice(inputs)), number) === digest ? [] : [number]
  })
}

type Mine = { stripeInvoiceId: string; totalMinor: bigint; paidMinor: bigint; state: string }

/** What our invoices and the stand-in's say apart: totals, what was paid, one that only one side has or that one has twice. */
export const apartFromStripe = async (sql: Pool, world: World): Promise<string[]> => {
  const mine = await sql<Mine[]>`select stripe_invoice_id, total_minor, paid_minor, state from invoice
    where driver = 'stripe' and finalized_at is not null`
  const theirs = new Map(world.all('invoice').map((invoice) => [invoice.id, invoice]))
  const apart: string[] = []
  const paid = new Map<string, bigint>()
  for (const { stripeInvoiceId: id, totalMinor, paidMinor, state } of mine) {
    const there = theirs.get(id)
    theirs.delete(id)
    if (!there) {
      apart.push(`${id} is ours alone, or twice`)
      continue
    }
    if (BigInt(there.total) !== totalMinor) apart.push(`${id}: ${totalMinor} here, ${there.total} there`)
    if ((there.status === 'paid') !== (state === 'paid')) apart.push(`${id}: ${state} here, ${there.status} there`)
    // What is too little to charge is Stripe's to add to a later charge: only a customer's payments in all agree.
    const customer = String(there.customer)
    paid.set(customer, (paid.get(customer) ?? 0n) + paidMinor - BigInt(there.amount_paid))
  }
  for (const { id, balance } of world.all('customer'))
    if ((paid.get(id) ?? 0n) !== BigInt(balance))
      apart.push(`${id}: ${paid.get(id)} more paid here, ${balance} left there`)
  // A renewal of nothing is Stripe's own.
  for (const { id, total, status } of theirs.values())
    if (total !== 0) apart.push(`${status} ${id} of ${total} is theirs alone`)
  return apart
}

/** What Stripe told and nobody acted on, differences that are still open, and charges that were recorded twice. */
export const leftOfStripe = async (sql: Pool) => ({
  events: await sql`select id, type, last_error from stripe_event where processed_at is null`,
  drifts: await sql`select kind, object_id, ours, theirs from stripe_drift where resolved_at is null`,
  calls: await sql`select kind, key, last_error from stripe_call where state <> 'done'`,
  doubled: await sql`select invoice_id, count(*) from payment where key like 'stripe:%' and kind = 'payment' group by 1
    having count(*) > 1`,
})
