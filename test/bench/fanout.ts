import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from '#db/client.ts'
import { keepChannel, startKits } from '../channels/channelKit.ts'
import { startIrc } from '../channels/ircServer.ts'
import { figure } from './figure.ts'
import { startControlPlane } from './parts/controlPlane.ts'

const SECRET = 'a secret of this benchmark, nobody else'
const SUBSCRIBERS = 10_000
const BOUNCE = 500
const LATENCY_MS = 50
const COMMITS = 12
const ROUNDS = 5
const UNDO_MS = 5_000

const p95 = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? 0

/** What the mail server has taken so far. */
const askSink = async (sink: ChildProcess) => {
  sink.send('how many')
  const [said] = (await once(sink, 'message')) as [{ mails: number; distinct: number }]
  return said
}

type Plane = { sql: Pool; url: string; token: string }

const call = async <T>({ url, token }: Plane, procedure: string, input: object): Promise<T> => {
  const answer = await fetch(`${url}/trpc/${procedure}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  })
  const said = (await answer.json()) as { result?: { data: T }; error?: { message: string } }
  if (!said.result) throw new Error(`${procedure}: ${said.error?.message ?? answer.status}`)
  return said.result.data
}

type Posted = { updateId: string; commitMs: number; sendAfterMs: number }

/** Opens an incident and posts to it, as a tap in the composer does. */
const post = async (plane: Plane, componentId: string, text: string): Promise<Posted> => {
  const requestId = crypto.randomUUID()
  const { incident } = await call<{ incident: string }>(plane, 'incidents.incident.begin', {
    title: 'Image pulls fail',
    requestId,
  })
  const startedAt = performance.now()
  const { updateId, sendAfter } = await call<{ updateId: string; sendAfter: string }>(
    plane,
    'incidents.incident.post',
    {
      incident,
      requestId: `${requestId}-post`,
      state: 'investigating',
      text,
      components: [{ componentId, status: 'partial_outage' }],
      nextUpdateMinutes: 30,
      sawUpdate: 0,
    },
  )
  return { updateId, commitMs: performance.now() - startedAt, sendAfterMs: Date.parse(sendAfter) }
}

/** Seconds from the end of the undo until the status page shows a text. */
const untilShown = async ({ url }: Plane, text: string, sendAfterMs: number): Promise<number> => {
  for (;;) {
    const page = await (await fetch(`${url}/status/`)).text()
    if (page.includes(text)) return Math.max(0, Date.now() - sendAfterMs) / 1_000
    if (Date.now() > sendAfterMs + 60_000) throw new Error('the status page does not show the update')
    await sleep(25)
  }
}

const untilMailed = async ({ sql }: Plane, updateId: string, whileWaiting: () => Promise<void>) => {
  for (;;) {
    const [left] = await sql<{ count: number }[]>`select count(*)::int as count from delivery
      where update_id = ${updateId} and subscriber_id is not null and state in ('pending', 'sending', 'retryable')`
    if (left!.count === 0) break
    await whileWaiting()
    await sleep(100)
  }
  const [times] = await sql<{ firstAt: Date; lastAt: Date }[]>`select min(a.at) as first_at,
      max(coalesce(d.accepted_at, a.at)) as last_at
    from delivery d join delivery_attempt a on a.delivery_id = d.id
    where d.update_id = ${updateId} and d.subscriber_id is not null`
  return (times!.lastAt.getTime() - times!.firstAt.getTime()) / 1_000
}

/**
 * From a tap to everywhere: chat and social channels, 10,000 mails of which 500 come back, and the status page. An option
 * sets how many rounds.
 */
export default async function fanout(options: string[]): Promise<void> {
  const rounds = Number(options[0] ?? ROUNDS)
  const sink = fork(join(import.meta.dirname, 'parts', 'mailSink.ts'))
  const [{ url: smtp }] = (await once(sink, 'message')) as [{ url: string }]
  const control = await startControlPlane('web,worker', {
    NODE_ENV: 'production',
    SMTP_URL: smtp,
    WHARF_SECRET: SECRET,
    WHARF_ADMIN_EMAIL: 'operator@example.com',
    WHARF_ADMIN_PASSWORD: 'a long enough password',
    WHARF_ALLOW_PRIVATE_WEBHOOKS: '1',
  })
  const kits = await startKits()
  const irc = await startIrc({ latencyMs: LATENCY_MS })
  for (const { stops } of kits) stops.latencyMs = LATENCY_MS
  try {
    const { sql, url } = control
    const plane: Plane = { sql, url, token: readFileSync(join(control.dataDir, 'operator-token'), 'utf8').trim() }
    for (const kit of kits) await keepChannel(sql, SECRET, kit)
    const place = { server: '127.0.0.1', port: irc.port, tls: false, nick: 'wharf', channel: '#status', account: '' }
    await keepChannel(sql, SECRET, { ...kits[0]!, kind: 'irc', settings: place, secret: {} })
    await sql`insert into subscriber (kind, address, created_by, confirmed_at)
      select 'email', case when n % ${SUBSCRIBERS / BOUNCE} = 0 then 'gone' else 'reader' end || n || '@example.com', 'bench', now()
      from generate_series(1, ${SUBSCRIBERS}) n`
    const { id: component } = await call<{ id: string }>(plane, 'incidents.components.create', {
      name: 'Image registry',
      region: 'ams1',
    })
    await sql`analyze subscriber`

    const commits: number[] = []
    for (let n = 0; n < COMMITS; n += 1) {
      const { updateId, commitMs } = await post(plane, component, `Warming up, number ${n}.`)
      commits.push(commitMs)
      await call(plane, 'incidents.incident.undo', { updateId })
    }
    const accepted: number[] = []
    const fresh: number[] = []
    const perMinute: number[] = []
    const pages: number[] = []
    let mails = 0
    for (let round = 0; round < rounds; round += 1) {
      // Those whose mails came back are asked again each round, so that each round is the same.
      await sql`update subscriber set quarantined_at = null`
      const text = `Pulls take longer than a minute, round ${round}.`
      const { updateId, commitMs, sendAfterMs } = await post(plane, component, text)
      commits.push(commitMs)
      await sleep(UNDO_MS - 500)
      fresh.push(await untilShown(plane, text, sendAfterMs))
      const seconds = await untilMailed(plane, updateId, async () => {
        const at = performance.now()
        await (await fetch(`${url}/status/`)).arrayBuffer()
        pages.push(performance.now() - at)
      })
      const rows = await sql<{ kind: string; state: string; ms: number | null }[]>`
        select c.kind, d.state, extract(epoch from d.accepted_at - u.send_after) * 1000 as ms
        from delivery d join channel c on c.id = d.channel_id join incident_update u on u.id = d.update_id
        where d.update_id = ${updateId}`
      const late = rows.filter(({ state }) => state !== 'delivered')
      if (late.length > 0)
        throw new Error(`not delivered: ${late.map(({ kind, state }) => `${kind} ${state}`).join(', ')}`)
      accepted.push(...rows.map(({ ms }) => Number(ms)))
      const [mailed] = await sql<{ delivered: number; bounced: number }[]>`select
          count(*) filter (where state = 'delivered')::int as delivered, count(*) filter (where state = 'permanent')::int as bounced
        from delivery where update_id = ${updateId} and subscriber_id is not null`
      if (mailed!.delivered !== SUBSCRIBERS - BOUNCE || mailed!.bounced !== BOUNCE)
        throw new Error(`mailed ${mailed!.delivered}, bounced ${mailed!.bounced}`)
      mails += mailed!.delivered
      perMinute.push((SUBSCRIBERS / seconds) * 60)
      process.stderr.write(`round ${round}: ${commitMs.toFixed(0)} ms, ${seconds.toFixed(1)} s of mails\n`)
    }
    const taken = await askSink(sink)
    if (taken.mails !== mails || taken.distinct !== mails)
      throw new Error(`the mail server took ${taken.mails} mails, ${taken.distinct} of them different, of ${mails}`)
    const size = (await (await fetch(`${url}/status/`)).arrayBuffer()).byteLength
    const one = (name: string, value: number, unit: string, more: Record<string, number> = {}) =>
      figure({ bench: 'fanout', figure: name, value, unit, ...more })
    one('commit_p95_ms', p95(commits), 'ms', { subscribers: SUBSCRIBERS, samples: commits.length })
    one('accepted_p95_ms', p95(accepted), 'ms', { channels: kits.length + 1, latencyMs: LATENCY_MS })
    one('emails_per_min', Math.min(...perMinute), 'mails/min', { bounced: BOUNCE, rounds })
    one('page_fresh_s', Math.max(...fresh), 's')
    one('page_while_mailing_p95_ms', p95(pages), 'ms', { samples: pages.length })
    one('status_page_kb', size / 1_024, 'kB')
  } finally {
    sink.disconnect()
    await Promise.all([...kits.map(({ close }) => close()), irc.close()])
    await control.stop()
  }
}
