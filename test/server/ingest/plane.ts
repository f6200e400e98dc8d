import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll } from 'vitest'
import { signedHeaders } from '#agents/host/sign.ts'
import { epochId, METERS, type EpochDeclaration, type Report } from '#agents/protocol.ts'
import type { Pool } from '#db/client.ts'
import { makeAuth } from '#server/accounts/auth.ts'
import { readEnv } from '#server/env.ts'
import { listen } from '#server/live.ts'
import { probeRoutes } from '#server/probes.ts'
import { domainRoutes } from '#server/routes.ts'
import { startIngest } from '#server/usage/ingest.ts'
import { webHandler } from '#server/web.ts'

export const BOOT = '0d9c6a1e-1c5b-4d0e-9a3f-6f5f0c2a7b11'
export const REPORTS = '/v1/reports'
/** How long the imitated hosts have been up: room for minutes before now. */
export const UPTIME_MS = 40 * 86_400_000
const MINUTE_MS = 60_000

export type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: AnswerBody }
type AnswerBody = {
  seq?: number
  status?: string
  contiguousSeq?: number
  serverTimeMs?: number
  quarantined?: { path: string; reason: string }[]
  error?: { code: string; message: string; path?: string; requestId: string }
}
export type TestHost = { hostId: number; keyId: number; key: KeyObject }

/** Sends bytes as they are and reads the JSON answer. */
export const post = (url: string, body: Uint8Array, headers: Record<string, string | number> = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const req = request(url, { method: 'POST', headers: { 'content-length': body.length, ...headers } }, (res) => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => chunks.push(chunk))
      res.on('error', reject)
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          body: text ? (JSON.parse(text) as AnswerBody) : {},
        })
      })
    })
    req.on('error', reject)
    req.end(body)
  })

/** The whole front door (routes, tRPC, sign-in; no pages) in this process, with ingest in its real threads. */
export const startPlane = async (sql: Pool, databaseUrl: string, variables: Record<string, string> = {}) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'wharf-ingest-'))
  const env = readEnv({ WHARF_DATA: dataDir, WHARF_PUBLIC_URL: 'http://localhost:3000', ...variables })
  const live = await listen(sql)
  const auth = makeAuth({ env, databaseUrl })
  const ingest = await startIngest({ env, databaseUrl })
  const routes = [...probeRoutes(sql, env, () => false), ...domainRoutes({ sql, env, auth, live, ingest })]
  const handle = webHandler({ sql, env, auth, live, routes, pages: undefined })
  const server = createServer((req, res) => void handle(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await ingest.close()
    await live.close().catch(() => {})
    await auth.close()
    rmSync(dataDir, { recursive: true, force: true })
  })
  return { url, env, routes, live, auth }
}

let hosts = 0
/** A host with a key, enrolled directly in the store. */
export const addHost = async (
  sql: Pool,
  facts: object | null = { cores: 4, memoryTotalMib: 16_384 },
): Promise<TestHost> => {
  const { privateKey: key, publicKey } = generateKeyPairSync('ed25519')
  await sql`insert into cluster (name, kind) values ('test', 'internal') on conflict do nothing`
  const [host] = await sql<{ id: number }[]>`insert into host (name, cluster_id, facts)
    values (${`host-${process.pid}-${++hosts}`}, (select id from cluster where name = 'test'),
      ${facts === null ? null : JSON.stringify(facts)}::text::jsonb) returning id`
  const hostId = host?.id ?? 0
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(12)
  const [row] = await sql<
    { id: number }[]
  >`insert into host_key (host_id, public_key) values (${hostId}, ${raw}) returning id`
  return { hostId, keyId: row?.id ?? 0, key }
}

/** The declaration of a container of a host. */
export const container = (name: string, bootId = BOOT): EpochDeclaration => {
  const identity = {
    kind: 'container' as const,
    bootId,
    objectId: `${name}-id`,
    startedAt: '2026-01-01T00:00:00Z',
    segment: 0,
  }
  return {
    ...identity,
    epoch: epochId(identity),
    openedMonoMs: 1_000,
    witnessed: true,
    name,
    image: 'test',
    labels: {},
  }
}

/** `[epoch, ...totals]` with `cpuUs`, and every other total the same small number. */
export const row = (epoch: number, cpuUs: number, rest = 7): number[] => [
  epoch,
  cpuUs,
  ...METERS.slice(1).map(() => rest),
]

/** The end of a past minute on the hosts' boot clock; the minute itself is `minutesAgo` before the one of now. */
export const edgeAgo = (minutesAgo: number, nowMs = Date.now()) =>
  (Math.floor(nowMs / MINUTE_MS) - minutesAgo + 1) * MINUTE_MS - (nowMs - UPTIME_MS)

/** An empty but valid report. */
export const report = (seq: number, more: Partial<Report> = {}): Report => {
  const nowMs = Date.now()
  return {
    v: 1,
    agent: 'test/1',
    bootId: BOOT,
    seq,
    clock: { wallMs: nowMs, monoMs: UPTIME_MS, anchorMs: nowMs - UPTIME_MS },
    complete: true,
    failures: [],
    epochs: [],
    minutes: [],
    objects: [],
    events: [],
    ...more,
  }
}

export type SendOptions = { gzip?: boolean; path?: string; timeMs?: number; headers?: Record<string, string> }

/** The signed request of a body, as an agent would send it. */
export const signed = (host: TestHost, seq: number, body: Uint8Array, options: SendOptions = {}) => ({
  ...signedHeaders(
    host,
    { timeMs: options.timeMs ?? Date.now(), bootId: BOOT, monoMs: UPTIME_MS },
    'POST',
    options.path ?? REPORTS,
    seq,
    body,
  ),
  ...(options.gzip === false ? {} : { 'content-encoding': 'gzip' }),
  ...options.headers,
})

export const sender = (url: string) => {
  const sendBytes = (host: TestHost, seq: number, body: Uint8Array, options: SendOptions = {}) =>
    post(url + REPORTS, body, signed(host, seq, body, options))
  return {
    sendBytes,
    /** Packs, signs and sends whatever is given as a report. */
    send: (host: TestHost, content: { seq: number; [member: string]: unknown }, options: SendOptions = {}) =>
      sendBytes(host, content.seq, gzipSync(JSON.stringify(content)), options),
  }
}
