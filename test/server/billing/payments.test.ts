import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decideAdjustment, proposeAdjustment } from '#server/billing/adjust.ts'
import { cancelNow } from '#server/billing/cancelSubscription.ts'
import { creditsOf } from '#server/billing/creditSql.ts'
import { refundCredit } from '#server/billing/refundCredit.ts'
import { settleCredit } from '#server/billing/settleCredit.ts'
import { closePeriods } from '#server/billing/closePeriods.ts'
import { creditNote, noteSums } from '#server/billing/creditNote.ts'
import { expireCredits } from '#server/billing/expireCredits.ts'
import { finalizeDrafts } from '#server/billing/finalizeDrafts.ts'
import { grantCredit } from '#server/billing/grantCredit.ts'
import { markUncollectible, voidInvoice } from '#server/billing/closeInvoice.ts'
import { recordPayment } from '#server/billing/recordPayment.ts'
import { chargeback, refund } from '#server/billing/refund.ts'
import { booksOf, faultsIn, use } from './books.ts'
import { billingHouse, utc } from './house.ts'

const { sql, ctx, account, start } = await billingHouse()

let made = 0
/** An account with one open invoice of 14.52 (12.00 and 21 %). */
const owing = async () => {
  const accountId = await account(`debtor-${++made}`, '2026-01-01')
  const { billed } = await start(accountId, 'team', '2026-03-01')
  if (billed.as !== 'invoice') throw new Error('no invoice')
  return { accountId, invoiceId: billed.invoiceId }
}
const pay = (ref: { accountId: bigint; invoiceId: bigint }, amountMinor: bigint, key: string, now = '2026-03-05') =>
  recordPayment(ctx(now), { ...ref, amountMinor, method: 'transfer', key, reference: key, receivedAt: utc(now) })
const invoiceOf = async ({ accountId, invoiceId }: { accountId: bigint; invoiceId: bigint }) => {
  const [row] = await sql<{ state: string; paidMinor: bigint; creditedMinor: bigint; paidAt: Date | null }[]>`
    select state, paid_minor, credited_minor, paid_at from invoice where account_id = ${accountId} and id = ${invoiceId}`
  return row!
}
const back = (amountMinor: bigint, key: string) => ({
  amountMinor,
  key,
  method: 'transfer' as const,
  reference: key,
  receivedAt: utc('2026-03-10'),
})

test('a payment told twice is one, and parts add up to paid', async () => {
  const ref = await owing()
  expect(await pay(ref, 1_000n, 'a')).toMatchObject({ recorded: true, state: 'finalized', openMinor: 452n })
  expect(await pay(ref, 1_000n, 'a')).toMatchObject({ recorded: false, openMinor: 452n })
  await expect(pay(ref, 999n, 'a')).rejects.toThrow('another payment was recorded')
  expect(await pay(ref, 452n, 'b')).toMatchObject({ state: 'paid', openMinor: 0n, overMinor: 0n })
  expect(await booksOf(sql, ref.accountId)).toEqual({ cash: 1_452n, revenue: -1_200n, tax: -252n })
})

test('two payments of everything at once: one pays, the other becomes credit', async () => {
  const ref = await owing()
  await Promise.all([pay(ref, 1_452n, 'x'), pay(ref, 1_452n, 'y')])
  expect(await invoiceOf(ref)).toMatchObject({ state: 'paid', paidMinor: 1_452n })
  expect(await booksOf(sql, ref.accountId)).toMatchObject({ cash: 2_904n, prepaid: -1_452n })
})

test('what is paid beyond an invoice pays the next', async () => {
  const ref = await owing()
  expect(await pay(ref, 2_000n, 'over')).toMatchObject({ state: 'paid', overMinor: 548n })
  await closePeriods(ctx('2026-04-01 00:01'))
  await finalizeDrafts(ctx('2026-04-01 00:01'))
  const [next] = await sql<
    { totalMinor: bigint; prepaidMinor: bigint }[]
  >`select total_minor, prepaid_minor from invoice
    where account_id = ${ref.accountId} order by id desc limit 1`
  expect(next).toEqual({ totalMinor: 1_452n, prepaidMinor: 548n })
})

test('a credit note takes off what is open, with the tax in proportion', async () => {
  const ref = await owing()
  const note = { ...ref, reason: 'Half of it', settledAs: 'open_balance' as const }
  const lines = [{ position: 1, description: 'Base fee', amountMinor: 600n }]
  const first = await creditNote(ctx('2026-03-02'), { ...note, key: 'half', lines })
  expect(first).toMatchObject({ totalMinor: 726n, number: 'WH-CN-2026-0001', isNew: true })
  expect(await creditNote(ctx('2026-03-02'), { ...note, key: 'half', lines })).toMatchObject({
    isNew: false,
    id: first.id,
  })
  await expect(
    creditNote(ctx('2026-03-02'), { ...note, key: 'more', lines: [{ ...lines[0]!, amountMinor: 601n }] }),
  ).rejects.toThrow('at most 6.00 EUR')
  await creditNote(ctx('2026-03-02'), { ...note, key: 'rest', lines })
  expect(await invoiceOf(ref)).toMatchObject({ state: 'paid', creditedMinor: 1_452n, paidMinor: 0n })
  expect(await booksOf(sql, ref.accountId)).toEqual({})
})

test('money goes back by a credit note first, then a refund; as credit it waits for the next invoice', async () => {
  const ref = await owing()
  await pay(ref, 1_452n, 'all')
  await expect(refund(ctx('2026-03-10'), { ...ref, ...back(726n, 'r') })).rejects.toThrow('make a credit note')
  const line = { position: 1, description: 'Base fee', amountMinor: 600n }
  await creditNote(ctx('2026-03-09'), { ...ref, key: 'n1', reason: 'x', lines: [line], settledAs: 'refund' })
  await expect(refund(ctx('2026-03-10'), { ...ref, ...back(727n, 'r') })).rejects.toThrow('7.26 EUR is to go back')
  expect(await refund(ctx('2026-03-10'), { ...ref, ...back(726n, 'r') })).toEqual({ recorded: true, openMinor: 0n })
  expect(await refund(ctx('2026-03-10'), { ...ref, ...back(726n, 'r') })).toMatchObject({ recorded: false })
  await creditNote(ctx('2026-03-11'), { ...ref, key: 'n2', reason: 'x', lines: [line], settledAs: 'credit' })
  expect(await booksOf(sql, ref.accountId)).toEqual({ cash: 726n, prepaid: -726n })
  expect(await invoiceOf(ref)).toMatchObject({ state: 'paid', creditedMinor: 1_452n })
})

test('a chargeback opens the invoice again, and winning it pays it again', async () => {
  const ref = await owing()
  await pay(ref, 1_452n, 'card')
  expect(await chargeback(ctx('2026-03-20'), { ...ref, ...back(1_452n, 'dp_1') })).toMatchObject({ openMinor: 1_452n })
  expect(await invoiceOf(ref)).toMatchObject({ state: 'finalized', paidAt: null })
  await pay(ref, 1_452n, 'dp_1:won', '2026-04-20')
  expect(await invoiceOf(ref)).toMatchObject({ state: 'paid' })
})

test('a void invoice is as if it had never been, but keeps its number; one that was paid cannot be voided', async () => {
  const ref = await owing()
  const before = await booksOf(sql, ref.accountId)
  expect(before).toMatchObject({ receivable: 1_452n })
  await voidInvoice(ctx('2026-03-02'), { ...ref, reason: 'Wrong customer' })
  await voidInvoice(ctx('2026-03-02'), { ...ref, reason: 'Wrong customer' })
  expect(await booksOf(sql, ref.accountId)).toEqual({})
  expect(await invoiceOf(ref)).toMatchObject({ state: 'void' })
  await expect(pay(ref, 1n, 'late')).rejects.toThrow('is void; record this money as prepaid credit')
  const paid = await owing()
  await pay(paid, 100n, 'p')
  await expect(voidInvoice(ctx('2026-03-02'), { ...paid, reason: 'x' })).rejects.toThrow('make a credit note instead')
})

test('voiding gives back the credit an invoice used', async () => {
  const accountId = await account('returned', '2026-01-01')
  await grantCredit(ctx('2026-02-01'), { accountId, kind: 'promotional', amountMinor: 500n, reason: 'p', key: 'p' })
  await grantCredit(ctx('2026-02-01'), { accountId, kind: 'prepaid', amountMinor: 100n, reason: 'q', key: 'q' })
  const { billed } = await start(accountId, 'team', '2026-03-01')
  if (billed.as !== 'invoice') throw new Error('no invoice')
  expect(await booksOf(sql, accountId)).not.toHaveProperty('prepaid')
  await voidInvoice(ctx('2026-03-02'), { accountId, invoiceId: billed.invoiceId, reason: 'x' })
  expect(await booksOf(sql, accountId)).toEqual({ prepaid: -100n, promotional: -500n, promotion: 600n })
})

test('what was written off is bad debt, and money that comes after all is taken', async () => {
  const ref = await owing()
  await markUncollectible(ctx('2026-06-01'), { ...ref, reason: 'Bankrupt' })
  expect(await booksOf(sql, ref.accountId)).toMatchObject({ bad_debt: 1_452n })
  expect(await pay(ref, 452n, 'some', '2026-07-01')).toMatchObject({ state: 'uncollectible', openMinor: 1_000n })
  expect(await pay(ref, 1_000n, 'rest', '2026-07-02')).toMatchObject({ state: 'paid' })
  expect(await booksOf(sql, ref.accountId)).toEqual({ cash: 1_452n, revenue: -1_200n, tax: -252n })
})

test('credit that is not used in its time ends, once', async () => {
  const accountId = await account('forgetful', '2026-01-01')
  const grant = { accountId, reason: 'x', expiresAt: utc('2026-03-01') }
  await grantCredit(ctx('2026-02-01'), { ...grant, kind: 'promotional', amountMinor: 500n, key: 'p' })
  await grantCredit(ctx('2026-02-01'), {
    ...grant,
    kind: 'prepaid',
    amountMinor: 300n,
    key: 'q',
    paid: { method: 'transfer', reference: 'q', receivedAt: utc('2026-02-01') },
  })
  await Promise.all([expireCredits(ctx('2026-03-01')), expireCredits(ctx('2026-03-01'))])
  expect(await booksOf(sql, accountId)).toEqual({ cash: 300n, revenue: -300n })
})

test('notes in any parts come to the invoice, to the cent, also where tax is in the price', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt(1n, 10n ** 18n), { minLength: 1, maxLength: 12 }),
      fc.bigInt(0n, 30n),
      fc.boolean(),
      (parts, percent, isInclusive) => {
        const baseMinor = parts.reduce((sum, part) => sum + part, 0n)
        const taxMinor = (baseMinor * percent) / (isInclusive ? 100n + percent : 100n)
        const invoice = { baseMinor, taxMinor, totalMinor: isInclusive ? baseMinor : baseMinor + taxMinor }
        let [amount, tax, total] = [0n, 0n, 0n]
        for (const part of parts) {
          const sums = noteSums(invoice, { amountMinor: amount, taxMinor: tax }, part)
          expect(sums.netMinor + sums.taxMinor).toBe(sums.totalMinor)
          ;[amount, tax, total] = [amount + part, tax + sums.taxMinor, total + sums.totalMinor]
        }
        expect([tax, total]).toEqual([taxMinor, invoice.totalMinor])
      },
    ),
  )
})

const back600 = async (isPaid: boolean) => {
  const ref = await owing()
  if (isPaid) await pay(ref, 1_452n, 'all')
  await cancelNow(ctx('2026-03-16 12:00'), ref)
  await settleCredit(ctx('2026-03-16 12:00'))
  const waiting = await sql`select state from adjustment where account_id = ${ref.accountId}`
  expect(waiting).toEqual([{ state: 'approved' }])
  await finalizeDrafts(ctx('2026-03-17 12:01'))
  await Promise.all([settleCredit(ctx('2026-03-18')), settleCredit(ctx('2026-03-18'))])
  await settleCredit(ctx('2026-03-19'))
  const applied = await sql`select state, invoice_id from adjustment where account_id = ${ref.accountId}`
  expect(applied).toEqual([{ state: 'applied', invoiceId: ref.invoiceId }])
  return ref
}

test('what is left of a plan that ended is prepaid credit with its tax, which an admin can refund', async () => {
  const ref = await back600(true)
  expect(await booksOf(sql, ref.accountId)).toEqual({ cash: 1_452n, prepaid: -726n, revenue: -600n, tax: -126n })
  const [grant] = await creditsOf(sql, ref.accountId)
  const money = { accountId: ref.accountId, grantId: grant!.id, ...back(700n, 'returned') }
  await expect(refundCredit(ctx('2026-03-20'), { ...money, amountMinor: 727n })).rejects.toThrow('7.26 EUR is left')
  expect(await refundCredit(ctx('2026-03-20'), money)).toEqual({ recorded: true, leftMinor: 26n })
  expect(await refundCredit(ctx('2026-03-20'), money)).toEqual({ recorded: false, leftMinor: 26n })
  expect(await booksOf(sql, ref.accountId)).toEqual({ cash: 752n, prepaid: -26n, revenue: -600n, tax: -126n })
})

test('what is left of a plan that was not paid comes off what is open', async () => {
  const ref = await back600(false)
  expect(await booksOf(sql, ref.accountId)).toEqual({ receivable: 726n, revenue: -600n, tax: -126n })
})

test('credit that no invoice charged is prepaid credit as it is, and a plan takes credit itself', async () => {
  const free = await account('lucky', '2026-01-01')
  const paying = (await owing()).accountId
  for (const accountId of [free, paying]) {
    const { id } = await proposeAdjustment(ctx('2026-03-05'), {
      accountId,
      kind: 'manual',
      key: 'sorry',
      description: 'Sorry',
      amountMinor: -500n,
      service: { start: utc('2026-03-01'), end: utc('2026-03-02') },
      evidence: {},
    })
    await decideAdjustment(ctx('2026-03-05'), { accountId, adjustmentId: id, approve: true, decision: 'Fair' })
  }
  await settleCredit(ctx('2026-03-06'))
  expect(await booksOf(sql, free)).toEqual({ prepaid: -500n, promotion: 500n })
  expect(await creditsOf(sql, paying)).toEqual([])
})

test('the books balance', async () => {
  const accountId = await account('last', '2026-01-01')
  await start(accountId, 'cloud', '2026-03-01')
  await use(sql, accountId, 'web', utc('2026-03-03'), { cpu: 3_600_000_000n })
  expect(await faultsIn(sql)).toEqual([])
})
