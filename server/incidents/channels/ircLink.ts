import irc, { type Client } from 'irc-framework'

export type IrcPlace = { server: string; port: number; tls: boolean; nick: string; channel: string; account: string }
/** What kept a link from being made or a line from being accepted. `isSignIn`: the account or its password. */
export class IrcFault extends Error {
  isSignIn: boolean
  isFinal: boolean
  constructor(message: string, { isSignIn = false, isFinal = false } = {}) {
    super(message)
    this.isSignIn = isSignIn
    this.isFinal = isFinal
  }
}

/** A connection that stands in its channel. */
export type IrcLink = {
  /** Sends lines as they are and answers when the server has taken all before. @throws IrcFault; `lost` says the link is gone */
  say(lines: readonly string[], signal: AbortSignal): Promise<{ id: string }>
  /** True where the server answers now. */
  isAlive(signal: AbortSignal): Promise<boolean>
  close(): void
}

/** Numerics that refuse to join or to speak. RFC 2812, 5.2; 477 and 489 as servers use them. */
const REFUSALS = new Set([
  '401',
  '402',
  '403',
  '404',
  '405',
  '407',
  '411',
  '412',
  '437',
  '442',
  '471',
  '473',
  '474',
  '475',
  '476',
  '477',
  '489',
])
const NICK_TAKEN = new Set(['433', '436', '437'])
/** A server takes about a line a second before it takes it amiss. */
const LINE_MS = 1_000

type Heard = { command: string; rest: string }
const parsed = (line: string): Heard => {
  const [, command = '', rest = ''] = /^(?:@\S+ )?(?::\S+ )?(\S+) ?(.*)$/u.exec(line.trimEnd()) ?? []
  return { command, rest }
}

/** Waits for what `judge` recognises among the server's lines; the end of the link or of `signal` is a fault. */
const hear = <T>(client: Client, signal: AbortSignal, judge: (heard: Heard) => T | undefined): Promise<T> =>
  new Promise((done, fail) => {
    const end = () => {
      client.off('raw', listen)
      client.off('close', closed)
      client.off('socket close', closed)
      signal.removeEventListener('abort', late)
    }
    const listen = ({ line, from_server: isServer }: { line: string; from_server: boolean }) => {
      if (!isServer) return
      try {
        const found = judge(parsed(line))
        if (found === undefined) return
        end()
        done(found)
      } catch (error) {
        end()
        fail(error as Error)
      }
    }
    const closed = () => {
      end()
      fail(new IrcFault('the connection was closed'))
    }
    const late = () => {
      end()
      fail(new IrcFault('no answer in time'))
    }
    client.on('raw', listen)
    client.on('close', closed)
    client.on('socket close', closed)
    signal.addEventListener('abort', late, { once: true })
  })

let pings = 0
const ping = async (client: Client, signal: AbortSignal): Promise<string> => {
  const id = `wharf${process.pid}x${(pings += 1)}`
  const heard = hear(client, signal, ({ command, rest }) => {
    if (REFUSALS.has(command)) throw new IrcFault(`${command} ${rest}`, { isFinal: true })
    return command === 'PONG' && rest.includes(id) ? id : undefined
  })
  client.raw('PING', id)
  return await heard
}

/** Connects, signs in, takes a nick that is free and joins. @throws IrcFault: nothing was said yet */
export const openIrc = async (place: IrcPlace, password: string | undefined, signal: AbortSignal): Promise<IrcLink> => {
  const client = new irc.Client()
  const isSasl = place.account !== '' && password !== undefined
  let isRefused = false
  client.on('sasl failed', () => (isRefused = true))
  let nick = place.nick
  const ready = hear(client, signal, ({ command, rest }) => {
    if (['902', '904', '905', '908'].includes(command)) throw new IrcFault(rest, { isSignIn: true })
    if (command === '464') throw new IrcFault(rest, { isSignIn: true })
    if (command === 'ERROR') throw new IrcFault(rest)
    if (NICK_TAKEN.has(command)) {
      nick = `${nick}_`
      client.raw('NICK', nick)
    }
    if (command !== '001') return undefined
    // A server without SASL lets everybody in: then we are not who we say.
    if (isSasl && isRefused) throw new IrcFault('the server offers no SASL', { isSignIn: true })
    return true
  })
  client.connect({
    host: place.server,
    port: place.port,
    tls: place.tls,
    nick: place.nick,
    username: place.nick,
    gecos: 'status updates',
    auto_reconnect: false,
    // A link is asked before it is used.
    ping_interval: 0,
    ping_timeout: 0,
    sasl_disconnect_on_fail: false,
    ...(isSasl ? { account: { account: place.account, password } } : password ? { password } : {}),
  })
  try {
    await ready
    const joined = hear(client, signal, ({ command, rest }) => {
      if (REFUSALS.has(command)) throw new IrcFault(`${command} ${rest}`, { isFinal: true })
      return command === '366' ? true : undefined
    })
    client.raw('JOIN', place.channel)
    await joined
  } catch (error) {
    client.quit()
    throw error
  }
  // A kept link shall not keep a process from ending.
  client.connection.transport?.socket?.unref()
  return {
    async say(lines, within) {
      for (const [at, line] of lines.entries()) {
        if (at > 0) await new Promise((done) => setTimeout(done, LINE_MS))
        client.raw('PRIVMSG', place.channel, line)
      }
      return { id: await ping(client, within) }
    },
    isAlive: (within) =>
      ping(client, within).then(
        () => true,
        () => false,
      ),
    close: () => client.quit(),
  }
}
