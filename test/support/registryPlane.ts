import { createHash, randomBytes } from 'node:crypto'
import { createServer, request, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'
import { hashOf, makeToken } from '#server/accounts/token.ts'
import type { Context } from '#server/context.ts'
import { findRoute, ipOf, requestIdOf, runRoute } from '#server/http.ts'
import { createRepository } from '#server/registry/createRepository.ts'
import { routes as registryRoutes } from '#server/registry/routes.ts'
import { theRegistry, type Running } from '#server/registry/running.ts'
import { createRegistry } from '#server/registry/start.ts'
import { house, type Person } from '../server/accounts/house.ts'
import { canInstall, install, program } from './parts.ts'

export type Reply = { status: number; headers: IncomingHttpHeaders; body: Buffer }
export type Sent = { headers?: Record<string, string>; body?: Uint8Array; token?: string | undefined }

export const IMAGE_TYPE = 'application/vnd.oci.image.manifest.v1+json'
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json'
/** What a client that knows OCI accepts; 2.8 has no such manifest for those that do not say so. */
export const ACCEPT = { accept: `${IMAGE_TYPE}, ${INDEX_TYPE}` }
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json'
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar'

export const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Installs Debian packages that give programs, where they are missing and can be had. */
export const needPrograms = async (wanted: Record<string, string>): Promise<void> => {
  const missing = Object.entries(wanted).filter(([name]) => !program(name))
  if (missing.length > 0 && canInstall()) await install(...missing.map(([, name]) => name))
}

/** Sends one request and reads the whole answer. */
export const send = (url: string, method: string, path: string, { headers = {}, body, token }: Sent = {}) =>
  new Promise<Reply>((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const auth = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const length = body ? { 'content-length': String(body.length) } : {}
    const ask = request({ host: hostname, port, method, path, headers: { ...length, ...auth, ...headers } }, (res) => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => chunks.push(chunk))
      res.on('error', reject)
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks) }))
    })
    ask.on('error', reject)
    ask.end(body)
  })

/**
 * The registry's half of a control plane in this process: token service, front, notifications, over a database of the
 * test file's own, and a real registry behind it.
 */
export const registryPlane = async (variables: Record<string, string> = {}) => {
  await needPrograms({ 'docker-registry': 'docker-registry' })
  const server = createServer((req, res) => void handle(req, res))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const h = await house({ WHARF_PUBLIC_URL: url, WHARF_REGISTRY_ANONYMOUS_PULLS: '1000', ...variables })
  const { sql, env } = h
  const registry = createRegistry(h.ctx())
  const routes = registryRoutes({ sql, env })
  const handle: RequestListener = async (req, res) => {
    const exchange = {
      req,
      res,
      url: new URL(req.url ?? '/', 'http://wharf'),
      requestId: requestIdOf(req),
      ip: ipOf(req),
    }
    if (req.url?.startsWith('/v2')) return registry.front.handle(exchange)
    const route = findRoute(routes, req.method ?? 'GET', exchange.url.pathname)
    if (route) return runRoute(route, exchange)
    res.writeHead(404).end()
  }
  await registry.begin(url)
  const running = (): Running => {
    const now = theRegistry()
    if (!now) throw new Error('docker-registry is not installed (Debian: docker-registry)')
    return now
  }
  running()
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
    await registry.stop()
  })

  /** A token of the token service: with a name and password, or for anybody. */
  const askToken = (scope: string | string[], as?: { name: string; password: string }) => {
    const query = new URLSearchParams({ service: 'wharfinger' })
    for (const one of [scope].flat()) if (one) query.append('scope', one)
    const basic = as && `Basic ${Buffer.from(`${as.name}:${as.password}`).toString('base64')}`
    return send(url, 'GET', `/v1/registry/token?${query}`, basic ? { headers: { authorization: basic } } : {})
  }
  const token = async (scope: string | string[], as?: { name: string; password: string }): Promise<string> => {
    const { status, body } = await askToken(scope, as)
    if (status !== 200) throw new Error(`no token: ${status} ${body.toString()}`)
    return (JSON.parse(body.toString()) as { token: string }).token
  }
  const api = (method: string, path: string, sent: Sent = {}) => send(url, method, path, sent)

  /** An organization that may have as much as is said. */
  const organization = async (name: string, limits: Record<string, number | null> = {}) => {
    const [row] = await sql<{ id: bigint }[]>`insert into account (name, kind, display_name)
      values (${name}, 'organization', ${name}) returning id`
    const id = row!.id
    await limit(id, { private_repositories: 100, storage_mib: 4_096, pulls_a_day: 100_000, ...limits })
    return { id, name }
  }
  const limit = async (accountId: bigint, limits: Record<string, number | null>) => {
    for (const [key, value] of Object.entries(limits)) {
      await sql`insert into entitlement (account_id, key, value, source) values (${accountId}, ${key}, ${value}, 'plan:test')
        on conflict (account_id, key) do update set value = excluded.value`
    }
  }
  const member = async (account: { id: bigint }, person: Person, role: string) => {
    await sql`insert into account_member (account_id, user_id, role) values (${account.id}, ${person.userId}, ${role})`
  }
  /** An API token of a person's, as a password for clients. */
  const apiToken = async (person: Person, scopes: string[] = ['read', 'write']) => {
    const text = makeToken()
    const [row] = await sql<{ id: bigint }[]>`insert into api_token (user_id, name, hash, hint, scopes)
      values (${person.userId}, 'test', ${hashOf(text)}, '', ${scopes}) returning id`
    return { id: row!.id, name: person.name, password: text }
  }
  const repository = (account: { id: bigint; name: string }, name: string, visibility: 'public' | 'private') =>
    createRepository(h.ctx(), account, { name, visibility })

  const putBlob = async (path: string, bearer: string, bytes: Uint8Array): Promise<Reply> => {
    const begun = await api('POST', `/v2/${path}/blobs/uploads/`, { token: bearer })
    if (begun.status !== 202) return begun
    const location = new URL(String(begun.headers.location), url)
    location.searchParams.set('digest', digestOf(bytes))
    return api('PUT', `${location.pathname}${location.search}`, {
      token: bearer,
      body: bytes,
      headers: { 'content-type': 'application/octet-stream' },
    })
  }
  const putManifest = (path: string, bearer: string, reference: string, body: Uint8Array, type = IMAGE_TYPE) =>
    api('PUT', `/v2/${path}/manifests/${reference}`, { token: bearer, body, headers: { 'content-type': type } })

  /** Pushes an image of these layers; throws where any step is refused. */
  const pushImage = async (
    path: string,
    bearer: string,
    tag: string | undefined,
    layers: readonly Uint8Array[],
    platform = { os: 'linux', architecture: 'amd64' },
  ) => {
    const image = imageOf(layers, platform)
    for (const blob of [image.config, ...layers]) expectDone(await putBlob(path, bearer, blob), 201)
    expectDone(await putManifest(path, bearer, tag ?? image.digest, image.manifest), 201)
    return image
  }
  return {
    ...h,
    url,
    registry,
    running,
    askToken,
    token,
    api,
    organization,
    limit,
    member,
    apiToken,
    repository,
    putBlob,
    putManifest,
    pushImage,
    context: (now?: Date): Context => h.ctx(undefined, now),
  }
}

export const expectDone = (reply: Reply, status: number): Reply => {
  if (reply.status !== status) throw new Error(`answered ${reply.status}, not ${status}: ${reply.body.toString()}`)
  return reply
}

/** The configuration and manifest of an image of these layers. */
export const imageOf = (
  layers: readonly Uint8Array[],
  platform = { os: 'linux', architecture: 'amd64' },
): { config: Buffer; manifest: Buffer; digest: string } => {
  const diffIds = layers.map(digestOf)
  const config = Buffer.from(JSON.stringify({ ...platform, config: {}, rootfs: { type: 'layers', diff_ids: diffIds } }))
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: IMAGE_TYPE,
      config: { mediaType: CONFIG_TYPE, digest: digestOf(config), size: config.length },
      layers: layers.map((layer) => ({ mediaType: LAYER_TYPE, digest: digestOf(layer), size: layer.length })),
    }),
  )
  return { config, manifest, digest: digestOf(manifest) }
}

/** An index of images, by platform. */
export const indexOf = (images: readonly { manifest: Buffer; digest: string; architecture: string }[]): Buffer =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: INDEX_TYPE,
      manifests: images.map(({ manifest, digest, architecture }) => ({
        mediaType: IMAGE_TYPE,
        digest,
        size: manifest.length,
        platform: { os: 'linux', architecture },
      })),
    }),
  )

export const someBytes = (length: number): Buffer => randomBytes(length)
