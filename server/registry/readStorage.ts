import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDigest } from './frontPath.ts'

/** What a repository has in the registry: revisions and links that have their blob, and tags that have their revision. */
export type Seen = { revisions: Set<string>; layers: Set<string>; tags: Map<string, string> }
/** The registry's storage as it is: every blob with its size, every repository by its path. */
export type Storage = { blobs: Map<string, number>; repositories: Map<string, Seen>; bytes: number }

const entries = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder)
  } catch (error) {
    // Gone meanwhile, or never there: the registry makes folders as it needs them.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}

const baseOf = (storageDir: string) => join(storageDir, 'docker', 'registry', 'v2')

/** Where a blob's bytes are (distribution, registry/storage/paths.go). */
export const blobFile = (storageDir: string, digest: string): string => {
  const [algorithm = '', hex = ''] = digest.split(':')
  return join(baseOf(storageDir), 'blobs', algorithm, hex.slice(0, 2), hex, 'data')
}

/** Every blob in the storage with its size. */
export const readBlobs = async (storageDir: string): Promise<{ blobs: Map<string, number>; bytes: number }> => {
  const blobs = new Map<string, number>()
  let bytes = 0
  const root = join(baseOf(storageDir), 'blobs')
  for (const algorithm of await entries(root)) {
    for (const prefix of await entries(join(root, algorithm))) {
      for (const hex of await entries(join(root, algorithm, prefix))) {
        const size = await stat(join(root, algorithm, prefix, hex, 'data')).then(
          ({ size }) => size,
          () => undefined,
        )
        if (size === undefined) continue
        blobs.set(`${algorithm}:${hex}`, size)
        bytes += size
      }
    }
  }
  return { blobs, bytes }
}

/** Digests under a folder of links: `sha256/HEX/link`; those whose link is written and whose blob is there. */
const linksIn = async (folder: string, blobs: ReadonlyMap<string, number>): Promise<Set<string>> => {
  const found = new Set<string>()
  for (const algorithm of await entries(folder)) {
    for (const hex of await entries(join(folder, algorithm))) {
      const digest = `${algorithm}:${hex}`
      if (!blobs.has(digest)) continue
      // A deleted manifest keeps its folder and loses the link.
      if ((await entries(join(folder, algorithm, hex))).includes('link')) found.add(digest)
    }
  }
  return found
}

const readRepository = async (folder: string, blobs: ReadonlyMap<string, number>): Promise<Seen> => {
  const revisions = await linksIn(join(folder, '_manifests', 'revisions'), blobs)
  const layers = await linksIn(join(folder, '_layers'), blobs)
  const tags = new Map<string, string>()
  const tagFolder = join(folder, '_manifests', 'tags')
  for (const tag of await entries(tagFolder)) {
    const link = await readFile(join(tagFolder, tag, 'current', 'link'), 'utf8').catch(() => '')
    if (isDigest(link.trim()) && revisions.has(link.trim())) tags.set(tag, link.trim())
  }
  return { revisions, layers, tags }
}

/** Every repository's folder, by its path. */
async function* repositoryFolders(folder: string, path = ''): AsyncGenerator<{ folder: string; path: string }> {
  const names = await entries(folder)
  if (names.some((name) => name === '_manifests' || name === '_layers')) yield { folder, path }
  for (const name of names) {
    if (!name.startsWith('_')) yield* repositoryFolders(join(folder, name), path ? `${path}/${name}` : name)
  }
}

/**
 * Takes away links to layers that garbage collection took, which it leaves behind: a push of the same layer to any other
 * repository would let this one have it again. Only while the registry is stopped. @returns how many
 */
export const dropDeadLinks = async (storageDir: string): Promise<number> => {
  const { blobs } = await readBlobs(storageDir)
  let dropped = 0
  for await (const { folder } of repositoryFolders(join(baseOf(storageDir), 'repositories'))) {
    for (const algorithm of await entries(join(folder, '_layers'))) {
      for (const hex of await entries(join(folder, '_layers', algorithm))) {
        if (blobs.has(`${algorithm}:${hex}`)) continue
        await rm(join(folder, '_layers', algorithm, hex), { recursive: true, force: true })
        dropped++
      }
    }
  }
  return dropped
}

/** Walks the whole storage. It may be written meanwhile: what changes during the walk is seen or not. */
export const readStorage = async (storageDir: string): Promise<Storage> => {
  const { blobs, bytes } = await readBlobs(storageDir)
  const repositories = new Map<string, Seen>()
  for await (const { folder, path } of repositoryFolders(join(baseOf(storageDir), 'repositories')))
    repositories.set(path, await readRepository(folder, blobs))
  return { blobs, repositories, bytes }
}
