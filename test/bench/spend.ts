import { gzipSync } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import { signedHeaders } from '#agents/host/sign.ts'
import { sumOf } from '#server/money.ts'
import { spendOverview } from '#server/billing/spendView.ts'
import { readEnv } from '#server/env.ts'
import type { Pool } from '#db/client.ts'
import { figure } from './figure.ts'
import { startControlPlane } from './parts/controlPlane.ts'
import { ACCOUNT, CUSTOMER, PASSWORD, seedSpend, type PlayedHost } from './parts/spendData.ts'

const WARM_UPS = 10
const REQUESTS = 100
const UPTIME_MS = 40 * 86_400_000
const MINUTE_MS = 60_000
const WITHIN_MS = 120_000

const p95 = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? 0

const signIn = async (url: string): Promise<string> => {
  const answer = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email: CUSTOMER, password: PASSWORD }),
  })
  if (!answer.ok) throw new Error(`could not sign in: ${answer.status} ${await answer.text()}`)
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ')
}

/** Asks the API as a customer's browser does, one request after the other. */
const ask = async (url: string, cookie: string, procedure: string, input: object): Promise<number> => {
  const startedAt = performance.now()
  const query = encodeURIComponent(JSON.stringify({ account: ACCOUNT, ...input }))
  const answer = await fetch(`${url}/trpc/billing.spend.${procedure}?input=${query}`, { headers: { cookie } })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${procedure}: ${answer.status} ${text.slice(0, 400)}`)
  return performance.now() - startedAt
}

const latencies = async (url: string, cookie: string, procedure: string, input: object): Promise<number[]> => {
  for (let i = 0; i < WARM_UPS; i++) await ask(url, cookie, procedure, input)
  const times: number[] = []
  for (let i = 0; i < REQUESTS; i++) times.push(await ask(url, cookie, procedure, input))
  return times
}

/** A signed report in which every container of the host has used `cores` whole cores for a minute. */
const report = (host: PlayedHost, seq: number, minute: number, cores: number) => {
  const nowMs = Date.now()
  const bootId = `boot-${host.hostId}`
  for (const { totals } of host.epochs) totals[0] = (totals[0] ?? 0) + cores * 60_000_000
  const body = gzipSync(
    JSON.stringify({
      v: 1,
      agent: 'bench',
      bootId,
      seq,
      clock: { wallMs: nowMs, monoMs: UPTIME_MS, anchorMs: nowMs - UPTIME_MS },
      complete: true,
      failures: [],
      epochs: [],
      minutes: [
        {
          edgeMonoMs: (minute + 1) * MINUTE_MS - (nowMs - UPTIME_MS),
          rows: host.epochs.map(({ epoch, totals }) => [epoch, ...totals]),
        },
      ],
      objects: [],
      events: [],
    }),
  )
  const moment = { timeMs: nowMs, bootId, monoMs: UPTIME_MS }
  return {
    body,
    headers: { ...signedHeaders(host, moment, 'POST', '/v1/reports', seq, body), 'content-encoding': 'gzip' },
  }
}

const send = async (url: string, { body, headers }: ReturnType<typeof report>) => {
  const answer = await fetch(`${url}/v1/reports`, { method: 'POST', headers, body: new Uint8Array(body) })
  const text = await answer.text()
  if (!answer.ok || !text.includes('"quarantined":[]'))
    throw new Error(`report: ${answer.status} ${text.slice(0, 400)}`)
}

const commandsOf = async (sql: Pool): Promise<number> => {
  const [row] = await sql<{ n: number }[]>`select count(*)::int as n from command where key like 'cap:%'`
  return row!.n
}

/** Sends the report that crosses a cap and waits for the commands: seconds until the first and until the last. */
const crossCap = async (sql: Pool, url: string, accountId: bigint, host: PlayedHost, containers: number) => {
  const minute = Math.floor(Date.now() / MINUTE_MS)
  await send(url, report(host, 1, minute - 2, 0))
  const before = await spendOverview(sql, accountId, new Date())
  const spent = sumOf(before!.apps.map(({ cost }) => cost))
  await sql`update billing_profile set cap_minor = ${spent + 5n}, cap_action = 'stop' where account_id = ${accountId}`
  const startedAt = performance.now()
  await send(url, report(host, 2, minute - 1, 60))
  let first: number | null = null
  for (;;) {
    const count = await commandsOf(sql)
    const elapsed = performance.now() - startedAt
    if (count > 0) first ??= elapsed
    if (count >= containers && first !== null) return { firstS: first / 1000, lastS: elapsed / 1000 }
    if (elapsed > WITHIN_MS) throw new Error(`${count} of ${containers} commands within ${WITHIN_MS / 1000} s`)
    await sleep(50)
  }
}

/** Live cost of an account with 1,000 containers by the API, and how soon a crossed cap stops them. */
export default async function spend(): Promise<void> {
  const plane = await startControlPlane('web,ingest,worker', { NODE_ENV: 'production' })
  try {
    const env = readEnv({ WHARF_DATA: plane.dataDir, WHARF_PUBLIC_URL: plane.url })
    const { accountId, host } = await seedSpend(plane.sql, env)
    const containers = 1_000
    const cookie = await signIn(plane.url)
    const overview = await latencies(plane.url, cookie, 'overview', {})
    const app = await latencies(plane.url, cookie, 'app', { app: 'app-3' })
    const limit = { limit: 100, unit: 'ms', containers }
    for (const [call, times] of Object.entries({ overview, app }))
      figure({ bench: 'spend', figure: 'live_cost_p95_ms', value: p95(times), ratio: p95(times) / 100, ...limit, call })
    const { firstS, lastS } = await crossCap(plane.sql, plane.url, accountId, host, containers)
    const most = WITHIN_MS / 1000
    figure({
      bench: 'spend',
      figure: 'cap_action_s',
      value: lastS,
      unit: 's',
      limit: most,
      ratio: lastS / most,
      containers,
    })
    figure({ bench: 'spend', figure: 'cap_first_command_s', value: firstS, unit: 's' })
  } finally {
    await plane.stop()
  }
}
