import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export type Mailed = { to: string; raw: string; messageId: string }

/**
 * A mail server on loopback (RFC 5321 by smtp-server) with its own log of what it took. `refuse` answers a recipient with a
 * code and words instead; `hold` keeps back the answer to a mail that was taken.
 */
export const startMailServer = async () => {
  const mails: Mailed[] = []
  const state: {
    refuse: (to: string) => [number, string] | null
    /** Before a recipient is answered. */
    stop: () => Promise<void> | null
    hold: (mailed: Mailed) => Promise<void> | null
    keepRaw: boolean
  } = { refuse: () => null, stop: () => null, hold: () => null, keepRaw: true }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onRcptTo({ address }, _session, done) {
      const stopped = state.stop()
      // oxlint-disable-next-line promise/no-callback-in-promise -- it answers when the test says so
      if (stopped) return void stopped.then(() => done())
      const refused = state.refuse(address)
      if (!refused) return done()
      const [responseCode, message] = refused
      return done(Object.assign(new Error(message), { responseCode }))
    },
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const raw = Buffer.concat(parts).toString('utf8')
        const messageId = /^message-id: (.*)$/imu.exec(raw)?.[1]?.trim() ?? ''
        for (const { address } of session.envelope.rcptTo) {
          const mailed = { to: address, raw: state.keepRaw ? raw : '', messageId }
          mails.push(mailed)
          const held = state.hold(mailed)
          // oxlint-disable-next-line promise/no-callback-in-promise -- it answers when the test says so
          if (held) void held.then(() => done())
          else done()
        }
      })
    },
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  return Object.assign(state, {
    mails,
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    close: () => new Promise<void>((done) => server.close(() => done())),
  })
}
