import type { Sql, Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { log } from '../log.ts'
import { sumOf } from '../money.ts'
import { creditNoteIn } from './creditNote.ts'
import { grantIn } from './grantCredit.ts'
import { lockInvoices, type InvoiceMoney } from './openInvoice.ts'
import { FREE } from './planVersion.ts'

const MOST_AT_ONCE = 500
const MOST_WORDS = 200

type Left = { id: bigint; description: string; amountMinor: bigint; currency: string }
type Bearer = Pick<InvoiceMoney, 'id' | 'taxMinor' | 'totalMinor'> &
  Record<'baseMinor' | 'netBefore' | 'totalBefore', bigint>

/**
 * Runs after `settleLate`: approved credit of accounts that are on Free, or on no plan, has no charge to wait for. It comes
 * back as credit notes on their last invoices, with the tax: off what is open, else as prepaid credit, which an admin may
 * refund. What no invoice bears becomes prepaid credit as it is. Harmless to repeat and to run twice at once.
 */
export const settleCredit = async (ctx: Context): Promise<{ settled: number }> => {
  const accounts = await ctx.sql<{ accountId: bigint; currency: string }[]>`
    select a.account_id, a.currency from adjustment a where a.state = 'approved' and ${isChargeless(ctx.sql)}
    group by 1, 2 having sum(a.amount_minor) < 0 order by 1, 2 limit ${MOST_AT_ONCE}`
  let settled = 0
  for (const { accountId, currency } of accounts) {
    try {
      if (await ctx.sql.begin((tx) => settleOne(tx, ctx, accountId, currency))) settled++
    } catch (error) {
      log.error({ err: error, accountId: String(accountId) }, 'credit that is left of a plan cannot be settled')
    }
  }
  return { settled }
}

/** Whether nothing is to be charged to the account of `a`: no invoice is being made, and it has no plan but Free. */
const isChargeless = (sql: Sql) => sql`
  not exists (select from invoice i where i.account_id = a.account_id and i.state = 'draft')
  and not exists (select from subscription s join plan_version v on v.id = s.plan_version_id
    join plan p on p.id = v.plan_id
    where s.account_id = a.account_id and s.state <> 'canceled' and p.key <> ${FREE})`

const settleOne = async (tx: Tx, ctx: Context, accountId: bigint, currency: string): Promise<boolean> => {
  await lockInvoices(tx, accountId)
  const left = await tx<Left[]>`select a.id, a.description, a.amount_minor, a.currency from adjustment a
    where a.account_id = ${accountId} and a.currency = ${currency} and a.state = 'approved' and ${isChargeless(tx)}
    order by a.id for update of a`
  const amount = -sumOf(left.map((one) => one.amountMinor))
  const last = left.at(-1)
  if (!last || amount <= 0n) return false
  const key = `left:${last.id}`
  const reason = left.length === 1 ? last.description : 'Credit left when the plan ended'
  const description = left
    .map((one) => one.description)
    .join('; ')
    .slice(0, MOST_WORDS)
  let rest = amount
  const notes: { invoiceId: bigint; number: string }[] = []
  for (const invoice of await bearers(tx, accountId, currency)) {
    if (rest === 0n) break
    const part = bearable(invoice, rest)
    if (part <= 0n) continue
    const lines = [{ position: null, description, amountMinor: part }]
    const of = { accountId, invoiceId: invoice.id, key: `${key}:${invoice.id}`, reason, lines }
    const number = await noteOn(tx, ctx, of)
    if (number === null) continue
    notes.push({ invoiceId: invoice.id, number })
    rest -= part
  }
  if (rest > 0n)
    await grantIn(tx, ctx, {
      accountId,
      kind: 'prepaid',
      currency,
      amountMinor: rest,
      reason,
      key,
      against: 'promotion',
    })
  await tx`update adjustment set state = 'applied', invoice_id = ${notes[0]?.invoiceId ?? null}
    where account_id = ${accountId} and id = any(${left.map((one) => String(one.id))}::bigint[])`
  await audit(tx, ctx, {
    action: 'billing.adjustment.settle',
    subject: { kind: 'adjustment', id: last.id },
    accountId,
    after: {
      ids: left.map((one) => one.id),
      amountMinor: amount,
      creditNotes: notes.map((one) => one.number),
      grantedMinor: rest,
    },
  })
  return true
}

/** Invoices that money can be given back on, newest first, with what credit notes took already. */
const bearers = async (tx: Tx, accountId: bigint, currency: string): Promise<Bearer[]> =>
  await tx<Bearer[]>`select i.id, i.tax_minor, i.total_minor,
      i.subtotal_minor - i.discount_minor - i.promotional_minor as base_minor,
      coalesce(sum(c.net_minor), 0)::bigint as net_before, coalesce(sum(c.total_minor), 0)::bigint as total_before
    from invoice i left join credit_note c on c.account_id = i.account_id and c.invoice_id = i.id
    where i.account_id = ${accountId} and i.currency = ${currency} and i.state in ('finalized', 'paid')
    group by i.account_id, i.id order by i.id desc`

const bearable = ({ baseMinor, taxMinor, totalMinor, netBefore, totalBefore }: Bearer, wanted: bigint): bigint => {
  const isInclusive = totalMinor === baseMinor && taxMinor !== 0n
  const most = baseMinor - (isInclusive ? totalBefore : netBefore)
  return most < wanted ? most : wanted
}

/** Makes the note off what is open, else as credit; null where the invoice bears neither. */
const noteOn = async (
  tx: Tx,
  ctx: Context,
  of: Omit<Parameters<typeof creditNoteIn>[2], 'settledAs'>,
): Promise<string | null> => {
  for (const settledAs of ['open_balance', 'credit'] as const) {
    try {
      return (await tx.savepoint((inner) => creditNoteIn(inner, ctx, { ...of, settledAs }))).number
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'UNPROCESSABLE') throw error
    }
  }
  return null
}
