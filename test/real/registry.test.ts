import { once } from 'node:events'
import { connect } from 'node:net'
import { beforeAll, expect, test } from 'vitest'
import { revokeRobot, createRobot } from '#server/registry/changeRobot.ts'
import { rotateKeys } from '#server/registry/rotateKeys.ts'
import { signToken, TOKEN_SECONDS, LEEWAY_SECONDS } from '#server/registry/token.ts'
import { readTokenKeys } from '#server/registry/tokenKeys.ts'
import { setEntitlements } from '#server/accounts/setEntitlements.ts'
import {
  ACCEPT,
  digestOf,
  expectDone,
  imageOf,
  INDEX_TYPE,
  indexOf,
  registryPlane,
  send,
  someBytes,
} from '../support/registryPlane.ts'

const plane = await registryPlane({ WHARF_REGISTRY_ANONYMOUS_PULLS: '12' })
const { sql, api, token, askToken, url } = plane
let acme: { id: bigint; name: string }
let other: { id: bigint; name: string }
let owner: { name: string; password: string; id: bigint }
let stranger: { name: string; password: string; id: bigint }
const layers = [someBytes(5_000), someBytes(700)]

const errorOf = (body: Buffer) =>
  (JSON.parse(body.toString()) as { errors: { code: string; message: string }[] }).errors[0]
const sizeOf = async (path: string) => {
  const [row] = await sql<{ sizeBytes: bigint }[]>`select size_bytes from repository where path = ${path}`
  return Number(row?.sizeBytes)
}

beforeAll(async () => {
  acme = await plane.organization('acme')
  other = await plane.organization('other')
  const person = await plane.person('owner@acme.example')
  await plane.member(acme, person, 'owner')
  owner = await plane.apiToken(person)
  stranger = await plane.apiToken(await plane.person('stranger@elsewhere.example'))
  await plane.member(other, await plane.person('owner@other.example'), 'owner')
  await plane.repository(acme, 'open', 'public')
  await plane.repository(acme, 'secret', 'private')
  for (const path of ['acme/open', 'acme/secret'])
    await plane.pushImage(path, await token(`repository:${path}:pull,push`, owner), '1', layers)
})

test('a push by the first name makes the repository, its tag and its exact size', async () => {
  const bearer = await token('repository:acme/fresh:pull,push', owner)
  const image = await plane.pushImage('acme/fresh', bearer, 'v1', layers)
  const [tag] = await sql`select t.name, t.digest, t.platforms, t.size_bytes, t.pushed_by from repository_tag t
    join repository r on r.id = t.repository_id where r.path = 'acme/fresh'`
  const stored = layers[0]!.length + layers[1]!.length + image.config.length
  expect(tag).toMatchObject({ name: 'v1', digest: image.digest, platforms: ['linux/amd64'], sizeBytes: BigInt(stored) })
  expect(await sizeOf('acme/fresh')).toBe(stored + image.manifest.length)
})

test('an index is one tag with its platforms, and pulling it with its children is one pull', async () => {
  const path = 'acme/multi'
  const bearer = await token(`repository:${path}:pull,push`, owner)
  const images = []
  for (const architecture of ['amd64', 'arm64']) {
    const image = await plane.pushImage(path, bearer, undefined, [someBytes(300)], { os: 'linux', architecture })
    images.push({ ...image, architecture })
  }
  const index = indexOf(images)
  expectDone(await plane.putManifest(path, bearer, 'latest', index, INDEX_TYPE), 201)
  const pull = (reference: string, method = 'GET') =>
    api(method, `/v2/${path}/manifests/${reference}`, { token: bearer, headers: ACCEPT })
  await pull('latest', 'HEAD')
  expectDone(await pull('latest'), 200)
  for (const { digest } of images) expectDone(await pull(digest), 200)
  await plane.running().traffic.flush()
  const [row] = await sql`select r.pulls, t.pulls as of_tag, t.platforms,
    (select sum(pulls) from registry_hour h where h.repository_id = r.id) as in_hours
    from repository r join repository_tag t on t.repository_id = r.id where r.path = ${path}`
  expect(row).toMatchObject({ pulls: 1n, ofTag: 1n, platforms: ['linux/amd64', 'linux/arm64'] })
  expect(Number(row?.['inHours'])).toBe(1)
})

test('egress equals the bytes on the wire, also of a download that was cut', async () => {
  const path = 'acme/wire'
  const bearer = await token(`repository:${path}:pull,push`, owner)
  const big = someBytes(3_000_000)
  expectDone(await plane.putBlob(path, bearer, big), 201)
  await plane.running().traffic.flush()
  const egress = async () => {
    await plane.running().traffic.flush()
    const [row] = await sql<
      { bytes: bigint }[]
    >`select coalesce(sum(h.egress_bytes), 0)::bigint as bytes from registry_hour h
      join repository r on r.id = h.repository_id where r.path = ${path}`
    return Number(row?.bytes)
  }
  const before = await egress()
  const { hostname, port } = new URL(url)
  const take = async (range: string, stopAt: number) => {
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(
      `GET /v2/${path}/blobs/${digestOf(big)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n` +
        `Authorization: Bearer ${bearer}\r\n${range}\r\n`,
    )
    socket.on('data', () => socket.bytesRead >= stopAt && socket.destroy())
    await once(socket, 'close')
    return socket.bytesRead
  }
  const whole = await take('', Number.POSITIVE_INFINITY)
  const part = await take('Range: bytes=0-9\r\n', Number.POSITIVE_INFINITY)
  expect(whole).toBeGreaterThan(big.length)
  expect(part).toBeLessThan(1_000)
  await expect.poll(async () => (await egress()) - before).toBe(whole + part)
  const atCut = await egress()
  const cut = await take('', 500_000)
  // What the kernel had taken when the client went counts: no less than it read, no more than there was.
  await expect.poll(async () => (await egress()) - atCut).toBeGreaterThanOrEqual(cut)
  expect((await egress()) - atCut).toBeLessThanOrEqual(whole)
})

test('notifications are taken once, whatever is repeated or forged', async () => {
  const repeated = async () => {
    const [row] = await sql<{ id: string; raw: unknown }[]>`select id, raw from registry_event limit 1`
    return row
  }
  await expect.poll(repeated).toBeTruthy()
  const event = (await repeated())!
  const counts = () => sql`select sum(events_sent) as sent, sum(events_taken) as taken from registry_hour`
  const before = await counts()
  const body = Buffer.from(JSON.stringify({ events: [event.raw, event.raw, 7, { id: 'x' }] }))
  const post = (authorization: string) =>
    api('POST', '/v1/registry/events', { body, headers: { authorization, 'content-type': 'application/json' } })
  for (const forged of ['', 'Bearer ', 'Bearer wrong', `Bearer ${owner.password}`])
    expect((await post(forged)).status).toBe(401)
  const { eventsSecret } = await import('#server/registry/secrets.ts')
  const taken = await post(`Bearer ${eventsSecret(plane.env.secret)}`)
  expect(JSON.parse(taken.body.toString())).toEqual({ stored: 0, repeated: 2, left: 2 })
  expect(await counts()).toEqual(before)
})

test('what notifications say agrees with what the front saw', async () => {
  await plane.running().traffic.flush()
  await expect
    .poll(async () => {
      const [row] = await sql`select sum(manifests_sent) - sum(events_sent) as sent,
        sum(manifests_taken) - sum(events_taken) as taken from registry_hour`
      return row
    })
    .toEqual({ sent: '0', taken: '0' })
})

test.each([
  ['GET', '/v2/_catalog', 401, 'DENIED'],
  ['GET', '/v2/Acme/Open/manifests/1', 400, 'NAME_INVALID'],
  ['GET', '/v2/acme/../acme/open/manifests/1', 400, 'NAME_INVALID'],
  ['GET', '/v2/acme%2fopen/manifests/1', 400, 'NAME_INVALID'],
  ['GET', '/v2/acme/open/manifests/..%2f..', 400, 'TAG_INVALID'],
  ['GET', '/v2/acme/open/blobs/sha256:../../x', 404, 'UNSUPPORTED'],
  ['GET', '/v2/acme/open/blobs/sha256:zz', 400, 'DIGEST_INVALID'],
  ['OPTIONS', '/v2/', 405, 'UNSUPPORTED'],
])('%s %s is refused', async (method, path, status, code) => {
  const bearer = await token('repository:acme/open:pull', owner)
  const reply = await api(method, path, { token: bearer })
  expect([reply.status, errorOf(reply.body)?.code]).toEqual([status, code])
})

test('a manifest beyond 4 MiB is refused before it is read', async () => {
  const bearer = await token('repository:acme/open:pull,push', owner)
  const reply = await plane.putManifest('acme/open', bearer, 'huge', Buffer.alloc(4 * 1024 * 1024 + 1, 32))
  expect([reply.status, errorOf(reply.body)?.code]).toEqual([413, 'MANIFEST_INVALID'])
})

test('a hidden repository and none answer alike', async () => {
  for (const as of [undefined, stranger]) {
    const answers = []
    for (const name of ['secret', 'absent']) {
      const bearer = await token(`repository:acme/${name}:pull`, as)
      const { status, body } = await api('GET', `/v2/acme/${name}/manifests/1`, { token: bearer })
      const bare = await api('GET', `/v2/acme/${name}/manifests/1`)
      answers.push(
        [status, bare.status, bare.headers['www-authenticate'], body.toString()].map((text) =>
          String(text).replaceAll(name, 'X'),
        ),
      )
      expect(status).toBe(401)
    }
    expect(answers[0]).toEqual(answers[1])
  }
})

test('a blob is mounted from where it may be read, and not from elsewhere', async () => {
  const [layer] = layers
  const bearer = await token(['repository:acme/mounted:pull,push', 'repository:acme/secret:pull'], owner)
  const mount = (path: string, as: string, from: string) =>
    api('POST', `/v2/${path}/blobs/uploads/?mount=${digestOf(layer!)}&from=${from}`, { token: as })
  expect((await mount('acme/mounted', bearer, 'acme/secret')).status).toBe(201)
  const outsider = await plane.person('maker@other.example')
  await plane.member(other, outsider, 'admin')
  const theirs = await plane.apiToken(outsider)
  const asked = ['repository:other/mine:pull,push', 'repository:acme/secret:pull']
  const narrow = await token(asked, theirs)
  // An upload begins, as where there is no such blob.
  for (const from of ['acme/secret', 'acme/absent', '../x'])
    expect((await mount('other/mine', narrow, from)).status).toBe(202)
  expect((await api('HEAD', `/v2/other/mine/blobs/${digestOf(layer!)}`, { token: narrow })).status).toBe(404)
})

test('access that was taken away is gone within the life of a token and its leeway', async () => {
  const robot = await createRobot(plane.context(), acme, {
    name: 'short',
    description: '',
    reach: { every: 'write' },
    expiresInDays: null,
  })
  const as = { name: robot.login, password: robot.secret }
  const bearer = await token('repository:acme/secret:pull,push', as)
  await revokeRobot(plane.context(), acme, robot.id)
  expect((await askToken('repository:acme/secret:pull', as)).status).toBe(401)
  // A push ends at once, pulls when the token does.
  const push = await api('POST', '/v2/acme/secret/blobs/uploads/', { token: bearer })
  expect([push.status, errorOf(push.body)?.code]).toEqual([403, 'DENIED'])
  const now = new Date()
  const { signing } = await readTokenKeys(sql, plane.env.secret, now)
  const access = [{ type: 'repository' as const, name: 'acme/secret', actions: ['pull' as const] }]
  const pullAt = async (ageSeconds: number) => {
    const old = signToken(signing, { sub: `robot:${robot.id}`, access }, new Date(now.getTime() - ageSeconds * 1000))
    return (await api('GET', '/v2/acme/secret/manifests/1', { token: old, headers: ACCEPT })).status
  }
  expect(TOKEN_SECONDS + LEEWAY_SECONDS).toBe(360)
  expect([await pullAt(0), await pullAt(TOKEN_SECONDS), await pullAt(TOKEN_SECONDS + LEEWAY_SECONDS + 5)]).toEqual([
    200, 200, 401,
  ])
})

test('a token of another key, none, or another algorithm opens nothing', async () => {
  const bearer = await token('repository:acme/secret:pull', owner)
  const [head = '', body = '', signature = ''] = bearer.split('.')
  const forged = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { access: object[] }
  const wider = Buffer.from(
    JSON.stringify({ ...claims, access: [{ type: 'registry', name: 'catalog', actions: ['*'] }] }),
  ).toString('base64url')
  for (const bad of [
    `${forged({ alg: 'none', typ: 'JWT' })}.${body}.`,
    `${forged({ alg: 'HS256' })}.${body}.${signature}`,
    `${head}.${wider}.${signature}`,
    `${head}.${body}.AAAA`,
    'x.y',
    '',
  ])
    expect((await api('GET', '/v2/acme/secret/manifests/1', { token: bad })).status).toBe(401)
})

test('two token keys overlap: what the old one signed holds, and the new one begins when the registry knows it', async () => {
  const old = await token('repository:acme/secret:pull', owner)
  const signsFrom = await rotateKeys(plane.context(), 1_000)
  await expect(rotateKeys(plane.context(), 1_000)).rejects.toThrow('waits to begin')
  await expect.poll(() => Date.now() > signsFrom.getTime(), { timeout: 60_000 }).toBe(true)
  const { signing, known } = await readTokenKeys(sql, plane.env.secret, new Date())
  expect(known).toHaveLength(2)
  const access = [{ type: 'repository' as const, name: 'acme/secret', actions: ['pull' as const] }]
  const fresh = signToken(signing, { sub: 'user:x', access }, new Date())
  for (const bearer of [old, fresh]) {
    const reply = await send(plane.running().upstream.url(), 'GET', '/v2/acme/secret/manifests/1', {
      token: bearer,
      headers: ACCEPT,
    })
    expect(reply.status).toBe(200)
  }
})

test('a renamed repository answers under its old name', async () => {
  const [row] = await sql<{ id: bigint }[]>`select id from repository where path = 'acme/open'`
  await sql`insert into repository_redirect (path, repository_id) values ('acme/before', ${row!.id})`
  const bearer = await token('repository:acme/before:pull', undefined)
  const reply = await api('GET', '/v2/acme/before/manifests/1', { token: bearer, headers: ACCEPT })
  expect(reply.status).toBe(200)
})

test('locations and challenges name the address the client used, whatever it claims to be forwarded from', async () => {
  const bearer = await token('repository:acme/open:pull,push', owner)
  const begun = await api('POST', '/v2/acme/open/blobs/uploads/', {
    token: bearer,
    headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'gopher' },
  })
  expect(String(begun.headers.location)).toMatch(/^\/v2\/acme\/open\/blobs\/uploads\//)
  const port = new URL(url).port
  const asked = await api('GET', '/v2/', { headers: { host: `localhost:${port}`, 'x-forwarded-host': 'evil.example' } })
  expect(asked.headers['www-authenticate']).toContain(`realm="http://localhost:${port}/v1/registry/token"`)
  const odd = await api('GET', '/v2/', { headers: { host: 'a"b' } })
  expect(odd.headers['www-authenticate']).toContain(`realm="${url}/v1/registry/token"`)
})

test('strangers are held to their pulls, and told what is left in the words Docker knows', async () => {
  const bearer = await token('repository:acme/open:pull')
  const get = (as: string, method = 'GET') => api(method, '/v2/acme/open/manifests/1', { token: as, headers: ACCEPT })
  const seen: string[] = []
  let last = await get(bearer, 'HEAD')
  expect(last.headers['ratelimit-limit']).toBe('12;w=21600')
  for (let i = 0; i < 14 && last.status === 200; i++) {
    last = await get(bearer)
    seen.push(String(last.headers['ratelimit-remaining']))
  }
  expect([last.status, errorOf(last.body)?.code, seen.at(-1)]).toEqual([429, 'TOOMANYREQUESTS', '0;w=21600'])
  expect(Number(last.headers['retry-after'])).toBeGreaterThan(0)
  const mine = await get(await token('repository:acme/open:pull', owner))
  expect([mine.status, mine.headers['ratelimit-limit']]).toEqual([200, '5000;w=21600'])
})

test('a plan that is full refuses pushes with a sentence, pulls go on, and more room lets them through', async () => {
  const full = await plane.organization('full', { storage_mib: 1 })
  const person = await plane.person('owner@full.example')
  await plane.member(full, person, 'owner')
  const as = await plane.apiToken(person)
  const early = await token('repository:full/app:pull,push', as)
  await plane.pushImage('full/app', early, '1', [someBytes(1_000_000)])
  // Its own layers fill the plan: the push is refused at its end, and from then on at its beginning.
  const [layer] = [someBytes(100_000)]
  expectDone(await plane.putBlob('full/app', early, layer), 201)
  const image = imageOf([layer])
  const put = await plane.putManifest('full/app', early, '2', image.manifest)
  const begun = await api('POST', '/v2/full/app/blobs/uploads/', { token: early })
  expect([put.status, begun.status]).toEqual([403, 403])
  const late = await askToken('repository:full/app:pull,push', as)
  expect([late.status, errorOf(late.body)?.code]).toEqual([403, 'DENIED'])
  for (const { body } of [put, begun, late]) expect(errorOf(body)?.message).toContain('choose a larger plan')
  const pull = await token('repository:full/app:pull', as)
  expect((await api('GET', '/v2/full/app/manifests/1', { token: pull, headers: ACCEPT })).status).toBe(200)
  await sql.begin((tx) =>
    setEntitlements(tx, plane.context(), {
      accountId: full.id,
      plan: 'team',
      source: 'plan:team',
      entitlements: { private_repositories: 10, storage_mib: 100, pulls_a_day: 1_000 },
    }),
  )
  await plane.pushImage('full/app', await token('repository:full/app:pull,push', as), '2', [someBytes(10)])
})

test('of pushes at once over the number of private repositories, as many go through as the plan has', async () => {
  const small = await plane.organization('small', { private_repositories: 2 })
  const person = await plane.person('owner@small.example')
  await plane.member(small, person, 'owner')
  const as = await plane.apiToken(person)
  const replies = await Promise.all([1, 2, 3, 4, 5].map((n) => askToken(`repository:small/app-${n}:pull,push`, as)))
  expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 200, 403, 403, 403])
  const [row] = await sql`select count(*)::int as n from repository where account_id = ${small.id}`
  expect(row?.['n']).toBe(2)
})

test('of pushes at once over the storage, those that began may end their layers, and nothing more is taken', async () => {
  const narrow = await plane.organization('narrow', { storage_mib: 1 })
  const person = await plane.person('owner@narrow.example')
  await plane.member(narrow, person, 'owner')
  const bearer = await token('repository:narrow/app:pull,push', await plane.apiToken(person))
  const puts = await Promise.all(
    [1, 2, 3, 4].map(async (n) => {
      const layer = someBytes(600_000)
      const { config, manifest } = imageOf([layer])
      for (const blob of [config, layer]) await plane.putBlob('narrow/app', bearer, blob)
      return plane.putManifest('narrow/app', bearer, String(n), manifest)
    }),
  )
  const refused = puts.filter(({ status }) => status === 403)
  expect(puts.filter(({ status }) => status !== 201 && status !== 403)).toEqual([])
  expect(refused.length).toBeGreaterThanOrEqual(2)
  for (const { body } of refused) expect(errorOf(body)?.message).toContain('choose a larger plan')
  const more = await api('POST', '/v2/narrow/app/blobs/uploads/', { token: bearer })
  expect(more.status).toBe(403)
})

test('a flood from one address is slowed, and neighbours are not', async () => {
  const from = (address: string) => api('GET', '/v2/', { headers: { 'x-forwarded-for': address } })
  const seen = new Map<number, Awaited<ReturnType<typeof from>>>()
  for (let round = 0; round < 60 && !seen.has(429); round++) {
    const replies = await Promise.all(Array.from({ length: 50 }, () => from('192.0.2.77')))
    for (const reply of replies) seen.set(reply.status, reply)
  }
  expect([...seen.keys()].toSorted()).toEqual([401, 429])
  const refused = seen.get(429)!
  expect(errorOf(refused.body)?.code).toBe('TOOMANYREQUESTS')
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect((await from('192.0.2.78')).status).toBe(401)
})

test('a repository that goes while it is pushed to takes nothing more', async () => {
  const path = 'acme/going'
  const bearer = await token(`repository:${path}:pull,push`, owner)
  expectDone(await plane.putBlob(path, bearer, someBytes(10)), 201)
  await sql`delete from repository where path = ${path}`
  await expect
    .poll(async () => (await plane.putManifest(path, bearer, '1', imageOf([]).manifest)).status, { timeout: 60_000 })
    .toBe(404)
})

test('sign-in with a password is locked after wrong ones, as on the website', async () => {
  const person = await plane.person('locked@acme.example')
  const as = (password: string) => askToken('', { name: person.email, password })
  expect((await as('a long enough one')).status).toBe(200)
  const statuses: number[] = []
  for (let i = 0; i < 6; i++) statuses.push((await as(`wrong ${i}`)).status)
  expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401])
  expect(statuses[5]).toBe(429)
  expect((await as('a long enough one')).status).toBe(429)
})

test('the OAuth 2 form takes a password and an API token, and refuses other grants', async () => {
  const post = async (form: Record<string, string>) => {
    const body = Buffer.from(
      new URLSearchParams({ service: 'wharfinger', scope: 'repository:acme/secret:pull', ...form }).toString(),
    )
    const reply = await api('POST', '/v1/registry/token', {
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    return [reply.status, (JSON.parse(reply.body.toString()) as { scope?: string }).scope]
  }
  expect(await post({ grant_type: 'password', username: owner.name, password: owner.password })).toEqual([
    200,
    'repository:acme/secret:pull',
  ])
  expect(await post({ grant_type: 'refresh_token', refresh_token: owner.password })).toEqual([
    200,
    'repository:acme/secret:pull',
  ])
  expect((await post({ grant_type: 'refresh_token', refresh_token: 'wharf_no' }))[0]).toBe(401)
  expect((await post({ grant_type: 'client_credentials' }))[0]).toBe(400)
})
