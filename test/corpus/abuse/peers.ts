import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

/** Whom the corpus talks to, by the words its arguments hold; all on one private address. */
export type Peers = { put: (args: string) => string; close: () => void }

const disguised = (text: string) => Buffer.from(Buffer.from(text).map((byte) => byte ^ 0xa5))
const hex = (length: number) => Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join('')

/** A job as a pool sends it, in both dialects; each names another. */
const jobs = (n: number) => [
  JSON.stringify({ id: null, method: 'mining.notify', params: [`job${n}`, hex(64), true] }),
  JSON.stringify({
    jsonrpc: '2.0',
    method: 'job',
    params: { blob: hex(152), job_id: hex(8), target: 'b88d0600', height: n },
  }),
]

const say = (socket: Socket, everyMs: number, text: (n: number) => string | Buffer) => {
  let n = 0
  const timer = setInterval(() => socket.write(text(n++)), everyMs)
  socket.on('error', () => {})
  socket.on('close', () => clearInterval(timer))
  socket.resume()
}
const pool = (socket: Socket) => say(socket, 2_000, (n) => `${jobs(n)[n % 2]}\n`)
const hidden = (socket: Socket) => say(socket, 2_000, (n) => disguised(`${jobs(n)[n % 2]}\n`))
const rpc = (socket: Socket) =>
  say(socket, 2_000, (n) => `${JSON.stringify({ jsonrpc: '2.0', id: n, result: { status: 'OK', done: n } })}\n`)

/** Who answers under each word. `web`, `alt` and `site` are on ports that other things use. */
const PEERS: Record<string, { answer: (socket: Socket) => void; port?: number }> = {
  pool: { answer: pool },
  hidden: { answer: hidden },
  rpc: { answer: rpc },
  web: { answer: pool, port: 443 },
  site: { answer: rpc, port: 8443 },
  alt: { answer: pool, port: 8080 },
}
const WORD = /@(\w+)/g

/** Starts those that one of `args` names, on `address` alone. */
export const startPeers = async (address: string, args: readonly string[]): Promise<Peers> => {
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  const listen = async (answer: (socket: Socket) => void, port = 0): Promise<string> => {
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      answer(socket)
    })
    servers.push(server)
    server.listen(port, address)
    await once(server, 'listening')
    return `${address}:${(server.address() as AddressInfo).port}`
  }
  const of = new Map<string, string>()
  for (const word of new Set(args.flatMap((one) => [...one.matchAll(WORD)].map(([, named]) => named ?? '')))) {
    const peer = PEERS[word]
    if (!peer) throw new Error(`nobody answers to @${word}`)
    of.set(word, await listen(peer.answer, peer.port))
  }
  return {
    put: (text) => text.replace(WORD, (_, word: string) => of.get(word) ?? '127.0.0.1:9'),
    close() {
      for (const server of servers) server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
