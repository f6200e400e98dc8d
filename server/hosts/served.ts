import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Env } from '../env.ts'
import { DomainError } from '../errors.ts'
import type { Exchange, Route } from '../http.ts'

const root = join(import.meta.dirname, '..', '..')
const script = 'text/javascript; charset=utf-8'

/** What hosts fetch, by the name it is served under below `/agent/`. Node is offered for our own architecture. */
const FILES = new Map<string, { path: string; type: string }>(
  Object.entries({
    'agent.mjs': { path: join(root, 'dist', 'agent.mjs'), type: script },
    'wharf.mjs': { path: join(root, 'dist', 'wharf.mjs'), type: script },
    'wharf-agent.service': {
      path: join(import.meta.dirname, 'wharf-agent.service'),
      type: 'text/plain; charset=utf-8',
    },
    ...(process.platform === 'linux'
      ? { [`node-linux-${process.arch}`]: { path: process.execPath, type: 'application/octet-stream' } }
      : {}),
  }),
)

const sums = new Map<string, { mtimeMs: number; size: number; hex: string }>()

/** SHA-256 of a file; read again only when the file has changed. */
const sumOf = async (path: string): Promise<string> => {
  const { mtimeMs, size } = await stat(path)
  const known = sums.get(path)
  if (known?.mtimeMs === mtimeMs && known.size === size) return known.hex
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  const hex = hash.digest('hex')
  sums.set(path, { mtimeMs, size, hex })
  return hex
}

const sendFile = async ({ req, res }: Exchange, name: string) => {
  const file = FILES.get(name)
  if (!file) throw new DomainError('NOT_FOUND', `no file ${name}; there are ${[...FILES.keys()].join(', ')}`)
  const found = await stat(file.path).catch(() => undefined)
  if (!found) throw new DomainError('UNAVAILABLE', `${name} is not built; start with "npm start", which builds it`)
  res.writeHead(200, { 'content-type': file.type, 'content-length': found.size, 'cache-control': 'no-cache' })
  if (req.method === 'HEAD') return void res.end()
  await pipeline(createReadStream(file.path), res)
}

const sendText = ({ res }: Exchange, type: string, text: string) => {
  res.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text), 'cache-control': 'no-cache' })
  res.end(text)
}

const sendSums = async (exchange: Exchange) => {
  const lines = await Promise.all(
    [...FILES].map(async ([name, { path }]) => {
      const hex = await sumOf(path).catch(() => undefined)
      return hex ? `${hex}  ${name}\n` : ''
    }),
  )
  sendText(exchange, 'text/plain; charset=utf-8', lines.join(''))
}

/**
 * Where hosts reach us: WHARF_PUBLIC_URL, else the address that this request came to. It is written into a shell
 * script, so nothing but a plain host and port is taken from a header.
 */
export const reachedAt = (req: Pick<IncomingMessage, 'headers' | 'socket'>, env: Env): string => {
  if (env.WHARF_PUBLIC_URL) return env.publicUrl
  const { host } = req.headers
  if (!host || !/^[A-Za-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-fA-F:]+\](:\d{1,5})?$/.test(host)) return env.publicUrl
  const secure = 'encrypted' in req.socket || req.headers['x-forwarded-proto'] === 'https'
  return `${secure ? 'https' : 'http'}://${host}`
}

/** The agent, its unit, its installer, a Node for it, and the command line, for hosts to fetch. */
export const servedRoutes = (env: Env): Route[] => {
  const get = (path: string, handle: Route['handle']): Route => ({ method: 'GET', path, access: 'anyone', handle })
  return [
    get('/install.sh', async (exchange) => {
      const text = await readFile(join(import.meta.dirname, 'install.sh'), 'utf8')
      sendText(exchange, 'text/x-shellscript; charset=utf-8', text.replaceAll('@URL@', reachedAt(exchange.req, env)))
    }),
    get('/agent.mjs', (exchange) => sendFile(exchange, 'agent.mjs')),
    get('/wharf', (exchange) => sendFile(exchange, 'wharf.mjs')),
    get('/agent/SHA256SUMS', sendSums),
    get('/agent/*', (exchange) => sendFile(exchange, exchange.url.pathname.slice('/agent/'.length))),
  ]
}
