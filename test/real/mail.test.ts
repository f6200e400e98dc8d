import { spawn, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Context } from '#server/context.ts'
import { openIncident } from '#server/incidents/openIncident.ts'
import { postUpdate } from '#server/incidents/postUpdate.ts'
import { mailAddress } from '#server/incidents/subscribers/address.ts'
import { subscribe } from '#server/incidents/subscribers/subscribe.ts'
import { tellSubscribers } from '#server/incidents/subscribers/tellSubscribers.ts'
import { buildWharf } from '../server/incidents/wharf.ts'
import { freePort } from '../support/controlPlane.ts'
import { testDatabase } from '../support/database.ts'
import { canInstall, install, program } from '../support/parts.ts'

// OpenSMTPD on loopback, with two mailboxes and nobody else; of others it says 524 5.2.4.

if (!program('smtpd') && canInstall()) await install('opensmtpd')
const smtpd = process.getuid?.() === 0 ? program('smtpd') : null

const NOBODY = { uid: 65_534, gid: 65_534 }
const { sql } = await testDatabase()
const wharf = await buildWharf(sql)
const port = await freePort()
const folder = mkdtempSync(join(tmpdir(), 'wharf-smtpd-'))
let daemon: ChildProcess | undefined
let said = ''

const answers = () =>
  new Promise<boolean>((done) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', (data) => {
      socket.destroy()
      done(data.toString().startsWith('220'))
    })
    socket.on('error', () => done(false))
  })

beforeAll(async () => {
  if (!smtpd) return
  const boxes = join(folder, 'boxes')
  mkdirSync(boxes)
  chmodSync(folder, 0o755)
  chownSync(boxes, NOBODY.uid, NOBODY.gid)
  const file = join(folder, 'smtpd.conf')
  writeFileSync(
    file,
    `table people { "one@example.com" = "nobody", "two@example.com" = "nobody" }
listen on 127.0.0.1 port ${port}
action "keep" maildir "${boxes}" virtual <people>
match from any for domain "example.com" action "keep"
`,
    { mode: 0o644 },
  )
  daemon = spawn(smtpd, ['-d', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  daemon.stdout?.on('data', (data: Buffer) => (said += data.toString()))
  daemon.stderr?.on('data', (data: Buffer) => (said += data.toString()))
  for (const until = Date.now() + 20_000; !(await answers());) {
    if (Date.now() > until || daemon.exitCode !== null) throw new Error(`smtpd does not answer:\n${said}`)
    await sleep(100)
  }
})
afterAll(async () => {
  if (daemon) {
    const gone = new Promise((done) => daemon?.once('exit', done))
    daemon.kill('SIGTERM')
    await gone
  }
  rmSync(folder, { recursive: true, force: true })
})

const boxed = () => {
  const fresh = join(folder, 'boxes', 'new')
  return existsSync(fresh) ? readdirSync(fresh).map((name) => readFileSync(join(fresh, name), 'utf8')) : []
}

test.skipIf(!smtpd)(
  'a real mail server takes mails to those it knows, and who it does not know is quarantined',
  async () => {
    const env = {
      ...wharf.env,
      SMTP_URL: `smtp://127.0.0.1:${port}?ignoreTLS=true`,
      WHARF_MAIL_FROM: 'Status <status@wharf.example>',
    }
    const at = (minutes: number): Context => ({ ...wharf.ctx(minutes), env })
    for (const name of ['one', 'two', 'zero'])
      await subscribe(at(0), {
        kind: 'email',
        to: { address: mailAddress(`${name}@example.com`), settings: {}, secret: null },
        components: null,
        agreed: true,
      })
    const { id } = await sql.begin((tx) => openIncident(tx, at(1), { requestId: 'open-mail', title: 'Störung 🚢' }))
    await postUpdate(at(1), {
      incidentId: id,
      requestId: 'post-mail',
      state: 'investigating',
      text: `שלום, pulls fail. ${'A long line that goes on and on. '.repeat(40)}\n.\nFrom here on.`,
      components: [],
      nextUpdateMinutes: 30,
      sawUpdate: 0,
    })
    await tellSubscribers(at(2))
    const rows = await sql<{ address: string; state: string; lastError: string | null; isQuarantined: boolean }[]>`
    select s.address, d.state, d.last_error, s.quarantined_at is not null as is_quarantined
    from delivery d join subscriber s on s.id = d.subscriber_id order by s.id`
    expect(rows).toEqual([
      { address: 'one@example.com', state: 'delivered', lastError: null, isQuarantined: false },
      { address: 'two@example.com', state: 'delivered', lastError: null, isQuarantined: false },
      {
        address: 'zero@example.com',
        state: 'permanent',
        lastError: expect.stringMatching(/^5\d\d 5\.2\./u),
        isQuarantined: true,
      },
    ])
    for (const until = Date.now() + 20_000; boxed().length < 2;) {
      if (Date.now() > until) throw new Error(`the mails are not in their box:\n${said}`)
      await sleep(100)
    }
    const mails = await Promise.all(boxed().map((raw) => simpleParser(raw)))
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(2)
    for (const { subject, text, headers } of mails) {
      expect(subject).toBe('Investigating: Störung 🚢 (INC-1)')
      // A line of one dot, and one that begins with From, arrive as they were written.
      expect(text).toContain('\n.\nFrom here on.')
      expect(text).toContain('שלום, pulls fail.')
      expect(headers.get('auto-submitted')).toBe('auto-generated')
    }
  },
)
