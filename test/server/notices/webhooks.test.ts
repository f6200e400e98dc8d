import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { deliverWebhook } from '#server/notices/deliverWebhook.ts'
import { isPublicAddress } from '#server/notices/publicAddress.ts'
import { MOST_TRIES, nextTry } from '#server/notices/retry.ts'
import { safeFetch } from '#server/notices/safeFetch.ts'
import { sendEvent } from '#server/notices/sendEvent.ts'
import { billingHouse } from '../billing/house.ts'

type Got = { path: string; headers: IncomingHttpHeaders; body: string }
const got: Got[] = []
let answer: (path: string) => { status: number; headers?: Record<string, string>; body?: string } = () => ({
  status: 200,
})
const receiver = createServer((request, response) => {
  let body = ''
  request.on('data', (part: Buffer) => (body += part.toString()))
  request.on('end', () => {
    got.push({ path: request.url ?? '', headers: request.headers, body })
    const { status, headers, body: said } = answer(request.url ?? '')
    response.writeHead(status, headers).end(said)
  })
})
await new Promise<void>((ready) => receiver.listen(0, '127.0.0.1', ready))
const { port } = receiver.address() as AddressInfo
afterAll(() => new Promise<void>((closed) => void receiver.close(() => closed())))
const here = `http://127.0.0.1:${port}`

const { sql, ctx, account, person, as, jobs, start } = await billingHouse({ WHARF_ALLOW_PRIVATE_WEBHOOKS: '1' })
const guarded = await billingHouse()
const accountId = await account('hooked')
const owner = await person('mira', accountId)
const NOW = '2026-03-01'

const add = async (types: ('invoice.paid' | 'subscription.updated')[] = ['invoice.paid'], path = '/hook') =>
  await as(owner, NOW).notices.webhooks.add({ account: 'hooked', url: `${here}${path}`, types })
const tell = (key: string, data: Record<string, unknown> = { total: 12n }) =>
  sql.begin((tx) => sendEvent(tx, ctx(NOW), { accountId, type: 'invoice.paid', key, data }))
const rowOf = async (endpointId: bigint) => {
  const rows = await sql<
    {
      id: bigint
      state: string
      attempts: number
      status: number | null
      lastError: string | null
      nextAt: Date | null
    }[]
  >`select id, state, attempts, status, last_error, next_at from webhook_delivery
    where endpoint_id = ${endpointId} order by id desc limit 1`
  return rows[0]!
}
const deliver = async (endpointId: bigint, at: Date | string = NOW) =>
  deliverWebhook(ctx(at), { deliveryId: String((await rowOf(endpointId)).id) })

beforeEach(async () => {
  got.length = 0
  answer = () => ({ status: 200 })
  await sql`update webhook_endpoint set removed_at = now() where removed_at is null`
})

test('an event reaches who asked for it once, signed so that the library of Standard Webhooks accepts it', async () => {
  const { id, secret } = await add()
  const other = await add(['subscription.updated'])
  await tell('paid:1')
  await tell('paid:1')
  expect(await sql`select 1 from webhook_delivery where endpoint_id = ${other.id}`).toHaveLength(0)
  expect((await jobs('notices.webhook')).at(-1)).toEqual({ deliveryId: String((await rowOf(id)).id) })
  const now = new Date()
  await deliver(id, now)
  await deliver(id, now)
  expect(got).toHaveLength(1)
  expect(secret).toMatch(/^whsec_/)
  const headers = got[0]!.headers as Record<string, string>
  expect(new Webhook(secret).verify(got[0]!.body, headers)).toMatchObject({
    type: 'invoice.paid',
    timestamp: '2026-03-01T00:00:00.000Z',
    data: { total: '12' },
  })
  expect(() => new Webhook(secret).verify(`${got[0]!.body} `, headers)).toThrow('No matching signature')
  expect(await rowOf(id)).toMatchObject({ state: 'delivered', attempts: 1, status: 200, lastError: null })
})

test('a secret that was changed signs beside the old one for a day', async () => {
  const { id, secret } = await add()
  const { secret: newer } = await as(owner, NOW).notices.webhooks.rotate({ account: 'hooked', endpointId: String(id) })
  await tell('paid:rotated')
  await deliver(id, NOW)
  const [late] = [await tell('paid:later'), await deliver(id, '2026-03-02 00:00:01')]
  expect(late).toBeUndefined()
  const signatures = got.map((one) => String(one.headers['webhook-signature']).split(' '))
  const sign = (by: string, i: number) => {
    const { headers, body } = got[i]!
    return new Webhook(by).sign(
      String(headers['webhook-id']),
      new Date(Number(headers['webhook-timestamp']) * 1_000),
      body,
    )
  }
  expect(signatures).toEqual([[sign(newer, 0), sign(secret, 0)], [sign(newer, 1)]])
})

test('what fails is tried ten times with the same id and bytes, is told, and can be sent again', async () => {
  const { id } = await add()
  answer = () => ({ status: 503 })
  await tell('paid:refused')
  let at = new Date('2026-03-01T00:00:00Z')
  for (let n = 1; n <= MOST_TRIES; n++) {
    await deliver(id, at)
    const row = await rowOf(id)
    expect(row).toMatchObject({ attempts: n, status: 503, lastError: 'answered 503' })
    expect(row.state).toBe(n === MOST_TRIES ? 'failed' : 'pending')
    at = row.nextAt ?? at
  }
  expect(new Set(got.map((one) => `${String(one.headers['webhook-id'])} ${one.body}`)).size).toBe(1)
  expect(got).toHaveLength(10)
  expect(await sql`select title from notice where kind = 'webhook.failed'`).toEqual([
    { title: `A webhook did not reach 127.0.0.1:${port}` },
  ])
  answer = () => ({ status: 204 })
  const { id: deliveryId } = await rowOf(id)
  const again = { account: 'hooked', endpointId: String(id), deliveryId: String(deliveryId) }
  await as(owner, NOW).notices.webhooks.sendAgain(again)
  await expect(as(owner, NOW).notices.webhooks.sendAgain(again)).rejects.toThrow('is being sent already')
  await deliver(id)
  expect(await rowOf(id)).toMatchObject({ state: 'delivered', attempts: 1 })
  expect(got.at(-1)?.body).toBe(got[0]?.body)
})

test('a redirect is a failure that nobody follows', async () => {
  const { id } = await add()
  answer = (path) => (path === '/hook' ? { status: 302, headers: { location: `${here}/elsewhere` } } : { status: 200 })
  await tell('paid:moved')
  await deliver(id)
  expect(got.map((one) => one.path)).toEqual(['/hook'])
  expect(await rowOf(id)).toMatchObject({
    state: 'pending',
    status: 302,
    lastError: 'answered 302; redirects are not followed',
  })
})

test('410 turns an endpoint off until somebody turns it on', async () => {
  const { id } = await add()
  answer = () => ({ status: 410 })
  await tell('paid:gone')
  await deliver(id)
  expect(await rowOf(id)).toMatchObject({ state: 'failed', attempts: 1 })
  await tell('paid:unheard')
  const of = { account: 'hooked', endpointId: String(id) }
  expect((await as(owner, NOW).notices.webhooks.deliveries(of)).rows).toHaveLength(1)
  await expect(as(owner, NOW).notices.webhooks.test(of)).rejects.toThrow('turn it on first')
  await as(owner, NOW).notices.webhooks.turnOn(of)
  await as(owner, NOW).notices.webhooks.test(of)
  expect((await as(owner, NOW).notices.webhooks.deliveries(of)).rows.map((row) => row.type)).toEqual([
    'webhook.test',
    'invoice.paid',
  ])
})

test('a plan that begins and changes is told as it stands', async () => {
  const { id } = await add(['subscription.updated'])
  await start(accountId, 'team', '2026-03-05')
  const rows = await sql<{ body: string }[]>`select body from webhook_delivery where endpoint_id = ${id} order by id`
  expect(
    rows.map((row) => JSON.parse(row.body) as { data: { change: string; plan: string; state: string } }),
  ).toMatchObject([
    { data: { change: 'ended', plan: 'free', state: 'canceled' } },
    { data: { change: 'started', plan: 'team', state: 'active' } },
  ])
})

test('what waits for an endpoint that was removed is not sent', async () => {
  const { id } = await add()
  await tell('paid:removed')
  await as(owner, NOW).notices.webhooks.remove({ account: 'hooked', endpointId: String(id) })
  await deliver(id)
  expect(got).toHaveLength(0)
  expect(await rowOf(id)).toMatchObject({ state: 'failed', attempts: 0, lastError: 'the endpoint is off' })
})

test('addresses that are not on the public internet are refused when they are given', async () => {
  await guarded.account('outside')
  const [row] = await guarded.sql<{ id: bigint }[]>`select id from account where name = 'outside'`
  const asker = guarded.as(await guarded.person('eve', row!.id), NOW)
  const hosts = [
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[ff02::1]',
    'localhost',
  ]
  for (const host of hosts) {
    const adding = asker.notices.webhooks.add({
      account: 'outside',
      url: `http://${host}:${port}/`,
      types: ['invoice.paid'],
    })
    await expect(adding).rejects.toMatchObject({ code: 'UNPROCESSABLE_CONTENT', cause: { path: 'url' } })
  }
  const wrong = ['ftp://example.com/', 'file:///etc/passwd', 'https://mira:pass@example.com/', 'nonsense']
  for (const url of wrong)
    await expect(
      asker.notices.webhooks.add({ account: 'outside', url, types: ['invoice.paid'] }),
    ).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
  expect(got).toHaveLength(0)
})

test('a name that turns to a private address after it was added is refused when it is sent to', async () => {
  const row = await guarded.account('rebound')
  const [endpoint] = await guarded.sql<
    { id: bigint }[]
  >`insert into webhook_endpoint (account_id, url, types, sealed_secret, created_by)
    values (${row}, ${`http://hooks.example.com:${port}/`}, '{invoice.paid}', ${await sealed()}, 'test') returning id`
  await guarded.sql.begin((tx) =>
    sendEvent(tx, guarded.ctx(NOW), { accountId: row, type: 'invoice.paid', key: 'k', data: {} }),
  )
  const [delivery] = await guarded.sql<
    { id: bigint }[]
  >`select id from webhook_delivery where endpoint_id = ${endpoint!.id}`
  const job = { deliveryId: String(delivery!.id) }
  await deliverWebhook(guarded.ctx(NOW), job, { resolve: async () => ['93.184.216.34', '127.0.0.1'] })
  expect(got).toHaveLength(0)
  const [after] = await guarded.sql`select state, last_error from webhook_delivery where id = ${delivery!.id}`
  expect(after).toEqual({
    state: 'pending',
    lastError: 'hooks.example.com is at 127.0.0.1, which is not on the public internet',
  })
})
const sealed = async () => {
  const { sealSecrets, newSecret } = await import('#server/notices/webhookSecret.ts')
  return sealSecrets(guarded.env.secret, { current: newSecret(), previous: null })
}

test('a name is looked up once, and the connection goes to the address that was judged', async () => {
  let asked = 0
  const resolve = async () => (asked++ === 0 ? ['127.0.0.1'] : ['127.0.0.9'])
  const url = `http://rebinding.example.com:${port}/judged`
  expect(await safeFetch({ url, allowPrivate: true, resolve, body: '{}' })).toMatchObject({ status: 200 })
  expect(asked).toBe(1)
  expect(got[0]).toMatchObject({ path: '/judged', headers: { host: `rebinding.example.com:${port}` } })
})

test('an answer is read up to its limit, and one that does not come in time is a failure', async () => {
  answer = () => ({ status: 200, body: 'x'.repeat(1_000_000) })
  const { body } = await safeFetch({ url: here, allowPrivate: true, mostBytes: 100 })
  expect(body).toBe('x'.repeat(100))
  const silent = createServer(() => {})
  await new Promise<void>((ready) => silent.listen(0, '127.0.0.1', ready))
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`
  await expect(safeFetch({ url, allowPrivate: true, timeoutMs: 50 })).rejects.toThrow('no answer within 0.05 s')
  silent.closeAllConnections()
  silent.close()
  const resolve = () => new Promise<string[]>(() => {})
  const slow = safeFetch({ url: 'http://slow.example.com', allowPrivate: true, timeoutMs: 50, resolve })
  await expect(slow).rejects.toThrow('no answer within')
})

test('of IPv6 only global unicast is public, and IPv4 within it never', () => {
  expect(['8.8.8.8', '1.1.1.1', '2606:4700::1111', '2a00:1450:4001::1'].every(isPublicAddress)).toBe(true)
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      expect(isPublicAddress(`::ffff:${address}`)).toBe(false)
      expect(isPublicAddress(`::${address}`)).toBe(false)
    }),
  )
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      if (isPublicAddress(address)) expect(new URL(`http://[${address}]`).hostname).toMatch(/^\[[23]/)
    }),
  )
})

test('tries are drawn between now and the end of their wait, which come to 75 hours by halves', () => {
  const now = new Date(0)
  const waits = Array.from({ length: MOST_TRIES }, (_, i) => nextTry(i + 1, now, 0.5)?.getTime() ?? null)
  expect(waits.at(-1)).toBeNull()
  const hours = waits.reduce<number>((sum, wait) => sum + (wait ?? 0), 0) / 3_600_000
  expect(hours).toBeGreaterThan(75)
  expect(hours).toBeLessThan(76)
  expect(nextTry(1, now, 0)).toEqual(now)
})
