import { generateKeyPairSync } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { epochId, rawPublicKey, sha256Hex, signText, type EpochDeclaration } from '#agents/protocol.ts'
import { systemContext } from '#server/context.ts'
import { pinEvidence } from '#server/billing/pinEvidence.ts'
import { sealBundle } from '#server/billing/sealBundle.ts'
import { verifyBundle } from '#server/billing/verifyBundle.ts'
import { manifestOf, manifestText, type Bundle } from '#server/billing/bundle.ts'
import { canonical } from '#server/billing/canonical.ts'
import { openReport } from '#server/billing/placeRows.ts'
import { showWholeReports } from '#server/billing/reportPrivacy.ts'
import type { PriceVersion } from '#server/billing/terms.ts'
import { serverKey } from '#server/hosts/serverKey.ts'
import { evidenceRow, pinsOf } from '#server/billing/evidenceSql.ts'
import { closeMinutesBefore } from '#server/usage/horizon.ts'
import { rollDue } from '#server/usage/roll.ts'
import { testDatabase } from '../../support/database.ts'
import { addHost, container, report, sender, startPlane, UPTIME_MS, type TestHost } from '../ingest/plane.ts'
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

/** A report a few minutes around an hour, and at whole hours between: what an agent with a gap sends. */
const run = async (
  host: TestHost,
  life: EpochDeclaration,
  sinceMs: number,
  fromMs: number,
  untilMs: number,
  rate = 1,
) => {
  await at(host, fromMs, [rowAt(life.epoch, sinceMs, fromMs, rate)], [life])
  for (let hour = Math.ceil((fromMs + 1) / HOUR_MS); hour * HOUR_MS < untilMs; hour += 6)
    await at(host, hour * HOUR_MS, [rowAt(life.epoch, sinceMs, hour * HOUR_MS, rate)])
  await at(host, untilMs, [rowAt(life.epoch, sinceMs, untilMs, rate)])
}

let numbers = 0
const invoiced = async (accountId = saltmarsh, name = 'saltmarsh', fromHour = FROM, untilHour = UNTIL) => {
  await rollDue(ctx)
  const number = `W-${++numbers}`
  const inputs = await inputsOf(sql, accountId, version, fromHour, untilHour, new Date())
  inputs.key = `${inputs.key}:${number}`
  const invoiceId = await finalizeByHand(sql, accountId, inputs, number)
  await pinEvidence(ctx, { accountId, invoiceId })
  return { accountId, invoiceId, number, inputs, account: { id: accountId, name } }
}
const differing = (text: string) => {
  const { checks, lines } = verifyBundle(text)
  return [
    ...checks.map(({ what, ...of }) => ({ name: what, ...of })),
    ...lines.map(({ description, ...of }) => ({ name: description, ...of })),
  ]
    .filter(({ agrees }) => !agrees)
    .map(({ name }) => name)
}

const WINDOW = FROM * HOUR_MS
const LEFT = WINDOW - 20 * HOUR_MS

test('a line is proven by the signed reports around its edges, and the file shows it by itself', async () => {
  const host = await addHost(sql)
  const web = declared('web-1', 'saltmarsh')
  await run(host, web, LEFT, WINDOW - 5 * MINUTE_MS, UNTIL * HOUR_MS + 90 * MINUTE_MS)
  await at(host, WINDOW + 2 * MINUTE_MS, [rowAt(web.epoch, LEFT, WINDOW + 2 * MINUTE_MS)])
  await at(host, UNTIL * HOUR_MS, [rowAt(web.epoch, LEFT, UNTIL * HOUR_MS)])
  const { account, invoiceId, number } = await invoiced()
  expect(await evidenceRow(sql, saltmarsh, invoiceId)).toMatchObject({ agrees: true, apart: [] })
  expect(await pinsOf(sql, saltmarsh, invoiceId)).toHaveLength(3)

  const { text } = await sealBundle(ctx, account, number)
  const found = verifyBundle(text)
  expect(differing(text)).toEqual([])
  expect(found.agrees).toBe(true)
  expect(found.lines.map(({ description }) => description)).toEqual([
    'CPU, web',
    'Memory, web',
    'Storage, web',
    'Egress',
  ])
  expect((await sealBundle(ctx, account, number)).text).toBe(text)
})

test('lives that began or ended within the window, a boot later, late and twice reported, are proven too', async () => {
  const accountId = await addAccount(sql, 'harbour')
  const host = await addHost(sql)
  // Began within: its identity tells when, and another's does not, so that its declaration has to.
  const began = WINDOW + 7 * HOUR_MS + 12_345
  const named = declared('api-1', 'harbour', began)
  const silent = { ...declared('api-2', 'harbour'), openedMonoMs: mono(began) }
  await run(host, named, began, began + 40_000, UNTIL * HOUR_MS - 3 * HOUR_MS, 2)
  await run(host, silent, began, began + 50_000, UNTIL * HOUR_MS + 3 * HOUR_MS, 3)
  // Before the window, over before its end, the reports of its edges out of order and one of them twice.
  const job = declared('job-1', 'harbour')
  const jobAt = (atMs: number) => at(host, atMs, [rowAt(job.epoch, LEFT, atMs)], [job])
  await jobAt(WINDOW + 4 * HOUR_MS + 30_000)
  await jobAt(WINDOW - 9 * MINUTE_MS)
  await jobAt(WINDOW + 61 * MINUTE_MS)
  await jobAt(WINDOW - 9 * MINUTE_MS)
  const { invoiceId, account, number } = await invoiced(accountId, 'harbour')
  expect(await evidenceRow(sql, accountId, invoiceId)).toMatchObject({ agrees: true, apart: [] })
  const { text } = await sealBundle(ctx, account, number)
  expect(differing(text)).toEqual([])
  const { windows } = (JSON.parse(text) as Bundle).parts.evidence
  expect(windows[0]!.lives.map((life) => [life.name, life.declaredIn !== undefined])).toEqual(
    expect.arrayContaining([
      ['api-1', false],
      ['api-2', true],
      ['job-1', false],
    ]),
  )
})

test('what comes after the invoice does not change what proves it', async () => {
  const accountId = await addAccount(sql, 'late')
  const host = await addHost(sql)
  const web = declared('web-9', 'late')
  await run(host, web, LEFT, WINDOW - 30 * MINUTE_MS, UNTIL * HOUR_MS - 20 * MINUTE_MS)
  const { invoiceId, account, number } = await invoiced(accountId, 'late')
  const { text } = await sealBundle(ctx, account, number)
  await at(host, UNTIL * HOUR_MS, [rowAt(web.epoch, LEFT, UNTIL * HOUR_MS)])
  await rollDue(ctx)
  await pinEvidence(ctx, { accountId, invoiceId })
  expect((await sealBundle(ctx, account, number)).text).toBe(text)
  expect(differing(text)).toEqual([])
})

test('a report that names containers of others comes without its body; its signed neighbours bound what stood in it', async () => {
  const accountId = await addAccount(sql, 'tenant')
  const host = await addHost(sql)
  const web = declared('web-3', 'tenant')
  const secret = { ...declared('secret-1', 'other'), labels: { 'io.wharfinger.account': 'other', token: 'hush' } }
  const both = (atMs: number, epochs: EpochDeclaration[] = []) =>
    at(host, atMs, [rowAt(web.epoch, LEFT, atMs), rowAt(secret.epoch, LEFT, atMs)], epochs)
  await both(WINDOW - 9 * MINUTE_MS, [web, secret])
  await both(WINDOW - 2 * MINUTE_MS)
  await both(WINDOW, [secret])
  await both(WINDOW + MINUTE_MS)
  await both(UNTIL * HOUR_MS)
  const { account, number } = await invoiced(accountId, 'tenant')
  const { text } = await sealBundle(ctx, account, number)
  const bodies = (of: string) => (JSON.parse(of) as Bundle).reports.map(({ body }) => body !== null)
  expect(text).not.toContain('hush')
  expect(bodies(text)).toEqual([true, false, true, true])
  expect(differing(text)).toEqual([])
  // Three minutes of 30 CPU seconds lie between the neighbours.
  const cpu = (of: string) => verifyBundle(of).lines.find(({ description }) => description === 'CPU, web')!.says[0]
  expect(cpu(text)).toMatch(/at most 0\.0250 vCPU-h of it by the control plane’s word/)
  const whole = await sealBundle(ctx, account, number, { isWhole: true })
  expect(bodies(whole.text)).toEqual([true, true, true, true])
  expect(differing(whole.text)).toEqual([])
  expect(cpu(whole.text)).not.toContain('word')
  await showWholeReports(ctx, true)
  expect(bodies((await sealBundle(ctx, account, number)).text)).toEqual([true, true, true, true])
  await showWholeReports(ctx, false)

  const file = JSON.parse(text) as Bundle
  file.parts.evidence.stated.forEach((one) => Object.assign(one, { totals: one.totals.map(() => '1') }))
  const key = await serverKey(ctx)
  const manifest = manifestOf({ ...file.manifest, key: key.publicKey }, file.parts, file.reports)
  const signature = signText(key.privateKey, manifestText(manifest))
  expect(differing(canonical({ ...file, manifest, signature }))).toContain(
    'each life’s usage is the difference of its readings',
  )
})

describe('a file that is not what was sealed does not verify', () => {
  let text = ''
  beforeAll(async () => {
    const accountId = await addAccount(sql, 'checked')
    const host = await addHost(sql)
    await run(host, declared('web-5', 'checked'), LEFT, WINDOW - 5 * MINUTE_MS, UNTIL * HOUR_MS + 5 * MINUTE_MS)
    const born = WINDOW + 5 * HOUR_MS + 1_234
    await run(host, declared('job-5', 'checked', born), born, born + 50_000, UNTIL * HOUR_MS - 5 * HOUR_MS)
    const { account, number } = await invoiced(accountId, 'checked')
    text = (await sealBundle(ctx, account, number)).text
  })
  const bundle = () => JSON.parse(text) as Bundle
  /** Whether it verifies; a file that cannot be read does not. */
  const passes = (of: string) => {
    try {
      return verifyBundle(of).agrees
    } catch (error) {
      if (error instanceof TypeError) return false
      throw error
    }
  }
  /** As the platform itself could seal it, had it something to hide. */
  const resealed = async (change: (of: Bundle) => void) => {
    const { parts, reports, manifest } = bundle()
    const changed = { parts, reports, manifest, signature: '' }
    change(changed)
    const key = await serverKey(ctx)
    const { account, number, sealedAt } = manifest
    const sealed = manifestOf({ account, number, sealedAt, key: key.publicKey }, changed.parts, changed.reports)
    return canonical({ ...changed, manifest: sealed, signature: signText(key.privateKey, manifestText(sealed)) })
  }

  test('unchanged it does, and sealed anew it is the same', async () => {
    expect(differing(text)).toEqual([])
    expect(await resealed(() => {})).toBe(text)
    expect(verifyBundle(text, { key: bundle().manifest.key }).agrees).toBe(true)
    const { publicKey } = generateKeyPairSync('ed25519')
    expect(verifyBundle(text, { key: rawPublicKey(publicKey) }).agrees).toBe(false)
  })

  test('whichever byte is flipped', () => {
    const bytes = Buffer.from(text)
    const { signature, reports } = bundle()
    const around = (part: string) => text.indexOf(part) + part.length
    // Places where a byte could change without a change of meaning, and others evenly over the whole file.
    const places = [0, bytes.length - 1, around(signature) - 3, around(signature) - 1, around(reports[0]!.body!) - 1]
    for (let i = 0; i < 500; i++) places.push(Math.floor((i * bytes.length) / 500))
    const survived = places.filter((place) =>
      [1, 0x20].some((bit) => {
        const flipped = Buffer.from(bytes)
        flipped[place] = flipped[place]! ^ bit
        return passes(flipped.toString())
      }),
    )
    expect(survived).toEqual([])
    expect(passes(`${text} `)).toBe(false)
    expect(passes(text.replace('{', '{"more":1,'))).toBe(false)
  })

  test('whichever report is left out, also where the platform seals it so', async () => {
    const { reports } = bundle()
    expect(reports.length).toBeGreaterThan(2)
    for (const left of reports.keys()) {
      const file = bundle()
      file.reports.splice(left, 1)
      expect([left, passes(canonical(file))]).toEqual([left, false])
      expect([left, passes(await resealed((of) => of.reports.splice(left, 1)))]).toEqual([left, false])
    }
  })

  test('where the platform itself changed a price, an amount, a reading, a report or a life', async () => {
    const life = (of: Bundle) => of.parts.evidence.windows[0]!.lives[0]!
    const inputs = (of: Bundle) =>
      of.parts.inputs as {
        versions: Record<string, PriceVersion>
        usage: { hours: { used: Record<string, string> }[] }
        asOf: string
      }
    const rewritten = (of: Bundle) => {
      const report = of.reports[0]!
      const body = openReport(Buffer.from(report.body!, 'base64'))
      body.minutes[0]!.rows[0]![1]! += 1
      const bytes = gzipSync(JSON.stringify(body))
      Object.assign(report, { body: bytes.toString('base64'), digest: sha256Hex(bytes) })
    }
    const changes: Record<string, (of: Bundle) => void> = {
      'a price in the inputs': (of) =>
        Object.values(inputs(of).versions).forEach((v) => Object.assign(v.terms.prices[0]!, { unitAmount: '0.0181' })),
      'a price in the terms': (of) => Object.assign(of.parts.terms[0]!.terms.prices[0]!, { unitAmount: '0.0181' }),
      'a price in both': (of) => {
        Object.values(inputs(of).versions).forEach((v) => Object.assign(v.terms.prices[0]!, { unitAmount: '0.0181' }))
        Object.assign(of.parts.terms[0]!.terms.prices[0]!, { unitAmount: '0.0181' })
      },
      'a line’s price': (of) => Object.assign(of.parts.invoice.lines[0]!, { unitAmount: '0.0181' }),
      'a line’s amount': (of) => Object.assign(of.parts.invoice.lines[0]!, { amountMinor: '1' }),
      'a line left out': (of) => of.parts.invoice.lines.pop(),
      'the total': (of) => Object.assign(of.parts.invoice, { totalMinor: '999' }),
      'the number': (of) => Object.assign(of.parts.invoice, { number: 'W-999' }),
      'the digest': (of) => Object.assign(of.parts.invoice, { digest: '0'.repeat(64) }),
      'as of': (of) => Object.assign(inputs(of), { asOf: '2026-01-01T00:00:00.000Z' }),
      'the hours': (of) => Object.assign(inputs(of).usage.hours[0]!.used, { cpu: '1' }),
      'what a life used': (of) => Object.assign(life(of), { used: life(of).used.map(() => 5n) }),
      'a life left out': (of) => of.parts.evidence.windows[0]!.lives.pop(),
      'a life twice': (of) => of.parts.evidence.windows[0]!.lives.push(life(of)),
      'when a life began': (of) =>
        of.parts.evidence.windows[0]!.lives.forEach((one) => Object.assign(one, { openedMs: one.openedMs + HOUR_MS })),
      'a life’s hours': (of) => Object.assign(life(of), { untilHour: life(of).untilHour + 1 }),
      'whose epoch it is': (of) => Object.assign(life(of).identity, { objectId: 'another' }),
      'a reading left out': (of) => life(of).readings.shift(),
      'a reading’s minute': (of) => Object.assign(life(of).readings[0]!, { minute: life(of).readings[0]!.minute - 1 }),
      'a reading’s row': (of) => Object.assign(life(of).readings[0]!.rows[0]!, { row: 1 }),
      'a report’s body': rewritten,
      'a report’s time': (of) => Object.assign(of.reports[0]!, { sentMs: of.reports[0]!.sentMs + 1 }),
      'a report withheld': (of) => Object.assign(of.reports[0]!, { body: null }),
      'a host’s key': (of) => Object.assign(of.parts.hosts[0]!.keys[0]!, { publicKey: of.manifest.key }),
    }
    const survived: string[] = []
    for (const [what, change] of Object.entries(changes)) if (passes(await resealed(change))) survived.push(what)
    expect(survived).toEqual([])
  })
})

// The last one: from here on the hours before are closed for every host.
test('hours closed before a late report came stand within what the readings bound, and say so', async () => {
  const accountId = await addAccount(sql, 'gap')
  const host = await addHost(sql)
  const web = declared('web-7', 'gap')
  const read = (atMs: number, epochs: EpochDeclaration[] = []) => at(host, atMs, [rowAt(web.epoch, LEFT, atMs)], epochs)
  await read(WINDOW, [web])
  await read(UNTIL * HOUR_MS - 5 * HOUR_MS)
  await rollDue(ctx)
  await sql.begin(async (tx) => {
    const from = await closeMinutesBefore(tx, UNTIL * 60)
    expect(from).toBe(UNTIL * 60)
    await tx`delete from usage_minute where minute < ${from}`
  })
  // Pure interpolation would give the last five closed hours their share of it; they were closed without.
  await read(UNTIL * HOUR_MS + 5 * HOUR_MS)
  const { account, number, invoiceId } = await invoiced(accountId, 'gap')
  expect(await evidenceRow(sql, accountId, invoiceId)).toMatchObject({ agrees: true, apart: [] })
  const { text } = await sealBundle(ctx, account, number)
  expect((JSON.parse(text) as Bundle).parts.evidence.windows[0]!.lives).toMatchObject([{ name: 'web-7', closed: true }])
  expect(differing(text)).toEqual([])
})
