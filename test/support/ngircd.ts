import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canInstall, install, program } from './parts.ts'

export type Ngircd = Awaited<ReturnType<typeof startNgircd>>

/** Whether ngircd is there; as root on Debian it is installed first. */
export const hasNgircd = async (): Promise<boolean> => {
  if (!program('ngircd') && canInstall()) await install('ngircd')
  return program('ngircd') !== null
}

/** Waits until something is so. @throws after 10 s */
export const waitFor = async (is: () => boolean | Promise<boolean>): Promise<void> => {
  for (const until = Date.now() + 10_000; Date.now() < until;) {
    if (await is()) return
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error('it did not come about in 10 s')
}

const freePort = () =>
  new Promise<number>((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })

/** A real ngircd on a port of its own, with `#status`, `#hushed` (nobody may speak) and `#closed` (nobody may enter). */
export const startNgircd = async () => {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'ngircd-'))
  const conf = join(folder, 'ngircd.conf')
  writeFileSync(
    conf,
    `[Global]\nName = irc.test\nInfo = test\nListen = 127.0.0.1\nPorts = ${port}\nMotdPhrase = hello\n` +
      '[Limits]\nMaxConnectionsIP = 0\nMaxNickLength = 20\n' +
      '[Options]\nDNS = no\nIdent = no\nPAM = no\n' +
      '[Channel]\nName = #status\nModes = n\n[Channel]\nName = #hushed\nModes = mn\n[Channel]\nName = #closed\nModes = i\n',
  )
  const answers = () =>
    new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        done(true)
      })
      socket.on('error', () => done(false))
    })
  let daemon: ChildProcess | undefined
  const start = async () => {
    daemon = spawn(program('ngircd')!, ['-n', '-f', conf], { stdio: 'ignore' })
    await waitFor(answers)
  }
  const stop = async () => {
    const gone = new Promise((done) => daemon?.once('exit', done))
    daemon?.kill('SIGKILL')
    await gone
  }
  await start()
  return {
    port,
    start,
    stop,
    /** Ends it for good. */
    remove: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Somebody in the channels who reads along, with what they saw. */
export const ircReader = async (port: number) => {
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
  return { said: () => seen.filter((line) => line.includes(' PRIVMSG ')), close: () => void socket.destroy() }
}
