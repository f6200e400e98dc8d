import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { addJob } from '../jobs.ts'
import { majorText } from '../money.ts'
import type { InvoiceRef } from './collector.ts'

type Row = {
  account: string
  number: string
  state: string
  currency: string
  totalMinor: bigint
  prepaidMinor: bigint
  paidMinor: bigint
  creditedMinor: bigint
  dueAt: Date
  periodStart: Date
  periodEnd: Date
  seller: string
  paymentDetails: string
}

const day = (at: Date) => at.toISOString().slice(0, 10)

/** Where an invoice is read, printed and fetched as PDF. */
export const invoicePath = (account: string, number: string): string =>
  `/${account}/invoices/${encodeURIComponent(number)}`

/** Mails everybody who hears of an account's bills; each gets a key's mail once. */
const mailBilling = async (
  tx: Tx,
  mail: { accountId: bigint; subject: string; text: string; key: string },
): Promise<void> => {
  const { accountId, subject, text, key } = mail
  const rows = await tx<{ email: string }[]>`
    select lower(u.email) as email from account_member m join auth_user u on u.id = m.user_id
    where m.account_id = ${accountId} and m.role in ('owner', 'admin', 'billing')
    union select lower(c) from billing_profile p, unnest(p.contacts) as c where p.account_id = ${accountId}
    order by email`
  for (const { email: to } of rows) await addJob(tx, 'notices.mail', { to, subject, text, key: `${key}:${to}` })
}

/** Mails a finalized invoice: what is due, until when, how to pay, where the PDF is. */
export const mailInvoice = async (ctx: Context, { accountId, invoiceId }: InvoiceRef): Promise<void> => {
  const [row] = await ctx.sql<Row[]>`
    select a.name as account, i.number, i.state, i.currency, i.total_minor, i.prepaid_minor, i.paid_minor,
      i.credited_minor, i.due_at, i.period_start, i.period_end, e.name as seller, e.payment_details
    from invoice i join account a on a.id = i.account_id join legal_entity e on e.id = i.entity_id
    where i.account_id = ${accountId} and i.id = ${invoiceId} and i.state <> 'draft'`
  if (!row) return
  const money = (minor: bigint) => `${majorText(minor, row.currency)} ${row.currency}`
  const open = row.totalMinor - row.prepaidMinor - row.paidMinor - row.creditedMinor
  const what = `Invoice ${row.number} of ${row.seller} for ${row.account}, ${day(row.periodStart)} to ${day(row.periodEnd)} (UTC): ${money(row.totalMinor)}.`
  const pay =
    row.state === 'finalized' && open > 0n
      ? [`Please pay ${money(open)} by ${day(row.dueAt)}, with the reference ${row.number}.`, row.paymentDetails]
      : ['There is nothing to pay.']
  const link = `Read it, open its lines and fetch the PDF: ${ctx.env.publicUrl}${invoicePath(row.account, row.number)}`
  await ctx.sql.begin((tx) =>
    mailBilling(tx, {
      accountId,
      subject: `Invoice ${row.number}: ${money(row.totalMinor)}`,
      text: [what, ...pay, link].filter((part) => part !== '').join('\n\n'),
      key: `invoice:${accountId}:${invoiceId}`,
    }),
  )
}

/** Mails a credit note: what it takes off which invoice, and where the money goes. */
export const mailCreditNote = async (
  ctx: Context,
  { accountId, creditNoteId }: InvoiceRef & { creditNoteId: bigint },
): Promise<void> => {
  const [row] = await ctx.sql<
    {
      account: string
      number: string
      invoice: string
      currency: string
      totalMinor: bigint
      reason: string
      settledAs: 'open_balance' | 'credit' | 'refund'
    }[]
  >`select a.name as account, n.number, i.number as invoice, i.currency, n.total_minor, n.reason, n.settled_as
    from credit_note n join invoice i on i.account_id = n.account_id and i.id = n.invoice_id
      join account a on a.id = n.account_id
    where n.account_id = ${accountId} and n.id = ${creditNoteId}`
  if (!row) return
  const amount = `${majorText(row.totalMinor, row.currency)} ${row.currency}`
  const settled = {
    open_balance: 'It takes that off what is open.',
    credit: 'It stays with us as credit: your next invoices use it.',
    refund: 'We send it back the way it came.',
  }[row.settledAs]
  await ctx.sql.begin((tx) =>
    mailBilling(tx, {
      accountId,
      subject: `Credit note ${row.number}: ${amount}`,
      text: [
        `Credit note ${row.number} on invoice ${row.invoice}: ${amount}. ${row.reason}`,
        settled,
        `See the invoice: ${ctx.env.publicUrl}${invoicePath(row.account, row.invoice)}`,
      ].join('\n\n'),
      key: `credit-note:${accountId}:${creditNoteId}`,
    }),
  )
}
