import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { rejectDispute, upholdDispute } from '#server/billing/closeDispute.ts'
import { correctInputs, differenceOf } from '#server/billing/correctInputs.ts'
import { disputeView, listDisputes } from '#server/billing/disputeReads.ts'
import { holdWindows } from '#server/billing/holdWindows.ts'
import { invoiceCsv } from '#server/billing/invoiceCsv.ts'
import { invoicePdf } from '#server/billing/invoicePdf.ts'
import { invoiceSheet } from '#server/billing/invoiceSheet.ts'
import { packInputs, unpackInputs } from '#server/billing/invoiceInputs.ts'
import { openDispute } from '#server/billing/openDispute.ts'
import { replayDispute } from '#server/billing/replayDispute.ts'
import { replay, replayInvoice } from '#server/billing/replayInvoice.ts'
import { holdEvidence, isHeld, releaseEvidence } from '#server/usage/evidenceHolds.ts'
import { keepPartitions } from '#server/usage/partitions.ts'
import { testDatabase } from '../../support/database.ts'
import { addAccount } from '../usage/place.ts'
import { CLOUD, finalizeByHand, inputsOf, publish } from './invoiced.ts'

const { sql } = await testDatabase()
const env = readEnv({ WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-disputes-')) })
const DAY_MS = 86_400_000
const now = new Date('2026-11-03T09:00:00Z')
const ctx = systemContext(sql, env, 'test', now)
const version = await publish(sql, CLOUD)
const FROM = Date.UTC(2026, 9, 1) / 3_600_000
const UNTIL = Date.UTC(2026, 10, 1) / 3_600_000

let made = 0
/** An account with an invoice of two apps for October. */
const invoiced = async () => {
  const name = `asks-${++made}`
  const id = await addAccount(sql, name)
  const number = `W-2026-${made}`
  const inputs = await inputsOf(sql, id, version, FROM, UNTIL, now)
  const used = (scale: bigint) => ({
    cpu: 3_600_000_000n * 700n * scale,
    memory: 3_686_400n * 9_001n * scale,
    disk: 3_686_400n * 12_345n,
    egress: 2_500_000_000n * scale,
  })
  const usage = {
    ...inputs.usage!,
    hours: [
      { app: 'api', hour: FROM, used: used(2n) },
      { app: 'web', hour: FROM, used: used(1n) },
    ],
  }
  const invoiceId = await finalizeByHand(sql, id, { ...inputs, key: `period:${made}`, usage }, number)
  const sheet = await invoiceSheet(sql, { id, name }, number, now)
  const positionOf = (description: string) => sheet.lines.find((line) => line.description === description)!.position
  return { account: { id, name }, invoiceId, number, sheet, positionOf }
}
const ask = (of: Awaited<ReturnType<typeof invoiced>>, position: number | null) =>
  openDispute(ctx, of.account, { number: of.number, position, question: 'this ran without us' })
const half = (fromHour = FROM) => ({
  usage: [{ fromHour, app: 'web', meter: 'cpu' as const, quantity: 3_600_000_000n * 350n }],
  prices: [],
})

describe('replay', () => {
  test('gives the same bytes, again and again', async () => {
    const { account, number, invoiceId } = await invoiced()
    const found = await replayInvoice(sql, account.id, { number })
    expect(found.isSame).toBe(true)
    const [row] = await sql<{ body: Buffer }[]>`select body from invoice_input where invoice_id = ${invoiceId}`
    const [once, twice] = [replay(row!.body, number), replay(row!.body, number)]
    expect(once.packed.equals(row!.body)).toBe(true)
    expect(packInputs(unpackInputs(once.packed)).equals(twice.packed)).toBe(true)
    expect(once.digest).toBe(found.given)
    expect(replay(row!.body, 'W-1').digest).not.toBe(found.given)
  })

  test('with a corrected quantity or price changes those lines and no other', async () => {
    const { account, number } = await invoiced()
    const { inputs } = await replayInvoice(sql, account.id, { number })
    const less = differenceOf(inputs, correctInputs(inputs, half()))
    const changed = less.lines.filter((line) => line.beforeMinor !== line.afterMinor)
    expect(changed).toMatchObject([{ description: 'CPU, web', beforeMinor: 1_260n, afterMinor: 630n }])
    expect(less.subtotalMinor).toBe(-630n)
    const dearer = differenceOf(
      inputs,
      correctInputs(inputs, { usage: [], prices: [{ key: 'cpu', unitAmount: '0.0200' }] }),
    )
    expect(dearer.lines.filter((line) => line.beforeMinor !== line.afterMinor).map((line) => line.description)).toEqual(
      ['CPU, api', 'CPU, web'],
    )
    expect(differenceOf(inputs, correctInputs(inputs, { usage: [], prices: [] })).subtotalMinor).toBe(0n)
  })

  test('refuses corrections that fit nothing on the invoice', async () => {
    const { account, number } = await invoiced()
    const { inputs } = await replayInvoice(sql, account.id, { number })
    const tried = [
      { usage: [], prices: [{ key: 'nothing', unitAmount: '1' }] },
      { usage: [], prices: [{ key: 'egress', unitAmount: '1' }] },
      half(FROM + 1),
      { usage: [{ fromHour: FROM, app: 'other', meter: 'cpu' as const, quantity: 1n }], prices: [] },
    ]
    for (const correction of tried)
      expect(() => correctInputs(inputs, correction)).toThrow(expect.objectContaining({ code: 'UNPROCESSABLE' }))
  })
})

describe('a dispute', () => {
  test('is open once a line, holds what proves it, and tells operators', async () => {
    const of = await invoiced()
    const position = of.positionOf('CPU, web')
    const { id } = await ask(of, position)
    await expect(ask(of, position)).rejects.toMatchObject({ code: 'CONFLICT' })
    await ask(of, null)
    await expect(ask(of, 999)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await isHeld(sql, new Date('2026-10-01'), new Date('2026-10-02'))).toBe(true)
    const [notice] = await sql`select audience, href from notice where key = ${`dispute:${of.account.id}:${id}`}`
    expect(notice).toEqual({ audience: 'operators', href: `/ops/billing/disputes/${of.account.name}/${id}` })
    expect((await listDisputes(sql, { state: 'open', limit: 10 })).map((row) => row.id)).toContain(id)
  })

  test('of two who ask at once about a line, one does', async () => {
    const of = await invoiced()
    const position = of.positionOf('CPU, api')
    const asked = await Promise.allSettled([ask(of, position), ask(of, position), ask(of, position)])
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('upheld becomes a credit note of what its replay takes off, line by line, and the invoice stays as it was', async () => {
    const of = await invoiced()
    const position = of.positionOf('CPU, web')
    const { id } = await ask(of, position)
    const dispute = { accountId: of.account.id, disputeId: id }
    const answer = 'Our maintenance left it running.'
    const settlement = { by: 'credit_note' as const, settledAs: 'open_balance' as const }
    await expect(upholdDispute(ctx, { ...dispute, answer, settlement })).rejects.toMatchObject({
      code: 'UNPROCESSABLE',
    })
    await replayDispute(ctx, { ...dispute, correction: half(), why: 'left running' })
    const seen = await disputeView(sql, of.account.name, id)
    expect(seen.replays).toBe(true)
    expect(seen.replay).toMatchObject({ why: 'left running', difference: { subtotalMinor: '-630' } })
    await upholdDispute(ctx, { ...dispute, answer, settlement })
    const after = await invoiceSheet(sql, of.account, of.number, now)
    expect(after.notes).toMatchObject([{ totalMinor: 630n, settledAs: 'open_balance' }])
    expect(after.openMinor).toBe(of.sheet.openMinor - 630n)
    expect(after.lines).toEqual(of.sheet.lines)
    expect(after.questions).toMatchObject([{ state: 'upheld', answer }])
    const [note] = await sql`select lines from credit_note where account_id = ${of.account.id}`
    expect(note!['lines']).toEqual([{ position, description: 'CPU, web', amountMinor: '630' }])
    const [hold] = await sql`select released_at from evidence_hold where key = ${`dispute:${of.account.id}:${id}`}`
    expect(hold!['releasedAt']).toEqual(now)
    await expect(rejectDispute(ctx, { ...dispute, answer })).rejects.toMatchObject({ code: 'CONFLICT' })
    expect((await replayInvoice(sql, of.account.id, { number: of.number })).isSame).toBe(true)
  })

  test('upheld as a line of the next invoice is an approved adjustment', async () => {
    const of = await invoiced()
    const { id } = await ask(of, null)
    const dispute = { accountId: of.account.id, disputeId: id }
    await replayDispute(ctx, { ...dispute, correction: half(), why: 'left running' })
    await upholdDispute(ctx, { ...dispute, answer: 'You are right.', settlement: { by: 'adjustment' } })
    const rows =
      await sql`select kind, state, amount_minor, currency from adjustment where account_id = ${of.account.id}`
    expect(rows).toEqual([{ kind: 'dispute', state: 'approved', amountMinor: -630n, currency: 'EUR' }])
  })

  test('rejected has an answer and changes nothing', async () => {
    const of = await invoiced()
    const { id } = await ask(of, null)
    await rejectDispute(ctx, { accountId: of.account.id, disputeId: id, answer: 'The readings say so.' })
    const after = await invoiceSheet(sql, of.account, of.number, now)
    expect(after).toMatchObject({ openMinor: of.sheet.openMinor, notes: [], questions: [{ state: 'rejected' }] })
    const [notice] = await sql`select resolved_at from notice where key = ${`dispute:${of.account.id}:${id}`}`
    expect(notice!['resolvedAt']).toEqual(now)
  })
})

describe('reports are kept', () => {
  const daysOf = async () => {
    const rows = await sql<{ name: string }[]>`select c.relname as name from pg_inherits i
      join pg_class c on c.oid = i.inhrelid where i.inhparent = 'report_body'::regclass and c.relname ~ '_\\d{8}$'`
    return rows.map(({ name }) => name.slice(-8))
  }
  const at = (days: number) => systemContext(sql, env, 'test', new Date(Date.UTC(2027, 0, 1) + days * DAY_MS))

  test('past retention while a hold overlaps their day, and go once it is released', async () => {
    await keepPartitions(at(0))
    const hold = { key: 'test', fromAt: new Date('2027-01-02T10:00:00Z'), untilAt: new Date('2027-01-02T11:00:00Z') }
    await holdEvidence(sql, { ...hold, reason: 'a test' }, now)
    await keepPartitions(at(150))
    const kept = await daysOf()
    expect(kept).toContain('20270102')
    expect(kept).not.toContain('20270101')
    expect(kept).not.toContain('20270103')
    await holdEvidence(sql, { ...hold, untilAt: null, reason: 'a test' }, now)
    await releaseEvidence(sql, 'test', now)
    await releaseEvidence(sql, 'test', now)
    await keepPartitions(at(151))
    expect(await daysOf()).not.toContain('20270102')
  })

  test('from the start of the oldest window that is not billed and proven', async () => {
    const held = async () => {
      await holdWindows(ctx)
      const [row] = await sql<{ fromAt: Date; releasedAt: Date | null }[]>`
        select from_at, released_at from evidence_hold where key = 'billing:unsettled'`
      return row && { fromAt: row.fromAt.toISOString().slice(0, 10), isReleased: row.releasedAt !== null }
    }
    expect(await held()).toEqual({ fromAt: '2026-09-26', isReleased: false })
    await sql`insert into invoice_evidence (account_id, invoice_id, body, agrees, sealed_at)
      select account_id, id, '', true, ${now} from invoice`
    expect(await held()).toMatchObject({ isReleased: true })
    const of = await invoiced()
    await sql`insert into subscription (account_id, plan_version_id, state, started_at, anchor_at, period_start, period_end,
        paid_from, paid_until)
      select ${of.account.id}, ${version.id}, 'active', t, t, t, t + interval '1 month', t, t + interval '1 month'
      from (select '2026-08-15T00:00:00Z'::timestamptz as t) x`
    expect(await held()).toEqual({ fromAt: '2026-08-10', isReleased: false })
  })
})

describe('an invoice as a file', () => {
  test('the PDF has its number, parties, lines and sums, and is the same each time', async () => {
    const { sheet } = await invoiced()
    const named = { ...sheet, paymentDetails: 'IBAN NL00 0000', buyer: { ...sheet.buyer!, name: 'Müller & Söhne' } }
    const pdf = await invoicePdf(named, 'https://wharf.example/a/invoices/1')
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(pdf.equals(await invoicePdf(named, 'https://wharf.example/a/invoices/1'))).toBe(true)
    const many = { ...named, lines: Array.from({ length: 90 }, (_, i) => ({ ...sheet.lines[0]!, position: i + 1 })) }
    const long = await invoicePdf(many, 'https://wharf.example/a/invoices/1')
    expect(long.toString('latin1').match(/\/Type \/Page\b/g)!.length).toBeGreaterThan(2)
  })

  test('the CSV has every line, defuses formulas and keeps negative amounts numbers', async () => {
    const { sheet } = await invoiced()
    const [line] = sheet.lines
    const lines = [{ ...line!, app: '=cmd()', amountMinor: -5n }]
    const rows = invoiceCsv({ ...sheet, lines, discountMinor: 100n })
      .trimEnd()
      .split('\r\n')
    expect(rows[1]).toContain("'=cmd()")
    expect(rows[1]).toContain(',-0.05,EUR,')
    expect(rows.find((row) => row.includes(',discount,'))).toContain(',-1.00,')
    expect(invoiceCsv(sheet).trimEnd().split('\r\n')).toHaveLength(sheet.lines.length + 3)
  })
})
