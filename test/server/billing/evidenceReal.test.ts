import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { epochId, type EpochDeclaration } from '#agents/protocol.ts'
import { hashOf, makeToken } from '#server/accounts/token.ts'
import { admitAccounts } from '#server/billing/admitAccounts.ts'
import { closePeriods } from '#server/billing/closePeriods.ts'
import { evidenceRow } from '#server/billing/evidenceSql.ts'
import { finalizeDrafts } from '#server/billing/finalizeDrafts.ts'
import { pinEvidence } from '#server/billing/pinEvidence.ts'
import { newestVersion } from '#server/billing/planVersion.ts'
import { replayInvoice } from '#server/billing/replayInvoice.ts'
import { sealBundle } from '#server/billing/sealBundle.ts'
import { seedCatalog } from '#server/billing/seedCatalog.ts'
import { startSubscription } from '#server/billing/startSubscription.ts'
import { verifyBundle } from '#server/billing/verifyBundle.ts'
import { systemContext } from '#server/context.ts'
import { rollDue } from '#server/usage/roll.ts'
import { testDatabase } from '../../support/database.ts'
import { addHost, container, report, sender, startPlane, UPTIME_MS } from '../ingest/plane.ts'
import { addAccount } from '../usage/place.ts'

const { sql, url: databaseUrl } = await testDatabase({ max: 8 })
const plane = await startPlane(sql, databaseUrl)
const { send } = sender(plane.url)
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Half past an hour, 34 days ago: a month that ended a few days ago, not at whole hours. */
const STARTED = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 34 * DAY_MS + HOUR_MS / 2
const at = (ms: number) => systemContext(sql, plane.env, 'test', new Date(ms))
const mono = (ms: number) => Math.round(ms - (Date.now() - UPTIME_MS))

let seq = 0
const declared = (name: string, openedMs: number): EpochDeclaration => {
  const identity = { ...container(name), startedAt: new Date(openedMs).toISOString() }
  const labels = { 'io.wharfinger.account': 'real', 'io.wharfinger.app': 'web' }
  return { ...identity, epoch: epochId(identity), openedMonoMs: mono(openedMs), labels }
}
const host = await addHost(sql)
const life = declared('web-1', STARTED - 3 * DAY_MS)
const read = async (ms: number) => {
  const minutes = Math.round((ms - STARTED + 3 * DAY_MS) / 60_000)
  const rows = [
    [life.epoch, 31_000_001 * minutes, 0, 30_000 * minutes, 2_000 * minutes, 0, 0, 0, 9_000_001 * minutes, 0, 0],
  ]
  const answer = await send(
    host,
    report(++seq, { epochs: seq === 1 ? [life] : [], minutes: [{ edgeMonoMs: mono(ms), rows }] }),
  )
  expect(answer.status).toBe(200)
}
/** Finalized invoices of the account's months, the newest last. */
const monthly = async () =>
  await sql<{ id: bigint; number: string; periodEnd: Date }[]>`select id, number, period_end from invoice
    where account_id = ${accountId} and state <> 'draft' and key like 'period:%' order by id`
const wharf = (words: readonly string[]) =>
  new Promise<{ code: number | null; out: string; err: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../../cli/wharf.ts'), ...words], {
      // No control plane, no token, nothing but the file.
      env: {
        NODE_ENV: 'test',
        PATH: process.env['PATH'],
        HOME: tmpdir(),
        WHARF_URL: 'http://127.0.0.1:1',
        WHARF_DATA: tmpdir(),
      },
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.on('error', reject)
    child.on('exit', (code) => resolve({ code, out, err }))
  })

const folder = mkdtempSync(join(tmpdir(), 'wharf-evidence-'))
const accountId = await addAccount(sql, 'real')
const account = { id: accountId, name: 'real' }
await seedCatalog(at(STARTED - DAY_MS))
await admitAccounts(at(STARTED - DAY_MS), { accountId: accountId.toString() })
const { id: planVersionId } = await newestVersion(sql, 'cloud', 'EUR', 'month')
await startSubscription(at(STARTED), { accountId, planVersionId, trialDays: 0 })

test('a month of a real subscription is invoiced, proven, fetched as a file and verified by itself', async () => {
  await read(STARTED - 40 * 60_000)
  await read(STARTED + 20 * 60_000)
  for (let ms = STARTED + DAY_MS; ms < Date.now() - DAY_MS; ms += 13 * HOUR_MS + 60_000) await read(ms)
  await rollDue(at(Date.now()))
  const finishing = at(Date.now() + 1_000)
  await closePeriods(finishing)
  await finalizeDrafts(finishing)
  const [invoice] = await monthly()
  await pinEvidence(finishing, { accountId, invoiceId: invoice!.id })
  expect(await evidenceRow(sql, accountId, invoice!.id)).toMatchObject({ agrees: true, apart: [] })
  expect((await replayInvoice(sql, accountId, { number: invoice!.number })).isSame).toBe(true)

  const token = makeToken()
  await sql`insert into auth_user (id, name, email, email_verified) values ('owner', 'o', 'o@example.com', true)`
  await sql`insert into account_member (account_id, user_id, role) values (${accountId}, 'owner', 'billing')`
  await sql`insert into api_token (user_id, name, hash, hint, scopes) values ('owner', 't', ${hashOf(token)}, 'h', '{read}')`
  const fetched = (kind: string, headers: Record<string, string> = { authorization: `Bearer ${token}` }) =>
    fetch(`${plane.url}/v1/invoices/real/${invoice!.number}/${kind}`, { headers })
  expect((await fetched('pdf', {})).status).toBe(401)
  expect((await fetched('zip')).status).toBe(404)
  const pdf = await fetched('pdf')
  expect([pdf.status, pdf.headers.get('content-type')]).toEqual([200, 'application/pdf'])
  expect(pdf.headers.get('content-disposition')).toBe(`attachment; filename="${invoice!.number}.pdf"`)
  expect((await (await fetched('csv')).text()).split('\r\n')[0]).toContain('invoice,line,kind,app')
  const other = await fetch(`${plane.url}/v1/invoices/nobody/${invoice!.number}/pdf`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect(other.status).toBe(404)

  const file = join(folder, 'evidence.json')
  const text = await (await fetched('evidence')).text()
  writeFileSync(file, text)
  const { key } = verifyBundle(text)
  const ran = await wharf(['invoice', 'verify', file, '--key', key])
  expect([ran.err, ran.code]).toEqual(['', 0])
  expect(ran.out).toContain('agrees   each report is signed by its host')
  expect(ran.out).toMatch(/agrees {3}line 1, CPU, web/)
  expect(ran.out).not.toContain('DIFFERS')
  writeFileSync(file, text.replace('"unitAmount":"0.0180"', '"unitAmount":"0.0181"'))
  const changed = await wharf(['invoice', 'verify', file])
  expect(changed.code).toBe(1)
  expect(changed.err).toMatch(/^wharf: .* does not verify: \d+ of \d+ checks differ\n$/)
  expect((await wharf(['invoice', 'verify', join(folder, 'none.json')])).code).toBe(1)
}, 60_000)

test('what came late is a line of the next invoice, proven by the readings of its own time', async () => {
  const [first] = await monthly()
  // Exactly at the closed month's last hour: what the neighbours were interpolated to was another amount.
  const lastHour = Math.ceil(first!.periodEnd.getTime() / HOUR_MS) * HOUR_MS
  const minutes = Math.round((lastHour - STARTED + 3 * DAY_MS) / 60_000) + 200
  const rows = [
    [life.epoch, 31_000_001 * minutes, 0, 30_000 * minutes, 2_000 * minutes, 0, 0, 0, 9_000_001 * minutes, 0, 0],
  ]
  await send(host, report(++seq, { minutes: [{ edgeMonoMs: mono(lastHour), rows }] }))
  await rollDue(at(Date.now()))
  const later = at(Date.now() + 40 * DAY_MS)
  await closePeriods(later)
  await finalizeDrafts(later)
  const [, second] = await monthly()
  await pinEvidence(later, { accountId, invoiceId: second!.id })
  const { text } = await sealBundle(later, account, second!.number)
  const found = verifyBundle(text)
  expect(found.checks.filter(({ agrees }) => !agrees)).toEqual([])
  expect(found.lines.filter(({ agrees }) => !agrees)).toEqual([])
  expect(found.lines.map(({ description }) => description)).toEqual(
    expect.arrayContaining(['CPU, web, reported late', 'CPU, web']),
  )
  // The first one's proof is as of its own time.
  const again = await sealBundle(later, account, first!.number)
  expect(verifyBundle(again.text).agrees).toBe(true)
}, 60_000)
