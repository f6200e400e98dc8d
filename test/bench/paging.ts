import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { addSource } from '#server/incidents/alerts/sources.ts'
import { addContact } from '#server/incidents/onCall/changeContact.ts'
import { figure } from './figure.ts'
import { startControlPlane } from './parts/controlPlane.ts'

const ALERTS = 300
const PER_SECOND = 10
const WITHIN_MS = 120_000

/** Of `p` in 0..1: the value that so many are at most. */
const quantile = (values: readonly number[], p: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(values.length * p) - 1)] ?? Number.NaN

/**
 * How long from an alert's arrival to a message at the person on call: `page_p99_s`. Each alert is a group and so a page of its
 * own; one message in ten meets a destination that fails once. `paging 60` sends that many.
 */
export default async function paging(options: string[]): Promise<void> {
  const count = Number(options[0] ?? ALERTS)
  const sent = new Map<string, number>()
  const arrived = new Map<string, number>()
  let asked = 0
  const pager = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      if (++asked % 10 === 0) return response.writeHead(503).end()
      const { data } = JSON.parse(Buffer.concat(parts).toString()) as { data: { title: string } }
      if (!arrived.has(data.title)) arrived.set(data.title, performance.now())
      return response.end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(pager, 'listening')
  const plane = await startControlPlane('web,worker', { WHARF_ALLOW_PRIVATE_WEBHOOKS: '1' })
  try {
    const ctx = systemContext(plane.sql, readEnv({ WHARF_DATA: plane.dataDir }), 'bench')
    await plane.sql`insert into auth_user (id, name, email) values ('bench', 'bench', 'bench@example.com')`
    await plane.sql`insert into platform_role (user_id, role) values ('bench', 'operator')`
    const url = `http://127.0.0.1:${(pager.address() as AddressInfo).port}/page`
    await addContact(ctx, 'bench', { kind: 'webhook', fields: { url } })
    const { token } = await addSource(ctx, 'bench')
    for (let n = 0; n < count; n++) {
      const title = `alert ${n}`
      sent.set(title, performance.now())
      const answer = await fetch(`${plane.url}/v1/alerts/in`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ title, key: title, severity: 'critical' }),
      })
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
      await sleep(1_000 / PER_SECOND)
    }
    for (const until = Date.now() + WITHIN_MS; arrived.size < count && Date.now() < until;) await sleep(50)
    if (arrived.size < count) throw new Error(`${count - arrived.size} of ${count} pages never arrived`)
    const tookS = [...arrived].map(([title, at]) => (at - (sent.get(title) ?? 0)) / 1_000)
    const of = { bench: 'paging', pages: count }
    figure({ ...of, figure: 'page_p50_s', value: quantile(tookS, 0.5), unit: 's' })
    figure({ ...of, figure: 'page_p99_s', value: quantile(tookS, 0.99), unit: 's', limit: 60 })
  } finally {
    await plane.stop()
    pager.closeAllConnections()
    pager.close()
  }
}
