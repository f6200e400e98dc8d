import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Post } from './api.ts'

/**
 * An IRC server with one channel as RFC 2812 has it: NICK and USER, JOIN with its list of names, PRIVMSG, PING. With
 * `account` it lets in only who signs in by SASL PLAIN before registration (ircv3.net/specs/extensions/sasl-3.1): CAP LS,
 * CAP REQ :sasl, AUTHENTICATE PLAIN, then authzid NUL authcid NUL password in base64; 903 or 904. A line above 512 bytes ends the
 * connection, as ngircd does. `onSaid` tells what becomes of a line: taken and answered, taken in
 * silence, lost in silence, or lost with the connection.
 */
export const startIrc = async ({ account, latencyMs = 0 }: { account?: string; latencyMs?: number } = {}) => {
  const posts: Post[] = []
  const state: { onSaid: (text: string) => 'answer' | 'silence' | 'lost' | 'drop'; latencyMs: number } = {
    onSaid: () => 'answer',
    latencyMs,
  }
  const sockets = new Set<Socket>()
  const signIns: string[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    const is = { nick: '', user: false, asks: false, in: account === undefined, welcomed: false, silent: false }
    const say = (line: string) =>
      void setTimeout(() => socket.writable && socket.write(`:irc.test ${line}\r\n`), state.latencyMs)
    const welcome = () => {
      if (is.welcomed || is.nick === '' || !is.user || is.asks) return
      if (!is.in) {
        say(`465 ${is.nick} :You must sign in by SASL`)
        socket.end()
        return
      }
      is.welcomed = true
      say(`001 ${is.nick} :Welcome`)
      say(`376 ${is.nick} :End of MOTD`)
    }
    const commands: Record<string, (rest: string) => void> = {
      CAP(rest) {
        if (rest.startsWith('LS')) {
          is.asks = true
          say(`CAP * LS :${account === undefined ? 'server-time' : 'sasl=PLAIN'}`)
        } else if (rest.startsWith('REQ')) say(`CAP * ACK ${rest.slice(4)}`)
        else if (rest.startsWith('END')) {
          is.asks = false
          welcome()
        }
      },
      AUTHENTICATE(rest) {
        if (rest === 'PLAIN') return void socket.write('AUTHENTICATE +\r\n')
        const [, name = '', password = ''] = Buffer.from(rest, 'base64').toString('utf8').split('\0')
        signIns.push(name)
        is.in = `${name}:${password}` === account
        say(
          is.in
            ? `903 ${is.nick || '*'} :SASL authentication successful`
            : `904 ${is.nick || '*'} :SASL authentication failed`,
        )
      },
      NICK(rest) {
        is.nick = rest
        welcome()
      },
      USER() {
        is.user = true
        welcome()
      },
      JOIN(rest) {
        say(`353 ${is.nick} = ${rest} :${is.nick}`)
        say(`366 ${is.nick} ${rest} :End of NAMES list`)
      },
      PRIVMSG(rest) {
        const text = rest.slice(rest.indexOf(' :') + 2)
        const fate = state.onSaid(text)
        if (fate === 'drop') return void socket.destroy()
        if (fate !== 'lost') posts.push({ id: String(posts.length), text, isGone: false, edits: 0 })
        is.silent = fate !== 'answer'
      },
      PING(rest) {
        if (!is.silent) say(`PONG irc.test :${rest.replace(/^:/u, '')}`)
      },
      QUIT() {
        socket.end()
      },
    }
    let left = ''
    socket.on('data', (data) => {
      const lines = (left + data.toString('utf8')).split(/\r?\n/u)
      left = lines.pop()!
      for (const line of lines) {
        if (Buffer.byteLength(line) > 510) return void socket.destroy()
        const [, command = '', rest = ''] = /^(\S+) ?(.*)$/u.exec(line) ?? []
        commands[command.toUpperCase()]?.(rest)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(state, {
    posts,
    signIns,
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise<void>((done) => server.close(() => done()))
    },
  })
}
