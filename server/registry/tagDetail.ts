import type { ReferenceRow, TagRow } from './sql.ts'

export type Layer = { digest: string; sizeBytes: bigint; mediaType: string }
/** One platform's image under a tag: what a pull on that platform moves, layer by layer. */
export type PlatformImage = { platform: string; digest: string; sizeBytes: bigint; layers: Layer[] }

/**
 * A tag's images, one a platform. `sharedBytes` are of layers that more than one of them has. Attestations (BuildKit's
 * children of the platform `unknown/unknown`) are told apart from images.
 */
export const imagesOf = (
  tag: Pick<TagRow, 'digest' | 'platforms'>,
  references: readonly ReferenceRow[],
): { images: PlatformImage[]; attestations: number; sharedBytes: bigint } => {
  const children = references.filter(({ manifest, role }) => manifest === tag.digest && role === 'child')
  const imageOf = (digest: string, platform: string): PlatformImage => {
    const own = references.filter(
      ({ manifest, role }) => manifest === digest && (role === 'layer' || role === 'config'),
    )
    const layers = own.filter(({ role }) => role === 'layer')
    return {
      platform: platform || 'unknown',
      digest,
      sizeBytes: own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0n),
      layers: layers.map(({ digest, sizeBytes, mediaType }) => ({ digest, sizeBytes, mediaType })),
    }
  }
  if (children.length === 0) {
    return { images: [imageOf(tag.digest, tag.platforms[0] ?? '')], attestations: 0, sharedBytes: 0n }
  }
  const real = children.filter(({ platform }) => !platform.startsWith('unknown'))
  const images = real.map(({ digest, platform }) => imageOf(digest, platform))
  const times = new Map<string, { count: number; sizeBytes: bigint }>()
  for (const { layers } of images) {
    for (const { digest, sizeBytes } of new Map(layers.map((layer) => [layer.digest, layer])).values()) {
      times.set(digest, { count: (times.get(digest)?.count ?? 0) + 1, sizeBytes })
    }
  }
  const sharedBytes = [...times.values()].reduce((sum, { count, sizeBytes }) => sum + (count > 1 ? sizeBytes : 0n), 0n)
  return { images, attestations: children.length - real.length, sharedBytes }
}
