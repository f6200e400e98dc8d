import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import type { Context } from '#server/context.ts'
import { closeIrc } from '#server/incidents/channels/irc.ts'
import { deliver } from '#server/incidents/deliver.ts'
import { openIncident } from '#server/incidents/openIncident.ts'
import { postUpdate } from '#server/incidents/postUpdate.ts'
import { mailAddress, slackChannel, slackHook, type Address } from '#server/incidents/subscribers/address.ts'
import { subscribe } from '#server/incidents/subscribers/subscribe.ts'
import { tellSubscribers } from '#server/incidents/subscribers/tellSubscribers.ts'
import { startApi, type Stops } from '../channels/api.ts'
import { keepChannel, startKits, type Kit } from '../channels/channelKit.ts'
import { startIrc } from '../channels/ircServer.ts'
import { startMailServer } from '../channels/mailServer.ts'
import { startSlack } from '../channels/slackApi.ts'
import { buildWharf } from '../server/incidents/wharf.ts'
import { testDatabase } from '../support/database.ts'
import type { Point, Run } from './parts/deliverProcess.ts'

// A worker is killed with SIGKILL at each step of a delivery, on every kind of channel; then another goes on. What the
// stand-ins took is the judge. By default all channels are at the same step when one worker is killed; with
// WHARF_CRASH_FULL=1 each channel has a worker of its own for each step.

const isFull = process.env['WHARF_CRASH_FULL'] === '1'
const { sql, url: databaseUrl } = await testDatabase({ max: 10 })
const wharf = await buildWharf(sql)
const dataDir = mkdtempSync(join(tmpdir(), 'wharf-crash-'))
const mail = await startMailServer()
const kits = await startKits()
const irc = await startIrc({ account: 'wharf:pass' })
const events: string[] = []
const hook = await startApi(({ headers }) => {
  // Receivers tell repeats by webhook-id. standardwebhooks.com
  const id = String(headers['webhook-id'])
  if (!events.includes(id)) events.push(id)
  return { status: 204 }
})
const plain: string[] = []
const slackIn = await startApi(({ text }) => {
  plain.push(text)
  return { status: 200 }
})
const slackApi = await startSlack()
afterAll(async () => {
  closeIrc()
  await Promise.all([...kits.map(({ close }) => close()), irc.close(), hook.close(), slackIn.close(), slackApi.close()])
  await mail.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const settings = {
  WHARF_DATA: dataDir,
  WHARF_SECRET: wharf.env.secret,
  WHARF_PUBLIC_URL: 'https://wharf.example',
  WHARF_ALLOW_PRIVATE_WEBHOOKS: '1',
  SMTP_URL: mail.url,
}
const env = { ...wharf.env, dataDir, SMTP_URL: mail.url, WHARF_ALLOW_PRIVATE_WEBHOOKS: true }
const at = (minutes: number): Context => ({ ...wharf.ctx(minutes), env })

/** How a channel is judged: what its stand-in took of one update, and whether it can tell whether a try had landed. */
type Judged = {
  kind: string
  target: string
  canTell: boolean
  took: () => number
  stops: Stops | 'irc' | 'mail'
}
const canTell = (kind: string) => !['discord', 'telegram', 'teams', 'irc', 'slack webhook'].includes(kind)

const channels: Judged[] = []
const keep = async (kit: Kit, stops: Judged['stops'], took: () => number) => {
  const id = await keepChannel(sql, wharf.env.secret, kit)
  channels.push({ kind: kit.kind, target: `channel:${id}`, canTell: canTell(kit.kind), took, stops })
}
for (const kit of kits) await keep(kit, kit.stops, () => kit.posts.length)
const place = { server: '127.0.0.1', port: irc.port, tls: false, nick: 'wharf', channel: '#status', account: 'wharf' }
await keep({ ...kits[0]!, kind: 'irc', settings: place, secret: { password: 'pass' } }, 'irc', () => irc.posts.length)
const signed = { url: `${hook.url}/channel` }
const secret = { secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}` }
await keep({ ...kits[0]!, kind: 'webhook', settings: signed, secret }, hook.stops, () => events.length)

const subscribers: Judged[] = []
const addOne = async (kind: string, to: Address, stops: Judged['stops'], took: () => number) => {
  const of = kind === 'email' || kind === 'webhook' ? kind : 'slack'
  const { id } = await subscribe(at(-1), { kind: of, to, components: null, agreed: true })
  subscribers.push({ kind, target: `subscriber:${id}`, canTell: canTell(kind), took, stops })
}
const none = { settings: {}, secret: null }
await addOne(
  'email',
  { address: mailAddress('one@example.com'), ...none },
  'mail',
  () => new Set(mail.mails.map(({ messageId }) => messageId)).size,
)
await addOne('webhook', { address: `${hook.url}/subscriber`, ...none }, hook.stops, () => events.length)
await addOne('slack webhook', slackHook(`${slackIn.url}/services/T/B/x`), slackIn.stops, () => plain.length)
await addOne('slack by token', slackChannel('C1', 'xoxb-1', slackApi.url), slackApi.stops, () => slackApi.posts.length)

const nothing = async () => {}
const forget = () => {
  for (const one of [...channels, ...subscribers])
    if (typeof one.stops === 'object') Object.assign(one.stops, { arrived: nothing, handled: nothing })
  Object.assign(irc, { onSaid: () => 'answer' })
  Object.assign(mail, { stop: () => null, hold: () => null })
  for (const log of [irc.posts, mail.mails, events, plain, slackApi.posts, ...kits.map(({ posts }) => posts)])
    log.length = 0
}

const forever = () => new Promise<void>(() => {})
/** Has the stand-ins hold their requests at `point`; the last of them kills the worker. */
const holdAt = (point: Point, of: readonly Judged[], kill: () => void) => {
  const seen = new Set<string>()
  const hold = ({ kind }: Judged) => {
    seen.add(kind)
    if (seen.size === of.length) kill()
  }
  for (const one of of) {
    if (one.stops === 'irc')
      irc.onSaid = () => {
        hold(one)
        return point === 'arrived' ? 'lost' : 'silence'
      }
    else if (one.stops === 'mail')
      Object.assign(mail, {
        [point === 'arrived' ? 'stop' : 'hold']: () => {
          hold(one)
          return forever()
        },
      })
    else
      one.stops[point === 'arrived' ? 'arrived' : 'handled'] = () => {
        hold(one)
        return forever()
      }
  }
}

/** A worker that is killed at a point, by itself or by the stand-ins; over when PostgreSQL has noticed. */
const runKilled = async (run: Pick<Run, 'what' | 'point'>, minute: number, of: readonly Judged[]): Promise<void> => {
  const told: Run = { ...run, databaseUrl, env: settings, now: at(minute).now.toISOString(), count: of.length }
  const child: ChildProcess = fork(join(import.meta.dirname, 'parts', 'deliverProcess.ts'), [JSON.stringify(told)])
  if (run.point === 'arrived' || run.point === 'handled') holdAt(run.point, of, () => void child.kill('SIGKILL'))
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
  expect(signal).toBe('SIGKILL')
  for (;;) {
    const left =
      await sql`select 1 from pg_stat_activity where application_name = 'to-be-killed' and datname = current_database()`
    if (left.length === 0) break
    await sleep(20)
  }
}

let hour = 0
/** Posts an update for these targets alone, kills a worker at a point of it, has others go on, and gives how it stands. */
const story = async (what: Run['what'], points: readonly Point[], of: readonly Judged[]) => {
  hour += 60
  forget()
  await sql`update channel set wait_until = null`
  const { id } = await sql.begin((tx) =>
    openIncident(tx, at(hour), { requestId: `crash-${hour}`, title: 'Pulls fail' }),
  )
  const { updateId } = await postUpdate(at(hour), {
    incidentId: id,
    requestId: `crash-post-${hour}`,
    state: 'investigating',
    text: `Told in spite of what happens, ${hour}.`,
    components: [],
    nextUpdateMinutes: null,
    sawUpdate: 0,
  })
  await sql`update delivery set state = 'skipped', next_at = null
    where update_id = ${updateId} and target <> all(${of.map(({ target }) => target)})`
  let minute = hour + 1
  for (const point of points) {
    await runKilled({ what, point }, minute, of)
    forgetStops()
    minute += 3
  }
  for (let n = 0; n < 3; n += 1) {
    const ctx = at(minute + n)
    await (what === 'channels' ? deliver(ctx, { patienceMs: 0 }) : tellSubscribers(ctx))
  }
  closeIrc()
  const rows = await sql<{ target: string; state: string; nextAt: Date | null }[]>`
    select target, state, next_at from delivery where update_id = ${updateId}`
  return Object.fromEntries(
    of.map(({ kind, target, took }) => [
      kind,
      { state: rows.find((row) => row.target === target)!.state, took: took() },
    ]),
  )
}
/** From here on the stand-ins answer; what they took stays. */
const forgetStops = () => {
  for (const one of [...channels, ...subscribers])
    if (typeof one.stops === 'object') Object.assign(one.stops, { arrived: nothing, handled: nothing })
  Object.assign(irc, { onSaid: () => 'answer' })
  Object.assign(mail, { stop: () => null, hold: () => null })
}

/** Whether the update was there already when the worker was killed. */
const HAD_LANDED: Record<Point, boolean> = {
  taking: false,
  taken: false,
  arrived: false,
  handled: true,
  answered: true,
  recording: true,
  recorded: true,
  looking: true,
}
/** Once: where it can be told, and where nothing was begun or all was recorded; else nobody guesses. */
const expected = (of: readonly Judged[], point: Point) =>
  Object.fromEntries(
    of.map(({ kind, canTell: can }) => {
      const isClear = can || point === 'taking' || point === 'recorded'
      return [kind, isClear ? { state: 'delivered', took: 1 } : { state: 'unknown', took: HAD_LANDED[point] ? 1 : 0 }]
    }),
  )

const groups = (of: readonly Judged[]) => (isFull ? of.map((one) => [one]) : [of])
const cases = (of: readonly Judged[], points: readonly Point[]) =>
  points.flatMap((point) =>
    groups(of).map((group) => ({ point, group, kinds: group.map(({ kind }) => kind).join(', ') })),
  )

describe('a worker killed while it posts to channels', () => {
  const points: Point[] = ['taking', 'taken', 'arrived', 'handled', 'answered', 'recording', 'recorded']
  test.each(cases(channels, points))('at $point: $kinds', async ({ point, group }) => {
    expect(await story('channels', [point], group)).toEqual(expected(group, point))
  })

  const asked = channels.filter(({ kind }) => ['slack', 'x'].includes(kind))
  test.each(cases(asked, ['handled']))(
    'and again while it looks whether the first try had landed: $kinds',
    async ({ group }) => {
      expect(await story('channels', ['handled', 'looking'], group)).toEqual(expected(group, 'looking'))
    },
  )
})

describe('a worker killed while it tells subscribers', () => {
  const points: Point[] = ['arrived', 'handled', 'answered', 'recording', 'recorded']
  test.each(cases(subscribers, points))('at $point: $kinds', async ({ point, group }) => {
    expect(await story('subscribers', [point], group)).toEqual(expected(group, point))
  })
})

test('nobody was told before signing in where the server asks for it', () => {
  expect(new Set(irc.signIns)).toEqual(new Set(['wharf']))
})
