import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { afterAll } from 'vitest'
import type { Pool } from '#db/client.ts'
import type { Actor, Context } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { appRouter } from '#server/router.ts'

export const TOKEN = 'wharf_of_the_test'
const root = join(import.meta.dirname, '..', '..')
const robot: Actor = {
  kind: 'token',
  tokenId: 1n,
  label: 'test token',
  userId: null,
  roles: ['operator', 'admin'],
  scopes: ['read', 'write', 'operate', 'admin'],
  accountId: null,
}

export type Ran = { code: number | null; out: string; err: string }

/** Every procedure behind a real HTTP server, and the command line as a process that calls it. */
export const startWharf = async (sql: Pool) => {
  const env = readEnv({ WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-cli-')) })
  const handler = createHTTPHandler({
    router: appRouter,
    basePath: '/trpc/',
    createContext: ({ req }): Context => ({
      sql,
      env,
      actor: req.headers.authorization === `Bearer ${TOKEN}` ? robot : { kind: 'anonymous' },
      now: new Date(),
      requestId: crypto.randomUUID(),
    }),
  })
  const server = createServer((req, res) =>
    /^\/(healthz|readyz)$/.test(req.url ?? '') ? res.end('{}') : handler(req, res),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return (words: string | readonly string[], more: Record<string, string> = {}): Promise<Ran> =>
    new Promise((resolve, reject) => {
      const child = spawn(
        process.execPath,
        [join(root, 'cli/bin.mjs'), ...(typeof words === 'string' ? words.split(' ').filter(Boolean) : words)],
        {
          cwd: tmpdir(),
          env: {
            PATH: process.env['PATH'],
            HOME: tmpdir(),
            WHARF_URL: url,
            WHARF_TOKEN: TOKEN,
            ...more,
          } as unknown as NodeJS.ProcessEnv,
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      )
      const ran: Ran = { code: null, out: '', err: '' }
      child.stdout.on('data', (chunk: Buffer) => (ran.out += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => (ran.err += chunk.toString()))
      child.on('error', reject)
      child.on('close', (code) => resolve({ ...ran, code }))
    })
}
