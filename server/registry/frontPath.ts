import { pathOf } from './path.ts'

/** What a request under `/v2/` is about. `name` is as the client wrote it; `path` is `account/name`. */
export type Asked =
  | { kind: 'base' }
  | { kind: 'manifest'; name: string; path: string; reference: string }
  | { kind: 'blob'; name: string; path: string; digest: string }
  | { kind: 'uploads'; name: string; path: string }
  | { kind: 'upload'; name: string; path: string; id: string }
  | { kind: 'tags'; name: string; path: string }
  | { kind: 'referrers'; name: string; path: string; digest: string }
/** Why it is refused, in the registry's codes (https://distribution.github.io/distribution/spec/api/#errors-2). */
export type Fault = { status: number; code: string; message: string }

const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,128}$/
const UPLOAD = /^[A-Za-z0-9_=-]{1,128}$/

const fault = (status: number, code: string, message: string): { fault: Fault } => ({
  fault: { status, code, message },
})

export const isDigest = (text: string): boolean => DIGEST.test(text)

/**
 * Reads the path of a request as it came (never decoded or tidied, so that what is checked is what is passed on).
 * The catalog is refused: it would tell of every repository.
 */
export const askedFor = (target: string): Asked | { fault: Fault } => {
  const query = target.indexOf('?')
  const path = query < 0 ? target : target.slice(0, query)
  if (path === '/v2' || path === '/v2/') return { kind: 'base' }
  if (path === '/v2/_catalog') return fault(401, 'DENIED', 'the catalog is not served; search on the website')
  // Uploads may end in a slash; names begin after /v2/.
  const match =
    /^\/v2\/(.+?)\/(?:(manifests)\/([^/]+)|(blobs)\/uploads(?:\/([^/]*))?|(blobs)\/([^/]+)|(tags)\/list|(referrers)\/([^/]+))$/.exec(
      path,
    )
  if (!match) return fault(404, 'UNSUPPORTED', 'the registry has no such address')
  const name = match[1] ?? ''
  const known = pathOf(name)
  if ('fault' in known) return fault(400, 'NAME_INVALID', known.fault)
  const at = { name, path: known.path }
  if (match[2]) {
    const reference = match[3] ?? ''
    if (!TAG.test(reference) && !DIGEST.test(reference))
      return fault(400, 'TAG_INVALID', 'a tag has up to 128 letters, digits, dots, underscores and hyphens')
    return { kind: 'manifest', ...at, reference }
  }
  if (match[4]) {
    const id = match[5] ?? ''
    if (id === '') return { kind: 'uploads', ...at }
    return UPLOAD.test(id) ? { kind: 'upload', ...at, id } : fault(404, 'BLOB_UPLOAD_UNKNOWN', 'no such upload')
  }
  if (match[8]) return { kind: 'tags', ...at }
  const digest = match[7] ?? match[10] ?? ''
  if (!DIGEST.test(digest)) return fault(400, 'DIGEST_INVALID', 'a digest looks like sha256:… with 64 hex digits')
  return { kind: match[6] ? 'blob' : 'referrers', ...at, digest }
}

/** The path of a request under a repository's present name, with its query. */
export const targetFor = (target: string, asked: Exclude<Asked, { kind: 'base' }>, path: string): string =>
  asked.name === path ? target : `/v2/${path}${target.slice('/v2/'.length + asked.name.length)}`
