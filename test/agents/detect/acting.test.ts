import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Engine } from '#agents/host/engine.ts'
import { createAct } from '#agents/host/detect/act.ts'
import { loadMemo, saveMemo } from '#agents/host/detect/memo.ts'
import { createRulebook, readBundle } from '#agents/host/detect/rulebook.ts'
import { parseInspect } from '#agents/host/inspect.ts'
import { createConfigOf, createConfigText, recreate } from '#agents/host/recreate.ts'
import { builtinBundle } from '#agents/pack.ts'
import { signText } from '#agents/protocol.ts'
import { bundleText, type RuleBundle } from '#agents/rules.ts'
import type { Api } from '#agents/host/api.ts'

const folder = mkdtempSync(join(tmpdir(), 'wharf-acting-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const key = generateKeyPairSync('ed25519')
const signed = (bundle: object, by = key.privateKey) => {
  const payload = JSON.stringify(bundle)
  return { payload, signature: signText(by, bundleText(payload)) }
}
const bundle = (version: number): RuleBundle => ({ ...builtinBundle('quay'), version })

const rulebook = (answer: () => Awaited<ReturnType<Api>>) =>
  createRulebook({
    api: async () => answer(),
    serverKey: key.publicKey,
    stateDir: folder,
    cluster: 'quay',
    log: () => {},
  })
const ok = (json: unknown) => ({ status: 200, json, retryAfter: undefined })

test('signed rules are taken, kept on disk, and go on without the control plane', async () => {
  const online = rulebook(() => ok(signed(bundle(3))))
  expect(online.bundle().version).toBe(0)
  await online.fetch()
  expect(online.bundle().version).toBe(3)
  const offline = rulebook(() => {
    throw new Error('away')
  })
  await offline.fetch()
  expect(offline.bundle().version).toBe(3)
})

test('older rules, foreign signatures, signatures of commands and torn files change nothing', async () => {
  const other = generateKeyPairSync('ed25519').privateKey
  const payload = JSON.stringify(bundle(9))
  const asCommand = { payload, signature: signText(key.privateKey, payload) }
  for (const answer of [signed(bundle(2)), signed(bundle(9), other), asCommand, {}, null, signed({ version: 9 })]) {
    const book = rulebook(() => ok(answer))
    await book.fetch()
    expect(book.bundle().version).toBe(3)
  }
  expect(readBundle(signed(bundle(9)), key.publicKey)?.version).toBe(9)
  expect(readBundle('x', key.publicKey)).toBeNull()
})

const inspected = (state: object = {}, hostConfig: object = {}) => ({
  Id: 'c1',
  Name: '/worker',
  State: { Running: true, Pid: 7, StartedAt: '2026-01-01T00:00:00Z', ...state },
  Config: { Image: 'a:1', Hostname: 'c1', Env: ['SECRET=1'], Volumes: { '/data': {} } },
  HostConfig: { RestartPolicy: { Name: 'always' }, Binds: ['/etc/a:/a:ro'], ...hostConfig },
  Mounts: [
    { Type: 'volume', Name: 'v1', Source: '/v/v1', Destination: '/data', RW: true },
    { Type: 'bind', Source: '/etc/a', Destination: '/a', RW: false },
  ],
  NetworkSettings: { Networks: { quay: { Aliases: ['w'], IPAddress: '10.0.0.2', NetworkID: 'n' } } },
})

/** An engine that answers inspections and writes down what else it is asked. */
const engineOf = (fails: (path: string) => boolean = () => false) => {
  const calls: string[] = []
  const engine: Engine = {
    name: 'docker',
    version: '1',
    call: async (method, path, body) => {
      if (method !== 'GET') calls.push(`${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`)
      if (fails(path)) throw new Error('no')
      return path.startsWith('/containers/create') ? { Id: 'c2' } : inspected()
    },
    follow: async () => {},
    close: () => {},
  }
  return { engine, calls }
}
const actOn = (engine: Engine) => {
  const container = {
    is: parseInspect(inspected()),
    probe: null,
    epoch: 5,
    created: true,
    codeless: null,
    lastState: '',
  }
  const known = { engine: () => engine, get: () => container, inspect: async () => {} }
  return createAct(known, {}, () => {})
}

test('a stop keeps the container down, and one that cannot be stopped is killed', async () => {
  const { engine, calls } = engineOf()
  expect(await actOn(engine)('stop', 'c1', '2026-01-01T00:00:00Z')).toMatchObject({ outcome: 'done' })
  expect(calls).toEqual(['POST /containers/c1/update {"RestartPolicy":{"Name":"no"}}', 'POST /containers/c1/stop?t=2'])
  const stubborn = engineOf((path) => path.includes('/stop'))
  expect(await actOn(stubborn.engine)('stop', 'c1', '2026-01-01T00:00:00Z')).toMatchObject({
    outcome: 'done',
    detail: 'killed',
  })
  expect(stubborn.calls.at(-1)).toBe('POST /containers/c1/kill')
})

test('a later life of the container is never touched', async () => {
  const { engine, calls } = engineOf()
  expect(await actOn(engine)('stop', 'c1', '2026-02-02T00:00:00Z')).toMatchObject({ outcome: 'refused' })
  expect(calls).toEqual([])
})

test('what is remembered outlives the agent, and times of another boot do not', () => {
  const memo = loadMemo(folder, 'boot-1')
  memo.watchUntil['acme/web'] = 99
  memo.told.push('f1')
  saveMemo(folder, memo)
  expect(loadMemo(folder, 'boot-1')).toMatchObject({ watchUntil: { 'acme/web': 99 }, told: ['f1'] })
  expect(loadMemo(folder, 'boot-2')).toMatchObject({ watchUntil: {}, told: ['f1'] })
  expect(readFileSync(join(folder, 'detection.json'), 'utf8')).toContain('acme/web')
})

test('a deleted container can be made again as it was, with its volumes', async () => {
  const { name, body } = createConfigOf(inspected())
  expect(name).toBe('worker')
  expect(body).toMatchObject({
    Image: 'a:1',
    Env: ['SECRET=1'],
    HostConfig: { RestartPolicy: { Name: 'always' }, Binds: ['/etc/a:/a:ro', 'v1:/data'], Mounts: null },
    NetworkingConfig: { EndpointsConfig: { quay: { Aliases: ['w'] } } },
  })
  expect(body).not.toHaveProperty('Hostname')
  const { engine, calls } = engineOf()
  expect(await recreate(engine, createConfigText(inspected()))).toMatchObject({
    outcome: 'done',
    evidence: { containerId: 'c2' },
  })
  expect(calls[0]).toMatch(/^POST \/containers\/create\?name=worker \{"Image":"a:1"/)
  expect(calls[1]).toBe('POST /containers/c2/start')
  expect(await recreate(engine, '{')).toMatchObject({ outcome: 'failed' })
  expect(createConfigText({ ...inspected(), Config: { Env: ['x'.repeat(70_000)] } })).toBeUndefined()
})
