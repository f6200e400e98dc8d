import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'
import {
  apartFromStripe,
  cashApart,
  leftOfStripe,
  notReplayed,
  numberGaps,
  overdrawnGrants,
  unbalanced,
  wrongReceivables,
} from './billing/audit.ts'
import { compareAll } from './billing/compare.ts'
import { simulate, type Simulated } from './billing/year.ts'

// `CUSTOMERS=1000 SEED=7 npm test -- billingYear` for another year, or a larger one.
const customers = Number(process.env['CUSTOMERS'] ?? 200)
const seed = Number(process.env['SEED'] ?? 1)
const DAYS = 399

const { sql } = await testDatabase({ max: 8 })
let year: Simulated

beforeAll(async () => {
  year = await simulate({ sql, seed, customers, days: DAYS, byCard: true })
}, 600_000)

afterAll(() => year.close())

const countOf = async (table: string): Promise<number> => {
  const [row] = await sql<{ n: number }[]>`select count(*)::int as n from ${sql(table)}`
  return row!.n
}

describe('a year of customers', () => {
  test('ends with every invoice as the naive computation has it, line by line', async () => {
    expect(year.failures).toEqual([])
    const { differences, invoices, kinds } = await compareAll(sql, year.script, year.stage)
    expect(differences).toEqual([])
    expect(invoices).toBeGreaterThan(customers * 8)
    // A year in which something never happened would prove nothing about it.
    const rare = ['flat', 'usage', 'minimum', 'proration', 'late', 'adjustment'].filter(
      (kind) => (kinds[kind] ?? 0) < customers / 4,
    )
    expect(rare).toEqual([])
  })

  test('leaves a ledger that sums to zero, and receivables that are what is open', async () => {
    expect(await unbalanced(sql)).toEqual({ transactions: [], currencies: [] })
    expect([...(await wrongReceivables(sql))]).toEqual([])
    expect([...(await overdrawnGrants(sql))]).toEqual([])
    expect([...(await cashApart(sql))]).toEqual([])
    expect(await countOf('ledger_entry')).toBeGreaterThan(customers * 20)
  })

  test('numbers invoices without a gap, and finds each again from its inputs to the byte', async () => {
    expect([...(await numberGaps(sql))]).toEqual([])
    expect(await notReplayed(sql)).toEqual([])
  })

  test('suspended who did not pay and restored who did', async () => {
    const [held] = await sql<{ placed: number; lifted: number }[]>`
      select count(*)::int as placed, count(lifted_at)::int as lifted from account_hold where kind = 'billing'`
    expect(held!.placed).toBeGreaterThan(held!.lifted)
    expect(held!.lifted).toBeGreaterThan(0)
    const wrong = await sql`select a.name from account a where exists (select from account_hold h
        where h.account_id = a.id and h.kind = 'billing' and h.lifted_at is null)
      and not exists (select from invoice i where i.account_id = a.id and i.state in ('finalized', 'uncollectible'))`
    expect([...wrong]).toEqual([])
  })

  test('has totals and payments that agree with Stripe’s, however often and in whatever order it told of them', async () => {
    expect(await apartFromStripe(sql, year.booth!.world)).toEqual([])
    const { events, drifts, calls, doubled } = await leftOfStripe(sql)
    expect([[...events], [...drifts], [...calls], [...doubled]]).toEqual([[], [], [], []])
    const [charged] = await sql<{ n: number }[]>`select count(*)::int as n from payment where key like 'stripe:%'`
    expect(charged!.n).toBeGreaterThan(customers / 2)
  })

  test('does nothing twice when its last hour is lived again', async () => {
    // Reminders go out one a run: what a day's run left is taken first.
    await year.again()
    const tables = [
      'invoice',
      'invoice_line',
      'payment',
      'ledger_transaction',
      'adjustment',
      'credit_note',
      'dunning_step',
    ]
    const before = await Promise.all(tables.map(countOf))
    await year.again()
    expect(await Promise.all(tables.map(countOf))).toEqual(before)
    expect(year.failures).toEqual([])
  })
})
