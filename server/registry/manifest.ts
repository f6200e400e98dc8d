/** What a manifest says (OCI image-spec v1.1 and Docker's schema 2, which agree on these). */
export type Reference = {
  digest: string
  role: 'child' | 'config' | 'layer' | 'subject'
  mediaType: string
  sizeBytes: number
  platform: string
}
export type Manifest = { mediaType: string; isIndex: boolean; references: Reference[] }

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/
const MOST_REFERENCES = 10_000

type Fields = Record<string, unknown>
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: unknown, most = 255): string => (typeof value === 'string' ? value.slice(0, most) : '')

/** `linux/arm64/v8` as Docker writes platforms; empty where it is not said. */
export const platformOf = (value: unknown): string => {
  if (!isObject(value)) return ''
  const parts = [value['os'], value['architecture'], value['variant']].map((part) => textOf(part, 40))
  const text = parts.filter(Boolean).join('/')
  return /^[\w./-]*$/.test(text) ? text : ''
}

/** Layers that are fetched from elsewhere (Windows' base layers) and never are in the registry. */
const isForeign = (mediaType: string) => /nondistributable|foreign/.test(mediaType)

const referenceOf = (value: unknown, role: Reference['role']): Reference | undefined => {
  if (!isObject(value)) return undefined
  const digest = textOf(value['digest'])
  const mediaType = textOf(value['mediaType'])
  const size = value['size']
  if (!DIGEST.test(digest) || (role === 'layer' && isForeign(mediaType))) return undefined
  const sizeBytes = typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : 0
  return { digest, role, mediaType, sizeBytes, platform: role === 'child' ? platformOf(value['platform']) : '' }
}

const listOf = (value: unknown) => (Array.isArray(value) ? value.slice(0, MOST_REFERENCES) : [])

/**
 * Reads a manifest's bytes. What is no JSON, or of a kind without references (Docker's schema 1), has none: the registry
 * took it, so it is kept with its size alone. Sizes are claims; what counts is the blob itself.
 */
export const readManifest = (body: Uint8Array, contentType = ''): Manifest => {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(body).toString())
  } catch {
    parsed = undefined
  }
  const fields = isObject(parsed) ? parsed : {}
  const isIndex = Array.isArray(fields['manifests'])
  // OCI manifests need not say what they are.
  const unsaid = `application/vnd.oci.image.${isIndex ? 'index' : 'manifest'}.v1+json`
  const mediaType = textOf(fields['mediaType']) || textOf(contentType.split(';')[0]?.trim()) || unsaid
  const all = isIndex
    ? listOf(fields['manifests']).map((one) => referenceOf(one, 'child'))
    : [referenceOf(fields['config'], 'config'), ...listOf(fields['layers']).map((one) => referenceOf(one, 'layer'))]
  all.push(referenceOf(fields['subject'], 'subject'))
  return { mediaType, isIndex, references: all.filter((one) => one !== undefined) }
}
