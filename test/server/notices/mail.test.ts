import fc from 'fast-check'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterAll, expect, test, vi } from 'vitest'
import { log } from '#server/log.ts'
import { bodyText, messageId, subjectLine } from '#server/notices/mail.ts'
import { closeTransports, sendMail } from '#server/notices/sendMail.ts'
import { postMail } from '#server/notices/tell.ts'
import { house } from '../accounts/house.ts'

const h = await house()
const operator = { ...(await h.person('operator@example.com')), roles: ['operator' as const] }

type Received = { to: string[]; text: string }
const received: Received[] = []
let refuse = false
const smtp = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  logger: false,
  onRcptTo: (_, __, done) => done(refuse ? Object.assign(new Error('mailbox busy'), { responseCode: 450 }) : null),
  onData: (stream, session, done) => {
    let text = ''
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
    stream.on('end', () => {
      received.push({ to: session.envelope.rcptTo.map((one) => one.address), text })
      done()
    })
  },
})
await new Promise<void>((ready) => smtp.listen(0, '127.0.0.1', ready))
const { port } = smtp.server.address() as AddressInfo
afterAll(async () => {
  closeTransports()
  await new Promise<void>((closed) => smtp.close(closed))
})
const withSmtp = () => ({ ...h.ctx(), env: { ...h.env, SMTP_URL: `smtp://127.0.0.1:${port}` } })

const post = async (key: string) => {
  await postMail(h.ctx(), {
    to: 'mira@example.com',
    subject: 'Set a new\r\npassword',
    text: 'Höhe\n\nhttp://localhost:3000/reset?token=abc',
    key,
  })
  const [row] = await h.sql<{ id: bigint }[]>`select id from mail where key = ${key}`
  return String(row?.id)
}

test('a mail goes out over SMTP once, with an id that its key decides', async () => {
  const mailId = await post('reset:1')
  await sendMail(withSmtp(), { mailId })
  await sendMail(withSmtp(), { mailId })
  expect(received).toHaveLength(1)
  expect(received[0]?.to).toEqual(['mira@example.com'])
  expect(received[0]?.text).toContain(`Message-ID: ${messageId('reset:1', h.env.publicUrl)}`)
  expect(received[0]?.text).toContain('Subject: Set a new password\r\n')
  expect((await h.as(operator).notices.outbox()).rows[0]).toMatchObject({
    attempts: 1,
    lastError: null,
    sentAt: expect.any(Date),
  })
})

test('a mail that is refused fails its job, which tries again, and the outbox says why', async () => {
  const mailId = await post('reset:2')
  refuse = true
  await expect(sendMail(withSmtp(), { mailId })).rejects.toThrow('mailbox busy')
  expect((await h.as(operator).notices.outbox({ unsent: true })).rows[0]).toMatchObject({
    attempts: 1,
    lastError: expect.stringContaining('mailbox busy'),
    sentAt: null,
  })
  refuse = false
  await sendMail(withSmtp(), { mailId })
  expect((await h.as(operator).notices.outbox({ unsent: true })).rows).toEqual([])
})

test('without SMTP_URL the mail waits in the outbox, which operators alone read', async () => {
  const mailId = await post('reset:3')
  await sendMail(h.ctx(), { mailId })
  expect(await h.as(operator).notices.outbox({ unsent: true })).toMatchObject({
    smtp: false,
    rows: [
      { recipient: 'mira@example.com', body: expect.stringContaining('/reset?token=abc'), sentAt: null, attempts: 0 },
    ],
  })
  await expect(h.as({ ...operator, roles: [] }).notices.outbox()).rejects.toMatchObject({ code: 'FORBIDDEN' })
})

test('without SMTP_URL the link of a mail that lets somebody in is logged, no other', async () => {
  const said = vi.spyOn(log, 'info')
  await sendMail(h.ctx(), { mailId: await post('reset:5') })
  await sendMail(h.ctx(), { mailId: await post('receipt:5') })
  const links = said.mock.calls.map(([fields]) => (fields as { link?: string }).link)
  expect(links).toEqual(['http://localhost:3000/reset?token=abc', undefined])
  said.mockRestore()
})

test('the same fact is mailed once', async () => {
  await post('reset:4')
  await post('reset:4')
  expect(await h.sql`select 1 from mail where key = 'reset:4'`).toHaveLength(1)
})

test('no text makes a second header line of a subject', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(subjectLine(text)).not.toMatch(/[\r\n\0\u2028]/)
    }),
  )
})

test('folding keeps every word and every link whole', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[!-~]{1,120}$/), { minLength: 1, maxLength: 40 }), (words) => {
      const text = bodyText([words.join(' ')], 'http://localhost:3000').split('\n\n--\n')[0] ?? ''
      expect(text.split(/[ \n]/)).toEqual(words)
      for (const line of text.split('\n')) expect(line.length <= 76 || !line.includes(' ')).toBe(true)
    }),
  )
})
