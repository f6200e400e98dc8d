import { expect, test } from 'vitest'
import { booksOf, faultsIn, use } from '../books.ts'
import { utc } from '../house.ts'
import { stripeHouse } from './stripeHouse.ts'

const house = await stripeHouse('2026-02-01 09:00')
const { sql, account, at, giveCard, settle, invoices, theirs, drifts, failures } = house

test('a plan bought at Checkout is paid there, renews with its usage on the renewal, and is paid again', async () => {
  const id = await account('acme', '2026-01-01')
  const { mode } = await giveCard('acme', id, 'works', 'pro', { quantities: { repositories: 12 } })
  expect(mode).toBe('subscription')
  await settle()
  expect(failures).toEqual([])
  const [first] = await invoices(id)
  expect(first).toMatchObject({ kind: 'start', state: 'paid', stripeState: 'paid' })
  expect(first!.number).toBe(theirs()[0]!.number)
  expect(await sql`select card ->> 'last4' as last4, driver from billing_profile where account_id = ${id}`).toEqual([
    { last4: '4242', driver: 'stripe' },
  ])

  await use(sql, id, 'web', utc('2026-02-10 05:00'), { cpu: 1_000n * 3_600_000_000n })
  await at('2026-03-01 09:30')
  await at('2026-03-02 10:00')
  expect(failures).toEqual([])
  const [, second] = await invoices(id)
  expect(second).toMatchObject({ kind: 'period', state: 'paid', stripeState: 'paid' })
  const there = theirs().find((one) => one.id === second!.stripeInvoiceId)!
  expect(there).toMatchObject({
    billing_reason: 'subscription_cycle',
    status: 'paid',
    total: Number(second!.totalMinor),
  })
  expect(theirs()).toHaveLength(2)
  expect(await drifts()).toEqual([])
  expect(await faultsIn(sql)).toEqual([])
  expect((await booksOf(sql, id))['receivable']).toBeUndefined()
})
