import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Env } from '../env.ts'
import { DomainError } from '../errors.ts'
import type { Exchange, Route } from '../http.ts'
import { FILE_CACHE, fileType } from './statusPage/fileType.ts'
import { shownFolder } from './statusPage/folder.ts'
import { contentPolicy } from './statusPage/parts.ts'

/** The file a path below the page means: `i/INC-7` is `i/INC-7.html`. Undefined where it cannot be one. */
export const fileOf = (path: string): string | undefined => {
  if (path === '') return 'index.html'
  if (!/^[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*$/.test(path)) return undefined
  return extname(path) === '' ? `${path}.html` : path
}

const readShown = async (env: Env, path: string): Promise<{ body: Buffer; type: string }> => {
  const file = fileOf(path)
  const type = file && fileType(file)
  if (!file || !type) throw new DomainError('NOT_FOUND', 'there is no such page')
  const folder = await shownFolder(env.dataDir)
  if (!folder) throw new DomainError('UNAVAILABLE', 'the status page is not rendered yet', { retryAfterSeconds: 5 })
  try {
    return { body: await readFile(join(folder, file)), type }
  } catch {
    throw new DomainError('NOT_FOUND', 'there is no such page')
  }
}

const send = async ({ req, res }: Exchange, env: Env, path: string): Promise<void> => {
  const { body, type } = await readShown(env, path)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
  const headers: Record<string, string> = {
    etag,
    'cache-control': FILE_CACHE,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  }
  if (type.startsWith('text/html')) headers['content-security-policy'] = contentPolicy(env.publicUrl)
  else headers['access-control-allow-origin'] = '*'
  const known = req.headers['if-none-match']?.split(',').map((one) => one.trim().replace(/^W\//, ''))
  if (known?.some((one) => one === etag || one === '*')) {
    res.writeHead(304, headers)
    res.end()
    return
  }
  res.writeHead(200, { ...headers, 'content-type': type, 'content-length': body.length })
  res.end(body)
}

const get = (path: string, handle: Route['handle']): Route => ({ method: 'GET', path, access: 'anyone', handle })

/** The public status page and its API, from files alone: they are served also while the database is away. */
export const statusRoutes = ({ env }: { env: Env }): Route[] => [
  // With a slash at its end, so that links from page to page are the same here, in a bucket and on a disk.
  get('/status', ({ res }) => {
    res.writeHead(308, { location: '/status/', 'cache-control': 'public, max-age=3600' })
    res.end()
  }),
  get('/status/*', (exchange) => send(exchange, env, exchange.url.pathname.slice('/status/'.length))),
  get('/api/v2/*', (exchange) => send(exchange, env, exchange.url.pathname.slice(1))),
]
