import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { connect } from '#db/client.ts'
import { startPostgres } from '#db/embedded.ts'
import { migrate } from '#db/migrate.ts'
import { livingPostmaster } from '#db/postmaster.ts'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { createComponent } from '#server/incidents/components.ts'
import { subscribe } from '#server/incidents/subscribers/subscribe.ts'
import { startWorker } from '#server/worker.ts'
import { startApi } from '../channels/api.ts'
import { keepChannel, startKits } from '../channels/channelKit.ts'
import { startMailServer } from '../channels/mailServer.ts'
import { buildWharf } from '../server/incidents/wharf.ts'
import { testDatabase } from '../support/database.ts'
import { startWharf } from './control.ts'

const { sql, url } = await testDatabase()
await buildWharf(sql)
const wharf = await startWharf(sql)
const kits = await startKits()
const mail = await startMailServer()
const hook = await startApi(() => ({ status: 204 }))
const dataDir = mkdtempSync(join(tmpdir(), 'wharf-direct-test-'))
const env = readEnv({ WHARF_DATA: dataDir, WHARF_PUBLIC_URL: 'https://wharf.example' })
afterAll(async () => {
  await Promise.all([...kits.map(({ close }) => close()), mail.close(), hook.close()])
  rmSync(dataDir, { recursive: true, force: true })
})

/** Each of these starts several processes. */
const PATIENCE_MS = 120_000

const isSkipped = async () => {
  await sql`update delivery set state = 'skipped', next_at = null where state = 'pending'`
}

test(
  'an incident is opened, told of, corrected and resolved from a shell',
  async () => {
    const opened = await wharf([
      'incident',
      'open',
      ...['--title', 'Pulls fail', '--text', 'Pulls of images fail.', '--wait', '0', '--json'],
      ...['--component', 'image-registry-ams1=major_outage', '--host', 'ams1-c1'],
    ])
    expect(opened.err).toMatch(
      /^INC-\d+: update 1 is posted; it goes out at .*"wharf incident undo \d+" takes it back\.\n$/,
    )
    const { incident, updateId } = JSON.parse(opened.out) as { incident: string; updateId: string }
    // However long the next command takes to start.
    await sql.begin(async (tx) => {
      await tx`alter table incident_update disable trigger user`
      await tx`update incident_update set send_after = now() + interval '1 hour' where id = ${updateId}`
      await tx`alter table incident_update enable trigger user`
    })
    expect(await wharf(`incident undo ${updateId}`)).toMatchObject({
      code: 0,
      out: `update 1 of ${incident} was not sent\n`,
    })
    const say = (words: string[]) => wharf(['incident', ...words, '--wait', '0'])
    expect(
      await say([
        'update',
        incident,
        '--text',
        'Pulls fail in ams1.',
        '--component',
        'image-registry-ams1=partial_outage',
      ]),
    ).toMatchObject({ code: 0 })
    expect(
      await say(['post', incident, '--text', 'A disk is full.', '--state', 'identified', '--saw', '0']),
    ).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^wharf: test token posted update 2 since you looked: "Pulls fail in ams1\."/),
    })
    expect(
      await say(['post', incident, '--text', 'A disk is full.', '--state', 'identified', '--next', '20']),
    ).toMatchObject({ code: 0 })
    expect(await say(['correct', incident, '--update', '2', '--text', 'Only pushes fail.'])).toMatchObject({ code: 0 })
    const listed = await wharf('component list')
    expect(listed.out).toMatch(/image-registry-ams1\s+Image registry, ams1\s+-\s+partial_outage\s+1\s+1/)
    expect(await say(['resolve', incident, '--text', 'It works again.'])).toMatchObject({ code: 0 })
    const shown = await wharf(`incident show ${incident}`)
    expect(shown.out).toMatch(/state\s+resolved\n/)
    expect(shown.out).toMatch(/1\s+.*undone.*Pulls of images fail/)
    expect((await wharf('incident list --filter past')).out).toMatch(new RegExp(`${incident}\\s+resolved\\s+major`))
    await isSkipped()
  },
  PATIENCE_MS,
)

test(
  'a component’s status is set in the incident that names it, and a new one where none does',
  async () => {
    const set = (status: string, text: string) =>
      wharf(['component', 'set', 'running-services-ams1', status, '--text', text, '--wait', '0', '--json'])
    expect(await set('operational', 'All is well.')).toMatchObject({
      code: 1,
      err: 'wharf: no open incident names Running services: there is nothing to restore\n',
    })
    const began = JSON.parse((await set('major_outage', 'Apps are down.')).out) as { incident: string; number: number }
    const next = JSON.parse((await set('partial_outage', 'Half are back.')).out) as { incident: string; number: number }
    expect([next.incident, began.number, next.number]).toEqual([began.incident, 1, 2])
    expect(await wharf(`incident resolve ${began.incident} --text Over. --wait 0`)).toMatchObject({ code: 0 })
    await isSkipped()
  },
  PATIENCE_MS,
)

test(
  'wrong calls and refusals say in one line what is wrong',
  async () => {
    const said = async (words: string, more: Record<string, string> = {}) => {
      const { code, err } = await wharf(words, more)
      return `${code} ${err.trim()}`
    }
    expect(await said('incident show frob')).toBe('2 wharf: an incident is called INC-7, not "frob"')
    expect(await said('incident show INC-999')).toBe('1 wharf: no incident INC-999')
    expect(await said('incident open --title x')).toBe(
      '2 wharf: say what is the matter with --text, or name a --template',
    )
    expect(await said('component set nothing major_outage --text x')).toBe(
      '1 wharf: no component "nothing"; "wharf component list" names them',
    )
    const nowhere = join(dataDir, 'nowhere')
    expect(await said('incident list --direct', { WHARF_DATA: nowhere })).toBe(
      `1 wharf: there is no database in ${nowhere}: set DATABASE_URL, or WHARF_DATA to the control plane’s data directory`,
    )
    expect(await said('incident resolve INC-1 --text x --direct', { WHARF_DATA: nowhere, DATABASE_URL: url })).toMatch(
      /^1 wharf: set WHARF_SECRET and WHARF_PUBLIC_URL as the control plane has it/,
    )
  },
  PATIENCE_MS,
)

test(
  'with no server, --direct tells every channel and subscriber once and shows the status page; a server that starts tells nobody twice',
  async () => {
    for (const kit of kits) await keepChannel(sql, env.secret, kit)
    const ctx = { ...systemContext(sql, env, 'test'), now: new Date() }
    const to = (address: string) => ({ to: { address, settings: {}, secret: null }, components: null, agreed: true })
    await subscribe(ctx, { kind: 'email', ...to('one@example.com') })
    await subscribe(ctx, { kind: 'webhook', ...to(`${hook.url}/hook`) })
    const alone = {
      WHARF_URL: 'http://127.0.0.1:1',
      WHARF_TOKEN: '',
      WHARF_DATA: dataDir,
      DATABASE_URL: url,
      WHARF_PUBLIC_URL: 'https://wharf.example',
      WHARF_ALLOW_PRIVATE_WEBHOOKS: '1',
      SMTP_URL: mail.url,
    }
    const words = ['incident', 'open', '--direct', '--json', '--title', 'Pulls fail', '--text', 'Pulls of images fail.']
    const ran = await wharf([...words, '--component', 'image-registry-ams1=major_outage'], alone)
    expect(ran.err).toMatch(/^INC-\d+: update 1 is posted; .*\n$/)
    const { incident, deliveries } = JSON.parse(ran.out) as {
      incident: string
      deliveries: { rows: { kind: string; state: string }[]; crowds: unknown }
    }
    expect(deliveries.crowds).toEqual([{ of: 'subscribers', states: [{ state: 'delivered', count: 2 }], failures: [] }])
    expect([mail.mails.map((one) => one.to), hook.log.length]).toEqual([['one@example.com'], 1])
    const states = Object.fromEntries(deliveries.rows.map(({ kind, state }) => [kind, state]))
    expect(states).toEqual(
      Object.fromEntries([...kits.map(({ kind }) => kind), 'banner', 'status'].map((kind) => [kind, 'delivered'])),
    )
    expect(ran.code).toBe(0)
    for (const { kind, posts } of kits) expect([kind, posts.length]).toEqual([kind, 1])
    expect(readFileSync(join(dataDir, 'status', 'index.html'), 'utf8')).toContain('Pulls of images fail.')
    const { out } = await wharf('audit list --action incidents.update.post --json')
    const { rows } = JSON.parse(out) as { rows: { actorLabel: string }[] }
    expect(rows[0]?.actorLabel).toMatch(/\(wharf --direct\)$/)

    const folder = join(dataDir, 'exported')
    const exported = await wharf(['status', 'export', folder, '--direct'], alone)
    expect(exported).toMatchObject({ code: 0, err: '' })
    expect(readdirSync(folder).toSorted()).toEqual([
      'api',
      'badge.svg',
      'components',
      'history.atom',
      'history.html',
      'history.rss',
      'i',
      'index.html',
      'summary.json',
    ])
    expect(readFileSync(join(folder, 'i', `${incident}.html`), 'utf8')).toContain('Pulls of images fail.')

    // What posting left for a control plane to do is still there; it finds everything done.
    const waiting = () => sql<
      { identifier: string }[]
    >`select distinct t.identifier from graphile_worker._private_jobs j
      join graphile_worker._private_tasks t on t.id = j.task_id
      where t.identifier in ('incidents.deliver', 'incidents.tell_subscribers') and j.run_at <= now() order by 1`
    expect(await waiting()).toEqual([{ identifier: 'incidents.deliver' }, { identifier: 'incidents.tell_subscribers' }])
    await sql`delete from graphile_worker._private_jobs j using graphile_worker._private_tasks t where t.id = j.task_id
      and t.identifier not in ('incidents.deliver', 'incidents.tell_subscribers')`
    const started = { ...env, SMTP_URL: mail.url, WHARF_ALLOW_PRIVATE_WEBHOOKS: true }
    const worker = await startWorker(sql, started, url)
    try {
      await expect.poll(waiting, { timeout: 30_000 }).toEqual([])
    } finally {
      await worker?.stop()
    }
    expect([mail.mails.length, hook.log.length]).toEqual([1, 1])
    for (const { kind, posts } of kits) expect([kind, posts.length]).toEqual([kind, 1])
  },
  PATIENCE_MS,
)

test(
  'the embedded database is started for one command and ends with it, or is left as it runs',
  async () => {
    const home = mkdtempSync(join(tmpdir(), 'wharf-direct-home-'))
    const cluster = join(home, 'postgres', 'cluster')
    const start = () => startPostgres({ dataDir: join(home, 'postgres'), settings: { fsync: 'off' } })
    const postgres = await start()
    try {
      await migrate(postgres.url)
      const pool = connect(postgres.url, { max: 1 })
      const ctx = systemContext(pool, readEnv({ WHARF_DATA: home }), 'test')
      const fields = { description: '', region: null, groupId: null, position: 1, showUptime: true }
      await createComponent(ctx, { name: 'Image registry', ...fields })
      await pool.end()
      const own = { WHARF_DATA: home, WHARF_URL: 'http://127.0.0.1:1', WHARF_TOKEN: '' }
      expect((await wharf('component list --direct', own)).out).toMatch(
        /image-registry\s+Image registry\s+-\s+operational/,
      )
      expect(livingPostmaster(cluster)?.pid).toBe(postgres.pid)
      await postgres.stop()
      expect(await wharf(`status export ${join(home, 'page')} --direct`, own)).toMatchObject({ code: 0, err: '' })
      expect(existsSync(join(home, 'page', 'index.html'))).toBe(true)
      expect(livingPostmaster(cluster)).toBeUndefined()
    } finally {
      await postgres.stop()
      rmSync(home, { recursive: true, force: true })
    }
  },
  PATIENCE_MS,
)
