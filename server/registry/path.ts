/** The account of official images: `alpine` is short for `library/alpine`. */
export const OFFICIAL = 'library'

/** One component of a repository's name: https://distribution.github.io/distribution/spec/api/#overview */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const LONGEST = 80

/** Names that are parts of the registry's own addresses. */
const RESERVED = new Set(['manifests', 'blobs', 'tags', 'uploads', 'referrers', '_catalog'])

export type RepositoryPath = { account: string; name: string; path: string }

/** Why `name` cannot be a repository's name within its account, as a sentence; undefined where it can. */
export const repositoryNameFault = (name: string): string | undefined => {
  if (name.length < 2 || name.length > LONGEST) return `a repository's name has 2 to ${LONGEST} characters`
  if (!COMPONENT.test(name)) {
    return 'use lowercase letters and digits, with single dots, one or two underscores, or hyphens between them'
  }
  return RESERVED.has(name) ? `"${name}" is reserved; choose another name` : undefined
}

/** What a name in the registry means: `account/name`, or one component for an official image; else why it means nothing. */
export const pathOf = (text: string): RepositoryPath | { fault: string } => {
  const parts = text.length > 160 ? [] : text.split('/')
  const [account = '', name = ''] = parts.length === 1 ? [OFFICIAL, parts[0]] : parts
  if (parts.length < 1 || parts.length > 2 || !COMPONENT.test(account) || account.length > 64) {
    return { fault: 'a repository is named account/name, in lower case, with one slash' }
  }
  const fault = repositoryNameFault(name)
  return fault ? { fault } : { account, name, path: `${account}/${name}` }
}
