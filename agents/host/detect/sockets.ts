/** A line of /proc/PID/net/tcp or tcp6 (proc_pid_net(5)); addresses as people write them. */
export type Socket = {
  localAddress: string
  localPort: number
  address: string
  port: number
  /** 01 established, 02 SYN sent, 06 time wait, 0A listening; hex as the kernel has it. */
  state: string
  inode: number
}

const ipv4 = (hex: string) => [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.')

/** Four little-endian words; an IPv4 address mapped into IPv6 is written as IPv4. */
const ipv6 = (hex: string) => {
  const words = [0, 8, 16, 24].map((at) => hex.slice(at, at + 8))
  if (words[0] === '00000000' && words[1] === '00000000' && words[2] === 'FFFF0000') return ipv4(words[3]!)
  const bytes = words.map((word) => [6, 4, 2, 0].map((at) => word.slice(at, at + 2)).join('')).join('')
  return Array.from({ length: 8 }, (_, n) => Number.parseInt(bytes.slice(n * 4, n * 4 + 4), 16).toString(16)).join(':')
}

const MOST_SOCKETS = 20_000

/** The sockets of a net/tcp, tcp6, udp or udp6; at most 20,000, and lines that are none are left out. */
export const parseSockets = (text: string): Socket[] => {
  const sockets: Socket[] = []
  const lines =
    /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2}) \S+ \S+ \S+\s+\d+\s+\d+ (\d+)/gm
  for (const [, local, localPort, remote, port, state, inode] of text.matchAll(lines)) {
    if (sockets.length >= MOST_SOCKETS) break
    const address = (hex: string) => (hex.length === 8 ? ipv4(hex) : ipv6(hex))
    sockets.push({
      localAddress: address(local!),
      localPort: Number.parseInt(localPort!, 16),
      address: address(remote!),
      port: Number.parseInt(port!, 16),
      state: state!,
      inode: Number(inode),
    })
  }
  return sockets
}

/** How many sockets of each kind a network namespace has in use; `waiting` are connections that ended lately. */
export type SocketCounts = { tcp: number; tcp6: number; udp: number; udp6: number; waiting: number }

/** The counts of a net/sockstat and sockstat6; null where they are none: some kernels leave them out. */
export const parseCounts = (four: string, six: string): SocketCounts | null => {
  const of = (text: string, line: RegExp) => Number(line.exec(text)?.[1] ?? Number.NaN)
  const counts = {
    tcp: of(four, /^TCP: inuse (\d+)/m),
    waiting: of(four, /^TCP: .*\btw (\d+)/m),
    udp: of(four, /^UDP: inuse (\d+)/m),
    tcp6: six === '' ? 0 : of(six, /^TCP6: inuse (\d+)/m),
    udp6: six === '' ? 0 : of(six, /^UDP6: inuse (\d+)/m),
  }
  return Object.values(counts).every(Number.isFinite) ? counts : null
}

export const sameCounts = (a: SocketCounts | null, b: SocketCounts | null): boolean =>
  a !== null && b !== null && a.tcp === b.tcp && a.tcp6 === b.tcp6 && a.udp === b.udp && a.udp6 === b.udp6

const ESTABLISHED = '01'
const SYN_SENT = '02'
const LISTENING = '0A'
const MAIL_PORTS = new Set([25, 465, 587])

export const listening = (sockets: readonly Socket[]): Socket[] => sockets.filter(({ state }) => state === LISTENING)

/** Connections that this side opened, or that cannot be told from such. */
export const connected = (sockets: readonly Socket[]): Socket[] => {
  const own = new Set(listening(sockets).map(({ localPort }) => localPort))
  return sockets.filter(({ state, localPort }) => state === ESTABLISHED && !own.has(localPort))
}

/** States of a connection that stands or stood until lately: FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSE_WAIT too. */
const TALKED = new Set([ESTABLISHED, '04', '05', '06', '08'])

/** Connections that this side opened and that carried something, also where they are over: some talk a sentence at a time. */
export const talked = (sockets: readonly Socket[]): Socket[] => {
  const own = new Set(listening(sockets).map(({ localPort }) => localPort))
  return sockets.filter(({ state, localPort }) => TALKED.has(state) && !own.has(localPort))
}

/** Addresses that were called and have not answered. */
export const tried = (sockets: readonly Socket[]): string[] =>
  sockets.filter(({ state }) => state === SYN_SENT).map(({ address }) => address)

/** Mail servers that were called, also lately: connections of a flood are short. */
export const mailed = (sockets: readonly Socket[]): string[] => {
  const own = new Set(listening(sockets).map(({ localPort }) => localPort))
  return sockets
    .filter(({ state, port, localPort }) => state !== LISTENING && MAIL_PORTS.has(port) && !own.has(localPort))
    .map(({ address }) => address)
}
