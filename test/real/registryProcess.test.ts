import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { registry as metrics } from '#server/metrics.ts'
import { collectGarbage } from '#server/registry/collectGarbage.ts'
import { createFront } from '#server/registry/front.ts'
import { Gate } from '#server/registry/gate.ts'
import { keepKeys } from '#server/registry/keptKeys.ts'
import { createRecorder } from '#server/registry/record.ts'
import { readRepositoryByApi } from '#server/registry/readApi.ts'
import { readStorage } from '#server/registry/readStorage.ts'
import { digestOf, expectDone, INDEX_TYPE, indexOf, registryPlane, send, someBytes } from '../support/registryPlane.ts'

const plane = await registryPlane()
const { api, token, url } = plane
let owner: { name: string; password: string }

beforeAll(async () => {
  const person = await plane.person('owner@acme.example')
  await plane.member(await plane.organization('acme'), person, 'owner')
  owner = await plane.apiToken(person)
})

test('what the API tells of a repository is what its storage has', async () => {
  const path = 'acme/told'
  const bearer = await token(`repository:${path}:pull,push`, owner)
  const images = []
  for (const architecture of ['amd64', 'arm64'])
    images.push({
      ...(await plane.pushImage(path, bearer, undefined, [someBytes(200)], { os: 'linux', architecture })),
      architecture,
    })
  expectDone(await plane.putManifest(path, bearer, 'many', indexOf(images), INDEX_TYPE), 201)
  const gone = await plane.pushImage(path, bearer, 'gone', [someBytes(100)])
  await plane.pushImage(path, bearer, 'one', [someBytes(100)])
  const deleter = await token(`repository:${path}:delete`, owner)
  expectDone(await api('DELETE', `/v2/${path}/manifests/${gone.digest}`, { token: deleter }), 202)

  const { upstream, process } = plane.running()
  const stored = (await readStorage(process!.storageDir)).repositories.get(path)!
  const invented = digestOf(Buffer.from('nobody pushed this'))
  const known = {
    revisions: [...images.map(({ digest }) => digest), gone.digest, invented],
    layers: [...stored.layers, invented],
  }
  const told = await readRepositoryByApi(upstream, path, known)
  expect([[...told.tags].toSorted(), told.revisions, told.layers]).toEqual([
    [...stored.tags].toSorted(),
    stored.revisions,
    stored.layers,
  ])
  expect([...told.tags.keys()].toSorted()).toEqual(['many', 'one'])
  const none = await readRepositoryByApi(upstream, 'acme/never', { revisions: [], layers: [] })
  expect([none.tags.size, none.revisions.size]).toEqual([0, 0])
})

test('a push under way ends before garbage is collected, and one that comes meanwhile waits for it', async () => {
  const path = 'acme/held'
  const bearer = await token(`repository:${path}:pull,push`, owner)
  const bytes = someBytes(200_000)
  const begun = expectDone(await api('POST', `/v2/${path}/blobs/uploads/`, { token: bearer }), 202)
  const location = new URL(String(begun.headers.location), url)
  location.searchParams.set('digest', digestOf(bytes))
  const headers = { authorization: `Bearer ${bearer}`, 'content-length': bytes.length }
  const upload = request(location, { method: 'PUT', headers })
  const uploaded = once(upload, 'response')
  upload.write(bytes.subarray(0, 100_000))

  const { gate, process } = plane.running()
  const underWay = metrics.getSingleMetric('wharf_registry_requests_under_way')!
  await expect.poll(async () => (await underWay.get()).values[0]?.value).toBe(1)
  const addressBefore = process!.url()
  const collecting = collectGarbage(plane.context())
  await expect.poll(() => gate.isHeld('write')).toBe(true)
  const waited = plane.putBlob(path, bearer, someBytes(50)).then((reply) => ({ reply, at: process!.url() }))
  expect(process!.url()).toBe(addressBefore)
  upload.end(bytes.subarray(100_000))
  const [answer] = (await uploaded) as [{ statusCode: number; resume(): void }]
  answer.resume()
  expect(answer.statusCode).toBe(201)
  expect(await collecting).toMatchObject({ tagsBroken: [] })
  const { reply, at } = await waited
  // It went through to the registry that was started after the collection.
  expect([reply.status, at === addressBefore]).toEqual([201, false])
})

const STARTER = `
import { generateKeyPairSync } from 'node:crypto'
import { selfSigned } from '#server/registry/certificate.ts'
import { findRegistry, startRegistryProcess } from '#server/registry/registryProcess.ts'
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const der = selfSigned(privateKey, 'x', new Date(), new Date(Date.now() + 86_400_000)).toString('base64')
const pem = '-----BEGIN CERTIFICATE-----\\n' + der + '\\n-----END CERTIFICATE-----\\n'
await startRegistryProcess({ program: findRegistry(), dir: process.argv[1], bundle: async () => pem,
  publicUrl: 'http://127.0.0.1:1', ownUrl: 'http://127.0.0.1:1', eventsSecret: 'e', httpSecret: 'h' })
console.log('ready')
`

const isAlive = (pid: number) => existsSync(`/proc/${pid}`)

test('a registry ends with the process that started it, also with one that is killed', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'wharf-registry-'))
  const cwd = join(import.meta.dirname, '../..')
  const args = ['--input-type=module', '--eval', STARTER, dir]
  const starter = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(starter.stdout, 'data')) as [Buffer]
  expect(said.toString().trim()).toBe('ready')
  const pid = Number(readFileSync(join(dir, 'registry.pid'), 'utf8'))
  expect(isAlive(pid)).toBe(true)
  starter.kill('SIGKILL')
  for (let waited = 0; isAlive(pid) && waited < 10_000; waited += 20) await sleep(20)
  expect(isAlive(pid)).toBe(false)
  rmSync(dir, { recursive: true, force: true })
})

test('a blob of a registry whose storage is not ours comes through to the byte: whole, in part, as a head, and not at all', async () => {
  const path = 'acme/far'
  const bearer = await token(`repository:${path}:pull,push`, owner)
  const blob = someBytes(3_000_000)
  expectDone(await plane.putBlob(path, bearer, blob), 201)
  const { upstream } = plane.running()
  const ctx = plane.context()
  const far = createFront({
    sql: plane.sql,
    env: plane.env,
    keys: keepKeys(ctx),
    traffic: plane.running().traffic,
    recorder: createRecorder(plane.sql),
    gate: new Gate(),
    upstream: () => upstream,
    blobFile: () => undefined,
  })
  const server = createServer((req, res) => {
    const exchange = { req, res, url: new URL(req.url ?? '/', 'http://x'), requestId: 'far', ip: '192.0.2.9' }
    void far.handle(exchange)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const target = `/v2/${path}/blobs/${digestOf(blob)}`
  const ask = (method: string, headers: Record<string, string> = {}, as: string | undefined = bearer) =>
    send(at, method, target, { token: as, headers })
  const whole = await ask('GET')
  expect([whole.status, whole.body.equals(blob)]).toEqual([200, true])
  const part = await ask('GET', { range: 'bytes=1000000-1000009' })
  expect([part.status, part.headers['content-range'], part.body.equals(blob.subarray(1_000_000, 1_000_010))]).toEqual([
    206,
    'bytes 1000000-1000009/3000000',
    true,
  ])
  const head = await ask('HEAD')
  expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '3000000', 0])
  const none = await send(at, 'GET', `/v2/${path}/blobs/${digestOf(Buffer.from('nobody has this'))}`, { token: bearer })
  expect([none.status, none.body.toString()]).toEqual([404, expect.stringContaining('BLOB_UNKNOWN')])
  const stranger = await ask('GET', {}, 'no.token.this')
  expect([stranger.status, stranger.headers['www-authenticate']]).toEqual([
    401,
    expect.stringContaining('Bearer realm='),
  ])
  far.close()
  server.close()
})
