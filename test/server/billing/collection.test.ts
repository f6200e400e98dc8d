import { expect, test } from 'vitest'
import { amountIn } from '#server/billing/amount.ts'
import { closePeriods } from '#server/billing/closePeriods.ts'
import { collectBy } from '#server/billing/drivers.ts'
import { exportInvoices } from '#server/billing/exportInvoices.ts'
import { finalizeDrafts } from '#server/billing/finalizeDrafts.ts'
import { grantCredit } from '#server/billing/grantCredit.ts'
import { recordPayment } from '#server/billing/recordPayment.ts'
import { settle } from '#server/billing/settle.ts'
import { addCluster, addEpoch, addHost } from '../usage/place.ts'
import { use } from './books.ts'
import { billingHouse, utc } from './house.ts'

const { sql, ctx, account, start, person, as, jobs } = await billingHouse()
const boss = await person('boss', null, 'owner', ['admin'])
const VCPU_H = 3_600_000_000n

const stateOf = async (accountId: bigint) =>
  (
    await sql<{ state: string }[]>`select state from invoice where account_id = ${accountId} order by id desc limit 1`
  )[0]?.state

test('a draft waits for its hosts: until they have reported past its end, or a day', async () => {
  const cluster = await addCluster(sql, 'waiting')
  const placed = async (name: string) => {
    const accountId = await account(name, '2026-01-01')
    await start(accountId, 'cloud', '2026-02-01')
    await use(sql, accountId, 'web', utc('2026-02-10'), { cpu: 100n * VCPU_H })
    const hostId = await addHost(sql, cluster, `host-of-${name}`)
    const epoch = await addEpoch(sql, hostId, 'web', { openedAt: utc('2026-02-05') })
    await sql`insert into attribution (host_id, epoch, from_hour, account_id, app, source)
      values (${hostId}, ${epoch}, ${Math.floor(utc('2026-02-05').getTime() / 3_600_000)}, ${accountId}, 'web', 'label')`
    return { accountId, hostId }
  }
  const reported = async (hostId: number, until: string, more: { missing?: number } = {}) => {
    await sql`insert into host_progress (host_id, contiguous_seq, max_seq, last_minute)
      values (${hostId}, 10, ${10 + (more.missing ?? 0)}, ${utc(until).getTime() / 60_000})
      on conflict (host_id) do update set max_seq = excluded.max_seq, last_minute = excluded.last_minute`
  }
  const [silent, gappy, unrolled] = [await placed('silent'), await placed('gappy'), await placed('unrolled')]
  await reported(silent.hostId, '2026-02-28 23:50')
  await reported(gappy.hostId, '2026-03-01 00:05', { missing: 2 })
  await reported(unrolled.hostId, '2026-03-01 00:05')
  await sql`insert into hour_due (host_id, hour) values (${unrolled.hostId}, ${utc('2026-02-28 22:00').getTime() / 3_600_000})`
  await closePeriods(ctx('2026-03-01 00:06'))
  await finalizeDrafts(ctx('2026-03-01 00:06'))
  for (const { accountId } of [silent, gappy, unrolled]) expect(await stateOf(accountId)).toBe('draft')
  await reported(silent.hostId, '2026-03-01 00:00')
  await sql`delete from hour_due`
  await finalizeDrafts(ctx('2026-03-01 00:07'))
  expect(await stateOf(silent.accountId)).toBe('finalized')
  expect(await stateOf(unrolled.accountId)).toBe('finalized')
  expect(await stateOf(gappy.accountId)).toBe('draft')
  await finalizeDrafts(ctx('2026-03-02 00:00'))
  expect(await stateOf(gappy.accountId)).toBe('finalized')
})

test('a finalized invoice goes out by mail, once, to everybody who hears of bills', async () => {
  const accountId = await account('mailed', '2026-01-01')
  await person('owner-of-mailed', accountId, 'owner')
  await person('member-of-mailed', accountId, 'member')
  await sql`update billing_profile set contacts = '{books@example.com}' where account_id = ${accountId}`
  const { billed } = await start(accountId, 'team', '2026-03-01')
  if (billed.as !== 'invoice') throw new Error('no invoice')
  const job = { accountId: String(accountId), invoiceId: String(billed.invoiceId), event: 'finalized' as const }
  expect(await jobs('billing.collect')).toContainEqual(job)
  await collectBy(ctx('2026-03-01'), job)
  const mails = (await jobs('notices.mail')).filter((mail) => String(mail['key']).startsWith('invoice:'))
  expect(mails.map((mail) => mail['to'])).toEqual(['books@example.com', 'owner-of-mailed@example.com'])
  expect(String(mails[0]!['text'])).toMatch(/Please pay 14\.52 EUR by 2026-03-15, with the reference WH-2026-\d{4}/)
})

test('admins do by procedures what the ledger then shows, and a double click is one payment', async () => {
  const accountId = await account('clicked', '2026-01-01')
  const { billed } = await start(accountId, 'team', '2026-03-01')
  if (billed.as !== 'invoice') throw new Error('no invoice')
  const { collection } = as(boss, '2026-03-05').billing
  const paying = {
    account: 'clicked',
    invoiceId: String(billed.invoiceId),
    amount: '14.52',
    method: 'transfer' as const,
    reference: 'NL91',
    receivedAt: '2026-03-05T10:00:00Z',
  }
  const done = await Promise.all([collection.recordPayment(paying), collection.recordPayment(paying)])
  expect(done.map((one) => one.recorded).toSorted()).toEqual([false, true])
  const view = await collection.invoice({ account: 'clicked', invoiceId: String(billed.invoiceId) })
  expect(view.invoice).toMatchObject({ state: 'paid', paidMinor: 1_452n, openMinor: 0n })
  expect(view.payments).toMatchObject([{ amountMinor: 1_452n, recordedBy: 'boss@example.com' }])
  await expect(
    collection.void({ account: 'clicked', invoiceId: String(billed.invoiceId), reason: 'oops' }),
  ).rejects.toThrow('make a credit note instead')
  const { rows } = await collection.invoices({ state: 'paid', text: 'clicked' })
  expect(rows).toMatchObject([{ account: 'clicked', state: 'paid' }])
})

test('pages of all invoices follow each other without a gap or a repeat, in every order', async () => {
  const { collection } = as(boss, '2026-05-01').billing
  for (const state of ['all', 'open', 'past_due'] as const) {
    const whole = await collection.invoices({ state })
    const seen: bigint[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof collection.invoices>> = await collection.invoices({
        state,
        limit: 2,
        ...(cursor ? { cursor } : {}),
      })
      seen.push(...page.rows.map((row) => row.id))
      cursor = page.nextCursor
    } while (cursor)
    expect(seen).toEqual(whole.rows.map((row) => row.id))
    expect(seen.length).toBeGreaterThan(1)
  }
})

test('an export has every line, and its amounts sum to the invoice', async () => {
  const accountId = await account('exported', '2026-01-01')
  await grantCredit(ctx('2026-02-01'), { accountId, kind: 'promotional', amountMinor: 333n, reason: 'p', key: 'p' })
  await start(accountId, 'business', '2026-03-01', { quantities: { private_repositories: 27 } })
  const window = { start: utc('2026-01-01'), end: utc('2027-01-01') }
  const named = { id: accountId, name: 'exported' }
  const { text } = await exportInvoices(sql, named, { window, format: 'csv' })
  const [head, ...rows] = text.trim().split('\r\n')
  // The last columns hold no comma.
  const column = head!.split(',').indexOf('amount') - head!.split(',').length
  const cents = (row: string) => Math.round(Number(row.split(',').at(column)) * 100)
  const json = JSON.parse((await exportInvoices(sql, named, { window, format: 'json' })).text) as {
    invoices: { totalMinor: string; lines: unknown[] }[]
  }
  expect(json.invoices).toHaveLength(1)
  expect(rows.reduce((sum, row) => sum + cents(row), 0)).toBe(Number(json.invoices[0]!.totalMinor))
  expect(json.invoices[0]!.lines).toHaveLength(2)
})

test('an amount is read by its currency', () => {
  expect(amountIn('1,386.6', 'EUR', 'amount')).toBe(138_660n)
  expect(amountIn('-12', 'JPY', 'amount')).toBe(-12n)
  expect(amountIn('0.001', 'BHD', 'amount')).toBe(1n)
  expect(() => amountIn('12.5', 'JPY', 'amount')).toThrow('at most 0 decimals')
  expect(() => amountIn('twelve', 'EUR', 'amount')).toThrow('an amount in EUR')
})

test('a draft shows what it would say now, and an admin need not wait for its hosts', async () => {
  const accountId = await account('drafted', '2026-01-01')
  await start(accountId, 'cloud', '2026-07-01')
  await use(sql, accountId, 'web', utc('2026-07-10'), { cpu: 100n * VCPU_H })
  await closePeriods(ctx('2026-08-01 00:01'))
  const { collection } = as(boss, '2026-08-01 00:02').billing
  const drafts = await collection.invoices({ state: 'draft', account: 'drafted' })
  const of = { account: 'drafted', invoiceId: String(drafts.rows[0]!.id) }
  expect((await collection.invoice(of)).lines).toMatchObject([{ description: 'CPU, web', amountMinor: 180n }])
  await use(sql, accountId, 'web', utc('2026-07-11'), { cpu: 100n * VCPU_H })
  const view = await collection.invoice(of)
  expect(view.invoice).toMatchObject({ state: 'draft', subtotalMinor: 360n, totalMinor: 436n })
  expect(await collection.finalize(of)).toMatchObject({ outcome: 'finalized', totalMinor: 436n })
  expect(await collection.finalize(of)).toMatchObject({ outcome: 'before' })
})

test('webhooks that asked hear that an invoice is final and that it is paid, each once', async () => {
  const accountId = await account('hooked', '2026-01-01')
  await sql`insert into webhook_endpoint (account_id, url, types, sealed_secret, created_by)
    values (${accountId}, 'https://example.com/hook', '{invoice.finalized,invoice.paid}', 'x', 'test')`
  const { billed } = await start(accountId, 'team', '2026-03-01')
  if (billed.as !== 'invoice') throw new Error('no invoice')
  const ref = { accountId, invoiceId: billed.invoiceId }
  const job = { accountId: String(accountId), invoiceId: String(billed.invoiceId), event: 'finalized' as const }
  await collectBy(ctx('2026-03-01'), job)
  await collectBy(ctx('2026-03-01'), job)
  await settle(ctx('2026-03-01'), ref)
  const told = () => sql<{ type: string; body: string }[]>`select type, body from webhook_delivery d
    join webhook_endpoint e on e.id = d.endpoint_id where e.account_id = ${accountId} order by d.id`
  expect((await told()).map((row) => row.type)).toEqual(['invoice.finalized'])
  expect(JSON.parse((await told())[0]!.body)).toMatchObject({
    data: { account: 'hooked', total: '14.52', open: '14.52' },
  })
  const payment = {
    amountMinor: 1_452n,
    method: 'transfer' as const,
    key: 'h',
    reference: '',
    receivedAt: utc('2026-03-02'),
  }
  await recordPayment(ctx('2026-03-02'), { ...ref, ...payment })
  await settle(ctx('2026-03-02'), ref)
  await settle(ctx('2026-03-02'), ref)
  expect((await told()).map((row) => row.type)).toEqual(['invoice.finalized', 'invoice.paid'])
})
