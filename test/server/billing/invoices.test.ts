import { expect, test } from 'vitest'
import { closePeriods } from '#server/billing/closePeriods.ts'
import { composeInvoice } from '#server/billing/composeInvoice.ts'
import { draftInvoice } from '#server/billing/draftInvoice.ts'
import { finalizeDrafts } from '#server/billing/finalizeDrafts.ts'
import { finalizeInvoice } from '#server/billing/finalizeInvoice.ts'
import { grantCredit } from '#server/billing/grantCredit.ts'
import { contentDigest, invoiceDigest } from '#server/billing/invoiceDigest.ts'
import { packInputs, unpackInputs } from '#server/billing/invoiceInputs.ts'
import { settleClosed } from '#server/billing/cancelSubscription.ts'
import { settleLate } from '#server/billing/settleLate.ts'
import { previewInvoice } from '#server/billing/previewInvoice.ts'
import { proposeAdjustment, decideAdjustment } from '#server/billing/adjust.ts'
import { applyCoupon } from '#server/billing/applyCoupon.ts'
import { createCoupon } from '#server/billing/coupon.ts'
import { booksOf, faultsIn, gapsIn, use } from './books.ts'
import { billingHouse, utc } from './house.ts'

const { sql, ctx, account, start } = await billingHouse()
const VCPU_H = 3_600_000_000n

let made = 0
const fresh = () => account(`customer-${++made}`, '2026-01-01')

type Row = {
  id: bigint
  key: string
  state: string
  number: string | null
  subtotalMinor: bigint
  discountMinor: bigint
  promotionalMinor: bigint
  taxMinor: bigint
  totalMinor: bigint
  prepaidMinor: bigint
  digest: string | null
}
const invoices = async (accountId: bigint) =>
  await sql<Row[]>`select id, split_part(key, ':', 1) as key, state, number, subtotal_minor, discount_minor,
    promotional_minor, tax_minor, total_minor, prepaid_minor, digest from invoice where account_id = ${accountId} order by id`
const lines = async (accountId: bigint, invoiceId: bigint) =>
  await sql<{ kind: string; description: string; quantity: bigint | null; amountMinor: bigint; serviceStart: Date }[]>`
    select kind, description, quantity, amount_minor, service_start from invoice_line
    where account_id = ${accountId} and invoice_id = ${invoiceId} order by position`
const month = async (now: string) => {
  await closePeriods(ctx(now))
  await finalizeDrafts(ctx(now))
}

test('a month of usage is billed by its hours, with tax, a number and books that balance', async () => {
  const id = await fresh()
  await start(id, 'cloud', '2026-02-01')
  await use(sql, id, 'web', utc('2026-02-10 05:00'), { cpu: 1000n * VCPU_H, egress: 5_000_000_000n })
  await use(sql, id, 'web', utc('2026-02-28 23:00'), { cpu: 500n * VCPU_H })
  await use(sql, id, 'api', utc('2026-02-01 00:00'), { cpu: 100n * VCPU_H })
  await use(sql, id, 'web', utc('2026-03-01 00:00'), { cpu: 7n * VCPU_H })
  await month('2026-03-01 00:01')
  const [invoice] = await invoices(id)
  // 1600 vCPU-h at 0.018 are 28.80, 5 GB at 0.02 are 0.10; VAT of the Netherlands is 21 %.
  expect(invoice).toMatchObject({ state: 'finalized', subtotalMinor: 2_890n, taxMinor: 607n, totalMinor: 3_497n })
  expect(invoice!.number).toMatch(/^WH-2026-\d{4}$/)
  expect(await lines(id, invoice!.id)).toMatchObject([
    { kind: 'usage', description: 'CPU, api', quantity: 100n * VCPU_H, amountMinor: 180n },
    { kind: 'usage', description: 'CPU, web', quantity: 1500n * VCPU_H, amountMinor: 2_700n },
    { kind: 'usage', description: 'Egress, web', amountMinor: 10n },
  ])
  expect(await booksOf(sql, id)).toEqual({ receivable: 3_497n, revenue: -2_890n, tax: -607n })
})

test('closing and finalizing again change nothing', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-02-01')
  await month('2026-03-01 00:01')
  const before = await invoices(id)
  await month('2026-03-01 00:02')
  await Promise.all([closePeriods(ctx('2026-03-01 00:03')), closePeriods(ctx('2026-03-01 00:03'))])
  await Promise.all([finalizeDrafts(ctx('2026-03-01 00:04')), finalizeDrafts(ctx('2026-03-01 00:04'))])
  expect(await invoices(id)).toEqual(before)
  expect(before).toMatchObject([
    { key: 'start', totalMinor: 1_452n },
    { key: 'period', totalMinor: 1_452n },
  ])
})

test('a store that was away for three months closes each of them, in order', async () => {
  const id = await fresh()
  await start(id, 'cloud', '2026-01-31')
  for (const day of ['2026-02-10', '2026-03-10', '2026-04-10'])
    await use(sql, id, 'web', utc(day), { cpu: 100n * VCPU_H })
  await month('2026-05-01')
  const rows = await sql<{ periodStart: Date; periodEnd: Date; subtotalMinor: bigint }[]>`
    select period_start, period_end, subtotal_minor from invoice where account_id = ${id} order by period_start`
  expect(rows.map((row) => [row.periodStart, row.periodEnd, row.subtotalMinor])).toEqual([
    [utc('2026-01-31'), utc('2026-02-28'), 180n],
    [utc('2026-02-28'), utc('2026-03-31'), 180n],
    [utc('2026-03-31'), utc('2026-04-30'), 180n],
  ])
})

test('two workers that finalize the same invoice make one, and numbers have no gap', async () => {
  const ids = await Promise.all([fresh(), fresh(), fresh()])
  for (const id of ids) await start(id, 'team', '2026-03-02')
  await closePeriods(ctx('2026-04-02 00:01'))
  const drafts = await sql<{ accountId: bigint; id: bigint }[]>`select account_id, id from invoice
    where state = 'draft' and account_id = any(${ids.map(String)}::bigint[])`
  expect(drafts).toHaveLength(3)
  const at = ctx('2026-04-02 00:02')
  const ended = await Promise.all(
    [...drafts, ...drafts].map(({ accountId, id: invoiceId }) => finalizeInvoice(at, { accountId, invoiceId })),
  )
  expect(ended.filter((one) => one.outcome === 'finalized')).toHaveLength(3)
  expect(ended.filter((one) => one.outcome === 'before')).toHaveLength(3)
  expect(await gapsIn(sql)).toEqual([])
  expect(await faultsIn(sql)).toEqual([])
})

test('a finalizing that fails leaves no gap: the number is given to the next', async () => {
  const [broken, sound] = [await fresh(), await fresh()]
  for (const id of [broken, sound]) await start(id, 'team', '2026-03-05')
  await closePeriods(ctx('2026-04-05 00:01'))
  await sql`create function fail_once() returns trigger language plpgsql as $$
    begin if new.number is not null and new.account_id = ${sql.unsafe(String(broken))} then raise exception 'a crash'; end if; return new; end $$`
  await sql`create trigger fail_once before update on invoice for each row execute function fail_once()`
  await finalizeDrafts(ctx('2026-04-05 00:02'))
  expect((await invoices(broken)).at(-1)).toMatchObject({ state: 'draft', number: null })
  expect((await invoices(sound)).at(-1)).toMatchObject({ state: 'finalized' })
  await sql`drop trigger fail_once on invoice`
  await finalizeDrafts(ctx('2026-04-05 00:03'))
  expect((await invoices(broken)).at(-1)).toMatchObject({ state: 'finalized' })
  expect(await gapsIn(sql)).toEqual([])
})

test('replaying the stored inputs gives the same bytes, lines and digest', async () => {
  const id = await fresh()
  await start(id, 'business', '2026-03-01', { quantities: { private_repositories: 33 } })
  await grantCredit(ctx('2026-03-02'), {
    accountId: id,
    kind: 'promotional',
    amountMinor: 700n,
    reason: 'Welcome',
    key: 'w',
  })
  await month('2026-04-01 00:01')
  const invoice = (await invoices(id)).at(-1)!
  const [row] = await sql<{ body: Buffer }[]>`select body from invoice_input
    where account_id = ${id} and invoice_id = ${invoice.id}`
  const inputs = unpackInputs(row!.body)
  const composed = composeInvoice(inputs)
  expect(packInputs(inputs).equals(row!.body)).toBe(true)
  expect(invoiceDigest(contentDigest(inputs, composed), invoice.number!)).toBe(invoice.digest)
  expect(composed.totals).toMatchObject({ promotionalMinor: 700n, totalMinor: invoice.totalMinor })
})

test('promotional credit is used before tax, prepaid after, by priority and then by what ends first', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-04-01')
  const grant = (
    key: string,
    kind: 'prepaid' | 'promotional',
    amountMinor: bigint,
    expiresAt: string | null,
    priority = 100,
  ) =>
    grantCredit(ctx('2026-04-02'), {
      accountId: id,
      kind,
      amountMinor,
      reason: key,
      key,
      priority,
      expiresAt: expiresAt === null ? null : utc(expiresAt),
    })
  await grant('later', 'promotional', 150n, '2026-12-01')
  await grant('sooner', 'promotional', 100n, '2026-08-01')
  await grant('over', 'promotional', 500n, '2026-04-20')
  await grant('last', 'prepaid', 300n, null, 200)
  await grant('first', 'prepaid', 200n, null, 1)
  await month('2026-05-01 00:01')
  const invoice = (await invoices(id)).at(-1)!
  // 12.00 − 2.50 promotional = 9.50, with 21 % (half to even: 199.5 gives 200) 11.50, of which 5.00 are prepaid.
  expect(invoice).toMatchObject({ promotionalMinor: 250n, taxMinor: 200n, totalMinor: 1_150n, prepaidMinor: 500n })
  const left = await sql<{ reason: string; left: bigint }[]>`select g.reason, -sum(e.amount_minor)::bigint as left
    from credit_grant g join ledger_entry e on e.account_id = g.account_id and e.book = g.kind || ':' || g.id
    where g.account_id = ${id} group by 1`
  expect(Object.fromEntries(left.map((row) => [row.reason, row.left]))).toEqual({
    later: 0n,
    sooner: 0n,
    over: 500n,
    first: 0n,
    last: 0n,
  })
  expect(await faultsIn(sql)).toEqual([])
})

test('credit beyond an invoice is carried to the next, before tax', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-04-01')
  const { id: adjustmentId } = await proposeAdjustment(ctx('2026-04-10'), {
    accountId: id,
    kind: 'manual',
    key: 'sorry',
    description: 'For the trouble',
    amountMinor: -2_000n,
    service: { start: utc('2026-04-01'), end: utc('2026-05-01') },
    evidence: {},
  })
  await decideAdjustment(ctx('2026-04-11'), { accountId: id, adjustmentId, approve: true, decision: 'yes' })
  await month('2026-05-01 00:01')
  expect((await invoices(id)).at(-1)).toMatchObject({ state: 'paid', subtotalMinor: 0n, totalMinor: 0n })
  await month('2026-06-01 00:01')
  expect((await invoices(id)).at(-1)).toMatchObject({ subtotalMinor: 400n, totalMinor: 484n })
  expect(await faultsIn(sql)).toEqual([])
})

test('usage that comes late is a line of the next invoice with its true period, and what was too much comes back', async () => {
  const id = await fresh()
  await start(id, 'cloud', '2026-02-01')
  await use(sql, id, 'web', utc('2026-02-10 05:00'), { cpu: 100n * VCPU_H })
  await month('2026-03-01 00:01')
  await use(sql, id, 'web', utc('2026-02-11 05:00'), { cpu: 50n * VCPU_H })
  await use(sql, id, 'late', utc('2026-02-28 23:00'), { egress: 100_000_000_000n })
  await use(sql, id, 'web', utc('2026-03-10 05:00'), { cpu: 10n * VCPU_H })
  await month('2026-04-01 00:01')
  const second = (await invoices(id)).at(-1)!
  expect(await lines(id, second.id)).toMatchObject([
    { kind: 'usage', amountMinor: 18n },
    {
      kind: 'late',
      description: 'CPU, web, reported late',
      quantity: 50n * VCPU_H,
      amountMinor: 90n,
      serviceStart: utc('2026-02-01'),
    },
    { kind: 'late', description: 'Egress, late, reported late', amountMinor: 200n, serviceStart: utc('2026-02-01') },
  ])
  await use(sql, id, 'web', utc('2026-02-11 05:00'), { cpu: -20n * VCPU_H })
  await use(sql, id, 'web', utc('2026-04-02 05:00'), { cpu: 1000n * VCPU_H })
  await month('2026-05-01 00:01')
  const third = (await invoices(id)).at(-1)!
  expect(await lines(id, third.id)).toMatchObject([
    { kind: 'usage', amountMinor: 1_800n },
    { kind: 'late', description: 'CPU, web, corrected', quantity: -20n * VCPU_H, amountMinor: -36n },
  ])
  await month('2026-06-01 00:01')
  expect(await invoices(id)).toHaveLength(3)
})

test('a month without any usage makes no invoice, and what comes late for it is billed all the same', async () => {
  const id = await fresh()
  await start(id, 'cloud', '2026-02-01')
  await month('2026-03-01 00:01')
  expect(await invoices(id)).toEqual([])
  await use(sql, id, 'web', utc('2026-02-10'), { cpu: 100n * VCPU_H })
  await month('2026-04-01 00:01')
  expect(await lines(id, (await invoices(id))[0]!.id)).toMatchObject([{ kind: 'late', amountMinor: 180n }])
})

test('a coupon that counts once is used up by the invoice it took something off', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-03-01')
  await createCoupon(ctx('2026-03-01'), {
    code: 'HALF',
    name: 'Half',
    percent: '50',
    amountMinor: null,
    currency: null,
    duration: 'once',
    months: null,
    mostRedemptions: null,
    expiresAt: null,
  })
  await applyCoupon(ctx('2026-03-02'), { accountId: id, code: 'HALF' })
  await month('2026-04-01 00:01')
  await month('2026-05-01 00:01')
  expect((await invoices(id)).map((row) => row.discountMinor)).toEqual([0n, 600n, 0n])
})

test('the preview says what the invoice then says', async () => {
  const id = await fresh()
  await start(id, 'cloud', '2026-02-01')
  await use(sql, id, 'web', utc('2026-02-10 05:00'), { cpu: 1000n * VCPU_H })
  const soFar = await previewInvoice(sql, id, utc('2026-02-15'))
  expect(soFar?.totals).toMatchObject({ subtotalMinor: 1_800n, totalMinor: 2_178n })
  await month('2026-03-01 00:01')
  expect((await invoices(id))[0]).toMatchObject({ subtotalMinor: 1_800n, totalMinor: 2_178n })
})

test('amounts beyond 2^53, and currencies without minor units or with three, are exact', async () => {
  for (const [currency, minors] of [
    ['JPY', 9_007_199_254_740_993n],
    ['BHD', 90_071_992_547_409_931n],
  ] as const) {
    const id = await fresh()
    await sql`update billing_profile set currency = ${currency}, country = 'US' where account_id = ${id}`
    const period = { start: utc('2026-03-01'), end: utc('2026-04-01') }
    const invoiceId = await sql.begin((tx) =>
      draftInvoice(tx, ctx('2026-04-01'), {
        accountId: id,
        subscriptionId: null,
        period,
        key: `big:${id}`,
        driver: 'manual',
        lines: [
          {
            kind: 'manual',
            description: 'A harbour',
            planVersionId: null,
            price: null,
            meter: null,
            app: null,
            quantity: 1n,
            unitAmount: null,
            exact: minors.toString(),
            amount: minors as never,
            service: period,
            detail: {},
          },
        ],
      }),
    )
    const done = await finalizeInvoice(ctx('2026-04-01'), { accountId: id, invoiceId })
    expect(done.totalMinor).toBe(minors)
    expect(await booksOf(sql, id)).toEqual({ receivable: minors, revenue: -minors })
  }
})

test('a finalized invoice is not edited: the database names the right way', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-03-01')
  const [invoice] = await invoices(id)
  const edit = sql`update invoice set total_minor = 1 where account_id = ${id} and id = ${invoice!.id}`
  await expect(edit).rejects.toThrow('a finalized invoice never changes; make a credit note')
  const line = sql`update invoice_line set amount_minor = 1 where account_id = ${id} and invoice_id = ${invoice!.id}`
  await expect(line).rejects.toThrow('make a credit note')
})

test('every ledger transaction sums to zero, and receivables are what invoices say is open', async () => {
  expect(await faultsIn(sql)).toEqual([])
  expect(await gapsIn(sql)).toEqual([])
})

test('a draft that comes to nothing is dropped, and its window stays closed', async () => {
  const id = await fresh()
  await start(id, 'cloud', '2026-02-01')
  await closePeriods(ctx('2026-03-01 00:01'))
  const [draft] = await invoices(id)
  const ended = await finalizeInvoice(ctx('2026-03-01 00:02'), { accountId: id, invoiceId: draft!.id })
  expect(ended).toEqual({ outcome: 'dropped', number: '', totalMinor: 0n })
  expect(await invoices(id)).toEqual([])
  const windows = await sql`select 1 from billed_window where account_id = ${id}`
  expect(windows).toHaveLength(1)
})

test('an account without a plan pays what comes late by an invoice of its own, and gets back by a credit note', async () => {
  const id = await fresh()
  await start(id, 'cloud', '2026-02-01')
  await use(sql, id, 'web', utc('2026-02-10'), { cpu: 100n * VCPU_H })
  await settleClosed(ctx('2026-02-20'), { accountId: String(id) })
  await finalizeDrafts(ctx('2026-02-20 00:01'))
  expect(await invoices(id)).toMatchObject([{ state: 'finalized', subtotalMinor: 180n }])
  await use(sql, id, 'web', utc('2026-02-11'), { cpu: 50n * VCPU_H })
  await Promise.all([settleLate(ctx('2026-02-25')), settleLate(ctx('2026-02-25'))])
  await settleLate(ctx('2026-02-26'))
  expect(await invoices(id)).toMatchObject([{ subtotalMinor: 180n }, { state: 'finalized', subtotalMinor: 90n }])
  await use(sql, id, 'web', utc('2026-02-11'), { cpu: -80n * VCPU_H })
  await settleLate(ctx('2026-02-27'))
  await settleLate(ctx('2026-02-28'))
  const notes = await sql<{ netMinor: bigint; taxMinor: bigint; settledAs: string }[]>`
    select net_minor, tax_minor, settled_as from credit_note where account_id = ${id}`
  // 80 vCPU-h are 1.44: more than the last invoice bears, so the one before does.
  expect(notes).toEqual([{ netMinor: 144n, taxMinor: 30n, settledAs: 'open_balance' }])
  expect(await faultsIn(sql)).toEqual([])
})

test('late usage is settled in the order of locks that a payment takes: the invoice, then the account', async () => {
  const id = await fresh()
  await start(id, 'cloud', '2026-02-01')
  await use(sql, id, 'web', utc('2026-02-10'), { cpu: 100n * VCPU_H })
  await settleClosed(ctx('2026-02-20'), { accountId: String(id) })
  await finalizeDrafts(ctx('2026-02-20 00:01'))
  await use(sql, id, 'web', utc('2026-02-11'), { cpu: -50n * VCPU_H })
  let settling: Promise<unknown> = Promise.resolve()
  await sql.begin(async (tx) => {
    const [paying] = await tx<
      { pid: number }[]
    >`select pg_backend_pid() as pid from invoice where account_id = ${id} for update`
    settling = settleLate(ctx('2026-02-25'))
    for (;;) {
      const [waiting] = await sql`select 1 from pg_stat_activity where ${paying!.pid} = any(pg_blocking_pids(pid))`
      if (waiting) break
    }
    await tx`select 1 from billing_profile where account_id = ${id} for no key update nowait`
  })
  await settling
  const notes = await sql`select 1 from credit_note where account_id = ${id}`
  expect(notes).toHaveLength(1)
})
