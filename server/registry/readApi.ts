import { getManifest } from './images.ts'
import type { Seen } from './readStorage.ts'
import { accessTo, type Upstream } from './upstream.ts'

const KINDS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')
const PAGE = 200
const MOST_TAGS = 100_000

const has = async (upstream: Upstream, path: string, kind: 'manifests' | 'blobs', digest: string) => {
  const target = `/v2/${path}/${kind}/${digest}`
  const { status } = await upstream.call('HEAD', target, accessTo(path, 'pull'), { headers: { accept: KINDS } })
  if (status !== 200 && status !== 404) throw new Error(`the registry answered ${status} to HEAD ${target}`)
  return status === 200
}

const tagsOf = async (upstream: Upstream, path: string): Promise<string[]> => {
  const tags: string[] = []
  for (let last = ''; tags.length < MOST_TAGS;) {
    const query = new URLSearchParams({ n: String(PAGE), ...(last ? { last } : {}) })
    const { status, body } = await upstream.call('GET', `/v2/${path}/tags/list?${query}`, accessTo(path, 'pull'))
    if (status === 404) return []
    if (status !== 200) throw new Error(`the registry answered ${status} to the tags of ${path}`)
    const page = (JSON.parse(body.toString()) as { tags: string[] | null }).tags ?? []
    const fresh = page.filter((tag) => !tags.includes(tag))
    tags.push(...fresh)
    // 2.8 gives all tags whatever the page's size.
    if (fresh.length < PAGE || page.length > PAGE) return tags
    last = page.at(-1) ?? ''
  }
  return tags
}

/**
 * What the registry has of a repository as far as its API tells: its tags and what they name, and whether what we know of
 * is still there. Manifests without a tag that we never heard of are not found this way.
 */
export const readRepositoryByApi = async (
  upstream: Upstream,
  path: string,
  known: { revisions: readonly string[]; layers: readonly string[] },
): Promise<Seen> => {
  const seen: Seen = { revisions: new Set(), layers: new Set(), tags: new Map() }
  for (const tag of await tagsOf(upstream, path)) {
    const manifest = await getManifest(upstream, path, tag)
    if (!manifest) continue
    seen.tags.set(tag, manifest.digest)
    seen.revisions.add(manifest.digest)
  }
  for (const digest of known.revisions) {
    if (seen.revisions.has(digest) || (await has(upstream, path, 'manifests', digest))) seen.revisions.add(digest)
  }
  for (const digest of known.layers) if (await has(upstream, path, 'blobs', digest)) seen.layers.add(digest)
  return seen
}
