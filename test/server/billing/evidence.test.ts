import { expect, test } from 'vitest'
import { epochId, type EpochDeclaration } from '#agents/protocol.ts'
import { systemContext } from '#server/context.ts'
import { pinEvidence } from '#server/billing/pinEvidence.ts'
import { sealBundle } from '#server/billing/sealBundle.ts'
import { verifyBundle } from '#server/billing/verifyBundle.ts'
import { evidenceRow, invoiceOf, pinsOf } from '#server/billing/evidenceSql.ts'
import { rollDue } from '#server/usage/roll.ts'
import { testDatabase } from '../../support/database.ts'
import { addHost, BOOT, container, report, sender, startPlane, UPTIME_MS, type TestHost } from '../ingest/plane.ts'
import { addAccount } from '../usage/place.ts'
import { CLOUD, finalizeByHand, inputsOf, publish } from './invoiced.ts'

const { sql, url: databaseUrl } = await testDatabase({ max: 8 })
const plane = await startPlane(sql, databaseUrl)
const { send } = sender(plane.url)
const ctx = systemContext(sql, plane.env, 'test')
const saltmarsh = await addAccount(sql, 'saltmarsh')
await addAccount(sql, 'other')
const version = await publish(sql, CLOUD)

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const nowMs = Date.now()
/** Two days of hours that ended two days ago. */
const UNTIL = Math.floor(nowMs / HOUR_MS) - 48
const FROM = UNTIL - 48
/** An instant on the hosts' boot clock. */
const mono = (atMs: number) => Math.round(atMs - (Date.now() - UPTIME_MS))

const declared = (name: string, account: string, openedMs?: number): EpochDeclaration => {
  const base = container(name)
  const labels = { 'io.wharfinger.account': account, 'io.wharfinger.app': name.split('-')[0]! }
  if (openedMs === undefined) return { ...base, labels }
  const identity = { ...base, startedAt: new Date(openedMs).toISOString() }
  return { ...identity, epoch: epochId(identity), openedMonoMs: mono(openedMs), labels }
}
/** Totals in proportion to hours since an instant: cpu, memory, disk and egress differ. */
const rowAt = (epoch: number, sinceMs: number, atMs: number, rate = 1) => {
  const minutes = Math.max(0, Math.round(((atMs - sinceMs) / MINUTE_MS) * rate))
  return [
    epoch,
    30_000_017 * minutes,
    0,
    30_723 * minutes,
    1_009 * minutes,
    5 * minutes,
    minutes,
    0,
    41_000_003 * minutes,
    0,
    0,
  ]
}
const block = (atMs: number, ...rows: number[][]) => ({ edgeMonoMs: mono(atMs), rows })

let seq = 0
const at = (host: TestHost, atMs: number, rows: number[][], epochs: EpochDeclaration[] = []) =>
  send(host, report(++seq, { epochs, minutes: [block(atMs, ...rows)] }))

test('a line is proven by the signed reports around its edges, and the file shows it by itself', async () => {
  const host = await addHost(sql)
  const web = declared('web-1', 'saltmarsh')
  const began = FROM * HOUR_MS - 20 * HOUR_MS
  await at(host, FROM * HOUR_MS - 5 * MINUTE_MS, [rowAt(web.epoch, began, FROM * HOUR_MS - 5 * MINUTE_MS)], [web])
  await at(host, FROM * HOUR_MS + 2 * MINUTE_MS, [rowAt(web.epoch, began, FROM * HOUR_MS + 2 * MINUTE_MS)])
  for (let hour = FROM + 1; hour <= UNTIL; hour += 7)
    await at(host, hour * HOUR_MS, [rowAt(web.epoch, began, hour * HOUR_MS)])
  await at(host, UNTIL * HOUR_MS, [rowAt(web.epoch, began, UNTIL * HOUR_MS)])
  await at(host, UNTIL * HOUR_MS + 90 * MINUTE_MS, [rowAt(web.epoch, began, UNTIL * HOUR_MS + 90 * MINUTE_MS)])
  await rollDue(ctx)

  const inputs = await inputsOf(sql, saltmarsh, version, FROM, UNTIL, new Date())
  const invoiceId = await finalizeByHand(sql, saltmarsh, inputs, 'W-1')
  await pinEvidence(ctx, { accountId: saltmarsh, invoiceId })
  expect(await evidenceRow(sql, saltmarsh, invoiceId)).toMatchObject({ agrees: true, apart: [] })
  expect(await pinsOf(sql, saltmarsh, invoiceId)).toHaveLength(3)

  const { text } = await sealBundle(ctx, { id: saltmarsh, name: 'saltmarsh' }, 'W-1')
  const found = verifyBundle(text)
  expect(found.checks.filter(({ agrees }) => !agrees)).toEqual([])
  expect(found.lines.filter(({ agrees }) => !agrees)).toEqual([])
  expect(found.agrees).toBe(true)
  expect(found.lines.length).toBeGreaterThan(2)
  expect((await sealBundle(ctx, { id: saltmarsh, name: 'saltmarsh' }, 'W-1')).text).toBe(text)
  expect(await invoiceOf(sql, saltmarsh, { number: 'W-1' })).toMatchObject({ state: 'finalized' })
  expect(BOOT).toBeTruthy()
})
