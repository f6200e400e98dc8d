import { createServer } from 'node:http'
import { mkdtempSync } from 'node:fs'
import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { enrolmentText, rawPublicKey, signText } from '#agents/protocol.ts'
import type { EnrolAnswer } from '#agents/protocol.ts'
import { signedHeaders } from '#agents/host/sign.ts'
import type { Pool } from '#db/client.ts'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { createCluster } from '#server/hosts/cluster.ts'
import { createJoinToken } from '#server/hosts/joinToken.ts'
import { createHostKeys } from '#server/hosts/keys.ts'
import { routes } from '#server/hosts/routes.ts'
import { findRoute, runRoute } from '#server/http.ts'
import { listen } from '#server/live.ts'

export const BOOT = '6b1f0a52-7c1e-4f7e-8f83-1a86d11d2f0a'
export type Answer = { status: number; body: Record<string, unknown> }
export type TestHost = EnrolAnswer & { key: KeyObject; hostname: string }

/** The routes of hosts behind a real HTTP server, and agents that sign as real ones do. */
export const startControl = async (sql: Pool) => {
  const env = readEnv({ WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-hosts-')) })
  const live = await listen(sql)
  const table = routes({ sql, env, live, keys: createHostKeys(sql, { live }) })
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://wharf')
    const route = findRoute(table, req.method === 'HEAD' ? 'GET' : (req.method ?? 'GET'), url.pathname)
    if (!route) return void res.writeHead(404).end()
    void runRoute(route, { req, res, url, requestId: 'test-request', ip: '127.0.0.1' })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await live.close()
  })
  const context = (now = new Date()) => systemContext(sql, env, 'test', now)

  const post = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const answer = await fetch(url + path, { method: 'POST', body: JSON.stringify(body), headers })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  const joinToken = async (options: { maxUses?: number; expiresInHours?: number; cluster?: string } = {}) => {
    const name = options.cluster ?? `cluster-${Math.random().toString(36).slice(2, 8)}`
    const clusterId = await createCluster(context(), {
      name,
      kind: 'paid',
      labelTrust: 'platform',
      tenantAccount: null,
    })
    return createJoinToken(context(), {
      clusterId,
      maxUses: options.maxUses ?? 1,
      expiresInHours: options.expiresInHours ?? 1,
    })
  }

  const enrolWith = (token: string, key: KeyObject, hostname: string) => {
    const publicKey = rawPublicKey(key)
    const proof = signText(key, enrolmentText(token, publicKey))
    return post('/v1/agents/enrol', { token, publicKey, hostname, agent: 'test/1', proof })
  }

  const enrolled = async (hostname: string): Promise<TestHost> => {
    const { privateKey: key } = generateKeyPairSync('ed25519')
    const { token } = await joinToken()
    const answer = await enrolWith(token, key, hostname)
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    return { ...(answer.body as unknown as EnrolAnswer), key, hostname }
  }

  const headersFor = (host: TestHost, method: string, path: string, body: Uint8Array, timeMs = Date.now()) =>
    signedHeaders(host, { timeMs, bootId: BOOT, monoMs: 1_000 }, method, path, 0, body)

  const request = async (
    host: TestHost,
    method: 'GET' | 'POST',
    path: string,
    content?: unknown,
    timeMs?: number,
  ): Promise<Answer> => {
    const body = Buffer.from(content === undefined ? '' : JSON.stringify(content))
    const answer = await fetch(url + path, {
      method,
      headers: headersFor(host, method, path, body, timeMs),
      ...(method === 'POST' ? { body } : {}),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  return { url, env, live, context, post, joinToken, enrolWith, enrolled, headersFor, request }
}
