import type { AbuseFinding, Executable } from '#agents/rules.ts'
import type { Mark } from './links.ts'

type Seen = Pick<AbuseFinding['abuse'], 'image' | 'imageId' | 'executables' | 'wallets'>

/** Where anybody can publish images and pull them. Some there are private: taken for public, they link nobody. */
const PUBLIC_REGISTRIES = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'ghcr.io',
  'quay.io',
  'gcr.io',
  'k8s.gcr.io',
  'registry.k8s.io',
  'mcr.microsoft.com',
  'public.ecr.aws',
  'registry.gitlab.com',
  'lscr.io',
])

/** The registry that an image's name says, Docker Hub where it says none. */
const registryOf = (image: string): string => {
  const [first = '', ...rest] = image.split('/')
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io'
}

/** Whether an image is of the official library or another public collection. */
export const isPublicImage = (image: string): boolean => PUBLIC_REGISTRIES.has(registryOf(image))

/** Whether an image is one that only its owner would have: of the owner's own repositories. */
export const isPrivateImage = (image: string, owner: string): boolean =>
  !isPublicImage(image) && image.includes(`/${owner}/`)

/** Where a container puts what its image did not bring. */
const WRITTEN = /^(?:\/(?:tmp|var\/tmp|dev|run|proc|mnt|media|home|root|data)\/|\/memfd:)| \(deleted\)$/
const SYSTEM = /^\/(?:usr\/(?!src)|bin\/|sbin\/|lib|opt\/java)/
/** Interpreters and their like come with every other image: what they run is somebody's, they are not. */
const RUNTIME =
  /^(?:node(?:js)?|deno|bun|python[\d.]*|pypy[\d.]*|perl[\d.]*|ruby[\d.]*|php(?:-fpm)?[\d.]*|java|dotnet|mono(?:-sgen)?|lua(?:jit)?[\d.]*|(?:ba|da|z|a)?sh|busybox|R|julia|beam\.smp|qemu-[\w-]+)$/

/** Whether a program is everybody's, so that it links nobody: it came with a public image, or runs what others wrote. */
export const isPublicProgram = (image: string, { path, deleted, memfd }: Executable): boolean => {
  if (deleted || memfd || WRITTEN.test(path)) return false
  const name = path.slice(path.lastIndexOf('/') + 1)
  return isPublicImage(image) || (SYSTEM.test(path) && RUNTIME.test(name))
}

const digests = (executables: readonly Executable[]): Mark[] =>
  executables.flatMap(({ sha256 }) => (sha256 ? [{ kind: 'executable', value: sha256 }] : []))

/** What ties an owner to others by what was found. */
export const marksOf = (seen: Seen, owner: string): Mark[] => [
  ...seen.wallets.map((value): Mark => ({ kind: 'wallet', value })),
  ...digests(seen.executables.filter((one) => !isPublicProgram(seen.image, one))),
  ...(seen.imageId && isPrivateImage(seen.image, owner) ? [{ kind: 'image' as const, value: seen.imageId }] : []),
]

/** What a finding shows to be everybody's, whoever runs it elsewhere and under what name. */
export const publicMarksOf = (seen: Seen): Mark[] => [
  ...digests(seen.executables.filter((one) => isPublicProgram(seen.image, one))),
  ...(seen.imageId && isPublicImage(seen.image) ? [{ kind: 'image' as const, value: seen.imageId }] : []),
]
