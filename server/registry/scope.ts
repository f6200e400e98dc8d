import type { Grant } from './allow.ts'
import type { Action } from './permission.ts'

export type Access = { type: 'repository'; name: string; actions: Action[] }

const ACTIONS: readonly Action[] = ['pull', 'push', 'delete']
const MOST_SCOPES = 40
const LONGEST_NAME = 160

/**
 * The names and actions that `scope` parameters ask for, each name once. A name may hold `:`, so an entry is split at its
 * first and last colon (https://distribution.github.io/distribution/spec/auth/scope/). What is no repository (the
 * catalog) or no action is left out: less than was asked is no error.
 */
export const askedOf = (scopes: readonly string[]): Map<string, Set<Action>> => {
  const asked = new Map<string, Set<Action>>()
  for (const entry of scopes.flatMap((scope) => scope.split(' ')).slice(0, MOST_SCOPES)) {
    const first = entry.indexOf(':')
    const last = entry.lastIndexOf(':')
    const name = entry.slice(first + 1, last)
    if (first < 0 || last <= first + 1 || name.length > LONGEST_NAME) continue
    if (!/^repository(?:\([a-z0-9]+\))?$/.test(entry.slice(0, first))) continue
    const actions = asked.get(name) ?? new Set<Action>()
    const words = entry.slice(last + 1).split(',')
    for (const action of ACTIONS) if (words.includes(action) || words.includes('*')) actions.add(action)
    asked.set(name, actions)
  }
  return asked
}

/** The `access` claim: what was asked and is allowed, under each repository's present name. */
export const granted = (
  asked: ReadonlyMap<string, ReadonlySet<Action>>,
  allowed: ReadonlyMap<string, Grant>,
): Access[] => {
  const access = new Map<string, Access>()
  for (const [name, actions] of asked) {
    const grant = allowed.get(name)
    const both = grant?.actions.filter((action) => actions.has(action)) ?? []
    if (!grant || both.length === 0) continue
    const before = access.get(grant.path)?.actions ?? []
    const union = ACTIONS.filter((action) => both.includes(action) || before.includes(action))
    access.set(grant.path, { type: 'repository', name: grant.path, actions: union })
  }
  return [...access.values()]
}

/**
 * Why a request for a token is refused rather than answered with less: a push that is not allowed where the reason may
 * be told, or pulls that are used up. A source that cannot be mounted from is no reason.
 */
export const refusalOf = (
  asked: ReadonlyMap<string, ReadonlySet<Action>>,
  allowed: ReadonlyMap<string, Grant>,
): { code: 'DENIED' | 'TOOMANYREQUESTS'; message: string } | undefined => {
  for (const [name, actions] of asked) {
    const grant = allowed.get(name)
    const lacks = [...actions].some((action) => !grant?.actions.includes(action))
    if (!grant?.reason || !lacks) continue
    if (grant.isLimited && actions.has('pull')) return { code: 'TOOMANYREQUESTS', message: grant.reason }
    if (actions.has('push') || asked.size === 1) return { code: 'DENIED', message: grant.reason }
  }
  return undefined
}
