import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { collectGarbage } from '#server/registry/collectGarbage.ts'
import { reconcile } from '#server/registry/reconcile.ts'
import { accessTo } from '#server/registry/upstream.ts'
import {
  digestOf,
  expectDone,
  imageOf,
  IMAGE_TYPE,
  INDEX_TYPE,
  indexOf,
  registryPlane,
} from '../support/registryPlane.ts'

/** SEQUENCE=500 for the long form. */
const STEPS = Number(process.env['SEQUENCE'] ?? 40)
const SEED = Number(process.env['SEED'] ?? 20_261_121)

const plane = await registryPlane()
const { sql, api } = plane
const PATHS = ['acme/one', 'acme/two', 'other/one']
const bearers = new Map<string, string>()
/** A token lives for five minutes. */
let renew: () => Promise<void>

/** Mulberry32: the same sequence for a seed. */
let state = SEED
const random = () => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}
const below = (n: number) => Math.floor(random() * n)
const oneOf = <T>(list: readonly T[]): T => list[below(list.length)]!

const pool = Array.from({ length: 14 }, (_, i) => Buffer.alloc(200 + 137 * i, `layer ${i} `))

/** The storage as this test reads it itself: sizes of the blobs behind links, by repository. */
const walk = () => {
  const root = join(plane.running().process!.storageDir, 'docker/registry/v2')
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'))
  const blobs = new Map<string, number>()
  for (const file of files) {
    const [, hex] = /^blobs\/sha256\/..\/([0-9a-f]{64})\/data$/.exec(file) ?? []
    if (hex) blobs.set(hex, statSync(join(root, file)).size)
  }
  const held = new Map(PATHS.map((path) => [path, new Set<string>()]))
  const tags = new Map<string, string>()
  for (const file of files) {
    const [, path = '', hex] =
      /^repositories\/(.+)\/(?:_layers|_manifests\/revisions)\/sha256\/([0-9a-f]{64})\/link$/.exec(file) ?? []
    if (hex && blobs.has(hex)) held.get(path)?.add(hex)
    const [, of = '', tag] = /^repositories\/(.+)\/_manifests\/tags\/([^/]+)\/current\/link$/.exec(file) ?? []
    if (tag) tags.set(`${of}:${tag}`, readFileSync(join(root, file), 'utf8'))
  }
  const sum = (all: Iterable<string>) => [...new Set(all)].reduce((total, hex) => total + (blobs.get(hex) ?? 0), 0)
  const account = (name: string) =>
    sum(PATHS.filter((path) => path.startsWith(`${name}/`)).flatMap((path) => [...held.get(path)!]))
  return {
    repositories: Object.fromEntries(PATHS.map((path) => [path, sum(held.get(path)!)])),
    accounts: { acme: account('acme'), other: account('other') },
    physical: sum(blobs.keys()),
    tags: Object.fromEntries([...tags].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/** The same, as the record says. */
const recorded = async (physical: bigint | null) => {
  const repositories = await sql<
    { path: string; size: bigint }[]
  >`select path, size_bytes as size from repository order by path`
  const accounts = await sql<
    { name: string; size: bigint }[]
  >`select a.name, s.size_bytes as size from registry_account s
    join account a on a.id = s.account_id order by 1`
  const tags = await sql<{ name: string; digest: string }[]>`select r.path || ':' || t.name as name, t.digest
    from repository_tag t join repository r on r.id = t.repository_id`
  return {
    repositories: Object.fromEntries(repositories.map(({ path, size }) => [path, Number(size)])),
    accounts: Object.fromEntries(accounts.map(({ name, size }) => [name, Number(size)])),
    physical: Number(physical),
    tags: Object.fromEntries(
      tags.map(({ name, digest }) => [name, digest]).toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    ),
  }
}

beforeAll(async () => {
  const person = await plane.person('owner@acme.example')
  for (const name of ['acme', 'other']) await plane.member(await plane.organization(name), person, 'owner')
  const as = await plane.apiToken(person)
  for (const path of PATHS) await plane.token(`repository:${path}:pull,push`, as)
  renew = async () => {
    const all = await plane.token(
      PATHS.map((one) => `repository:${one}:pull,push,delete`),
      as,
    )
    for (const path of PATHS) bearers.set(path, all)
  }
})

const pushed = new Map<string, { manifest: Buffer; digest: string; architecture: string }[]>(
  PATHS.map((path) => [path, []]),
)

const push = async (path: string, tag: string | undefined) => {
  const layers = Array.from({ length: 1 + below(3) }, () => oneOf(pool))
  const architecture = oneOf(['amd64', 'arm64', 'riscv64'])
  const image = await plane.pushImage(path, bearers.get(path)!, tag, layers, { os: 'linux', architecture })
  pushed.get(path)!.push({ ...image, architecture })
}

/** Past the front, as if every notification of it and the front's own record were lost. */
const pushBeside = async (path: string) => {
  const { upstream } = plane.running()
  const layer = oneOf(pool)
  const { config, manifest } = imageOf([layer], { os: 'linux', architecture: `beside${below(1000)}` })
  const access = accessTo(path, 'pull', 'push')
  for (const blob of [config, layer]) {
    const begun = await upstream.call('POST', `/v2/${path}/blobs/uploads/`, access)
    const location = new URL(String(begun.headers.location), upstream.url())
    location.searchParams.set('digest', digestOf(blob))
    await upstream.call('PUT', `${location.pathname}${location.search}`, access, { body: blob })
  }
  const put = `/v2/${path}/manifests/beside${below(4)}`
  const { status } = await upstream.call('PUT', put, access, {
    body: manifest,
    headers: { 'content-type': IMAGE_TYPE },
  })
  expect(status).toBe(201)
}

let drifted = false
const steps: [number, string, (path: string) => Promise<void>][] = [
  [8, 'push', (path) => push(path, `t${below(6)}`)],
  [
    3,
    'retag',
    async (path) => {
      const image = pushed.get(path)!.at(-1)
      if (image) await plane.putManifest(path, bearers.get(path)!, `t${below(6)}`, image.manifest)
    },
  ],
  [
    3,
    'index',
    async (path) => {
      await push(path, undefined)
      await push(path, undefined)
      const body = indexOf(pushed.get(path)!.slice(-2))
      expectDone(await plane.putManifest(path, bearers.get(path)!, `i${below(3)}`, body, INDEX_TYPE), 201)
    },
  ],
  [
    4,
    'mount',
    async (path) => {
      const from = oneOf(PATHS)
      const query = `mount=${digestOf(oneOf(pool))}&from=${from}`
      await api('POST', `/v2/${path}/blobs/uploads/?${query}`, { token: bearers.get(path)! })
    },
  ],
  [
    4,
    'delete',
    async (path) => {
      const list = pushed.get(path)!
      const [image] = list.splice(below(list.length), 1)
      if (image) await api('DELETE', `/v2/${path}/manifests/${image.digest}`, { token: bearers.get(path)! })
    },
  ],
  [
    2,
    'push beside',
    async (path) => {
      drifted = true
      await pushBeside(path)
    },
  ],
  [
    1,
    'kill',
    async () => {
      await plane.running().process!.restart()
    },
  ],
]
const weights = steps.flatMap(([weight, , act], i) => Array.from({ length: weight }, () => ({ act, i })))

test(
  `after ${STEPS} random pushes, mounts, retags, deletes and collections every size equals a walk of the storage`,
  async () => {
    let compared = 0
    let freed = 0n
    for (let step = 1; step <= STEPS; step++) {
      if (step % 10 === 1) await renew()
      await oneOf(weights).act(oneOf(PATHS))
      if (step % 20 === 0) {
        const { freedBytes, tagsBroken } = await collectGarbage(plane.context())
        freed += freedBytes
        // An index whose child was deleted is broken by that, not by the collection: it is told.
        for (const tag of tagsBroken) expect(tag).toMatch(/:i\d$/)
        drifted = false
      }
      if (step % 10 === 0) {
        const { found, gone, physicalBytes } = await reconcile(plane.context())
        // What passed the front was recorded as it passed: only what went beside it is new.
        if (!drifted) expect([found, gone]).toEqual([0, 0])
        expect(await recorded(physicalBytes)).toEqual(walk())
        drifted = false
        compared++
      }
    }
    expect(compared).toBe(Math.floor(STEPS / 10))
    expect(freed).toBeGreaterThan(0n)
  },
  STEPS * 5_000,
)
