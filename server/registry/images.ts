import { createHash, randomUUID } from 'node:crypto'
import { DomainError } from '../errors.ts'
import { theRegistry } from './running.ts'
import { accessTo, type Upstream } from './upstream.ts'

/** Manifests of every kind the registry may hold. */
const KINDS = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
].join(', ')
const EMPTY_KIND = 'application/vnd.docker.distribution.manifest.v2+json'
const CONFIG_KIND = 'application/vnd.docker.container.image.v1+json'

/** The registry, for a verb that changes images itself. @throws UNAVAILABLE where none runs */
export const registryHere = (): Upstream => {
  const running = theRegistry()
  if (running) return running.upstream
  throw new DomainError('UNAVAILABLE', 'the registry is not running; try again in a minute', { retryAfterSeconds: 60 })
}

const refused = (what: string, status: number) =>
  new DomainError('UNAVAILABLE', `the registry answered ${status} when ${what}; try again in a minute`)

/** A manifest's bytes and kind; undefined where the repository has none of that digest or tag. */
export const getManifest = async (
  upstream: Upstream,
  path: string,
  reference: string,
): Promise<{ body: Buffer; mediaType: string; digest: string } | undefined> => {
  const target = `/v2/${path}/manifests/${reference}`
  const { status, headers, body } = await upstream.call('GET', target, accessTo(path, 'pull'), {
    headers: { accept: KINDS },
  })
  if (status === 404) return undefined
  if (status !== 200) throw refused(`${path} was read`, status)
  const digest = String(headers['docker-content-digest'] ?? `sha256:${createHash('sha256').update(body).digest('hex')}`)
  return { body, mediaType: String(headers['content-type'] ?? ''), digest }
}

/** Puts a manifest under a tag or its digest, and gives its digest. */
export const putManifest = async (
  upstream: Upstream,
  path: string,
  reference: string,
  manifest: { body: Uint8Array; mediaType: string },
): Promise<string> => {
  const target = `/v2/${path}/manifests/${reference}`
  const { status, headers } = await upstream.call('PUT', target, accessTo(path, 'pull', 'push'), {
    headers: { 'content-type': manifest.mediaType },
    body: manifest.body,
  })
  if (status !== 201) throw refused(`${path}:${reference} was written`, status)
  return String(headers['docker-content-digest'] ?? '')
}

/** Deletes a manifest by digest, and with it every tag that names it. Already gone is as good. */
export const deleteManifest = async (upstream: Upstream, path: string, digest: string): Promise<void> => {
  const { status } = await upstream.call('DELETE', `/v2/${path}/manifests/${digest}`, accessTo(path, 'delete'))
  if (status !== 202 && status !== 404) throw refused(`${path}@${digest} was deleted`, status)
}

/** Makes a blob of one repository known to another; no bytes move. False where the source has none. */
export const mountBlob = async (upstream: Upstream, from: string, to: string, digest: string): Promise<boolean> => {
  const query = new URLSearchParams({ mount: digest, from })
  const access = [...accessTo(to, 'pull', 'push'), ...accessTo(from, 'pull')]
  const { status, headers } = await upstream.call('POST', `/v2/${to}/blobs/uploads/?${query}`, access)
  if (status === 201) return true
  if (status !== 202) throw refused(`a layer was mounted into ${to}`, status)
  // It began an upload instead: the source has no such blob. The upload is given up.
  const location = String(headers.location ?? '')
  const started = URL.parse(location, 'http://registry')
  if (started)
    await upstream.call('DELETE', `${started.pathname}${started.search}`, accessTo(to, 'pull', 'push', 'delete'))
  return false
}

const putBlob = async (upstream: Upstream, path: string, body: Uint8Array): Promise<string> => {
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`
  const access = accessTo(path, 'pull', 'push')
  const { status, headers } = await upstream.call('POST', `/v2/${path}/blobs/uploads/`, access)
  if (status !== 202) throw refused(`${path} was written`, status)
  const upload = new URL(String(headers.location ?? ''), 'http://registry')
  upload.searchParams.set('digest', digest)
  const put = await upstream.call('PUT', `${upload.pathname}${upload.search}`, access, {
    headers: { 'content-type': 'application/octet-stream' },
    body,
  })
  if (put.status !== 201) throw refused(`${path} was written`, put.status)
  return digest
}

/**
 * Takes one tag away and leaves its manifest. The registry deletes by digest only (distribution 2.8), so the tag is first
 * moved to an empty image made for this, which is then deleted.
 */
export const untag = async (upstream: Upstream, path: string, tag: string): Promise<void> => {
  const config = Buffer.from(JSON.stringify({ untagged: randomUUID() }))
  const body = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: EMPTY_KIND,
      config: { mediaType: CONFIG_KIND, size: config.length, digest: await putBlob(upstream, path, config) },
      layers: [],
    }),
  )
  const digest = await putManifest(upstream, path, tag, { body, mediaType: EMPTY_KIND })
  await deleteManifest(upstream, path, digest)
}
