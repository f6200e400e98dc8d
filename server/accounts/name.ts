/** Names that are addresses of the product itself, so no account can have them. */
const RESERVED = new Set([
  ...['ops', 'status', 'v1', 'v2', 'api', 'trpc', 'help', 'settings'],
  ...['sign-in', 'sign-out', 'sign-up', 'first-run', 'reset', 'invite', 'ack', 'healthz', 'readyz', 'metrics', 'wharf'],
  ...['_next', 'assets', 'static', 'public', 'favicon.ico', 'robots.txt', 'agent', 'install', 'docs', 'admin', 'me'],
  ...['operators', 'unattributed', 'users'],
  // The registry's own: pages, and what official images are named under.
  ...['explore', 'library', 'registry', 'official', 'uploads', '_catalog'],
])

/** A path component of a Docker repository name: https://distribution.github.io/distribution/spec/api/#overview */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
export const NAME_MIN = 2
export const NAME_MAX = 64

/** Why `name` cannot be an account's name, as a sentence that says what to do; undefined where it can. */
export const nameFault = (name: string): string | undefined => {
  if (name.length < NAME_MIN || name.length > NAME_MAX) return `a name has ${NAME_MIN} to ${NAME_MAX} characters`
  if (!COMPONENT.test(name)) {
    return 'use lowercase letters and digits, with single dots, one or two underscores, or hyphens between them'
  }
  return RESERVED.has(name) ? `"${name}" is reserved; choose another name` : undefined
}

/** A valid name made from what a person is called or where their mail goes. */
export const nameFrom = (text: string): string => {
  const base = text
    .split('@', 1)
    .join('')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '')
  if (nameFault(base) === undefined) return base
  const longer = `u-${base || 'user'}`
  return nameFault(longer) === undefined ? longer : 'u-user'
}

/** The `n`th choice where earlier ones are taken: itself, then with `-2`, `-3` and so on. */
export const nthName = (name: string, n: number): string =>
  n <= 1 ? name : `${name.slice(0, NAME_MAX - 12)}-${n}`.replace(/[-._]+-(\d+)$/, '-$1')
