import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { UpdateView } from '#server/incidents/channel.ts'
import { closeIrc, irc } from '#server/incidents/channels/irc.ts'
import { canInstall, install, program } from '../support/parts.ts'

if (!program('ngircd') && canInstall()) await install('ngircd')
const ngircd = program('ngircd')

const freePort = () =>
  new Promise<number>((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })
const port = await freePort()
const folder = mkdtempSync(join(tmpdir(), 'ngircd-'))
let daemon: ChildProcess | undefined

const waitFor = async (is: () => boolean | Promise<boolean>) => {
  for (const until = Date.now() + 10_000; Date.now() < until;) {
    if (await is()) return
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error('it did not come about in 10 s')
}
const answers = () =>
  new Promise<boolean>((done) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      done(true)
    })
    socket.on('error', () => done(false))
  })

const start = async () => {
  const conf = join(folder, 'ngircd.conf')
  writeFileSync(
    conf,
    `[Global]\nName = irc.test\nInfo = test\nListen = 127.0.0.1\nPorts = ${port}\nMotdPhrase = hello\n` +
      '[Limits]\nMaxConnectionsIP = 0\nMaxNickLength = 20\n' +
      '[Options]\nDNS = no\nIdent = no\nPAM = no\n' +
      '[Channel]\nName = #status\nModes = n\n[Channel]\nName = #hushed\nModes = mn\n[Channel]\nName = #closed\nModes = i\n',
  )
  daemon = spawn(ngircd!, ['-n', '-f', conf], { stdio: 'ignore' })
  await waitFor(answers)
}
const stop = async () => {
  const gone = new Promise((done) => daemon?.once('exit', done))
  daemon?.kill('SIGKILL')
  await gone
}

/** Somebody in the channels who reads along, with what they saw. */
const reader = async () => {
  const seen: string[] = []
  const socket: Socket = connect(port, '127.0.0.1')
  let rest = ''
  socket.on('data', (data) => {
    const lines = (rest + data.toString('utf8')).split('\r\n')
    rest = lines.pop()!
    for (const line of lines) {
      if (line.startsWith('PING')) socket.write(`PONG ${line.slice(5)}\r\n`)
      seen.push(line)
    }
  })
  socket.write('NICK reader\r\nUSER reader 0 * :reader\r\n')
  await waitFor(() => seen.some((line) => line.includes(' 001 ')))
  socket.write('JOIN #status,#hushed\r\n')
  await waitFor(() => seen.filter((line) => line.includes(' 366 ')).length === 2)
  return { said: () => seen.filter((line) => line.includes(' PRIVMSG ')), close: () => socket.destroy() }
}

beforeAll(async () => {
  if (ngircd) await start()
})
afterAll(async () => {
  closeIrc()
  if (ngircd) await stop()
  rmSync(folder, { recursive: true, force: true })
})

const update: UpdateView = {
  incident: 'INC-7',
  title: 'Pulls fail 🚢',
  state: 'investigating',
  impact: 'major',
  number: 1,
  kind: 'update',
  text: 'Störung: '.concat('pulls take longer than a minute, '.repeat(12)),
  components: [],
  at: new Date('2026-11-21T03:13:00Z'),
  nextUpdateAt: null,
  link: 'https://status.example/status/i/INC-7',
  isDrill: false,
}
const place = (channel: string) => ({ server: '127.0.0.1', port, tls: false, nick: 'wharf', channel, account: '' })
const say = (channel: string, text: string, secret = {}) => {
  const settings = place(channel)
  return irc.send(
    { settings, secret },
    {
      action: 'post',
      body: irc.render({ ...update, text }, settings),
      key: 'k',
      previous: null,
      signal: AbortSignal.timeout(8_000),
      now: update.at,
    },
  )
}

test.skipIf(!ngircd)('a long update arrives whole, in lines ngircd takes, and is receipted by its PONG', async () => {
  const { said, close } = await reader()
  expect(await say('#status', update.text)).toMatchObject({
    kind: 'delivered',
    receipt: { id: expect.stringMatching(/^PONG/u) },
  })
  const sent = irc.render(update, place('#status'))['lines'] as string[]
  expect(sent.length).toBeGreaterThan(1)
  await waitFor(() => said().length === sent.length)
  expect(said().map((line) => line.slice(line.indexOf(' :') + 2))).toEqual(sent)
  // Once more over the same connection: nobody joins again.
  expect(await say('#status', 'Short.')).toMatchObject({ kind: 'delivered' })
  await waitFor(() => said().at(-1)!.includes('Short.'))
  close()
})

test.skipIf(!ngircd)('what the server refuses is final, with its own words', async () => {
  expect(await say('#hushed', 'Nobody may speak.')).toMatchObject({
    kind: 'permanent',
    reason: expect.stringContaining('404'),
  })
  expect(await say('#closed', 'Nobody may enter.')).toMatchObject({
    kind: 'permanent',
    reason: expect.stringContaining('473'),
  })
})

test.skipIf(!ngircd)('a server that went away is waited for, and a kept connection is made anew', async () => {
  expect(await say('#status', 'Before.')).toMatchObject({ kind: 'delivered' })
  await stop()
  expect(await say('#status', 'Meanwhile.')).toMatchObject({ kind: 'retryable' })
  await start()
  const { said, close } = await reader()
  expect(await say('#status', 'After.')).toMatchObject({ kind: 'delivered' })
  await waitFor(() => said().length > 0)
  expect(said()).toEqual([expect.stringContaining('After.')])
  close()
})
