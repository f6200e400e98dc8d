import type { Visibility } from './permission.ts'

const MIB = 1_048_576n
const GIB = 1_024n * MIB

/** What a plan lets an account have in the registry; null is without limit, a key that is not granted is 0. */
export type Limits = { privateRepositories: bigint | null; storageMib: bigint | null; pullsADay: bigint | null }
/** What it has: private repositories, distinct bytes over all of them, pulls since midnight UTC. */
export type Held = { privateRepositories: bigint; storageBytes: bigint; pullsToday: bigint }

/** Limits as entitlement rows say them. */
export const limitsOf = (rows: readonly { key: string; value: bigint | null }[]): Limits => {
  const value = (key: string) => {
    const row = rows.find((row) => row.key === key)
    return row ? row.value : 0n
  }
  return {
    privateRepositories: value('private_repositories'),
    storageMib: value('storage_mib'),
    pullsADay: value('pulls_a_day'),
  }
}

/** Bytes as a limit says them: `2 GiB`, `512 MiB`. */
export const sizeText = (bytes: bigint): string =>
  bytes >= GIB ? `${Number((bytes * 10n) / GIB) / 10} GiB` : `${bytes / MIB} MiB`

/** Whether storage is used up: nothing more may be pushed to any of the account's repositories. */
export const isFull = (limits: Limits, held: Held): boolean =>
  limits.storageMib !== null && held.storageBytes >= limits.storageMib * MIB

/** Whether the day's pulls are used up: only the account's own people and robots may still pull. */
export const isPulledOut = (limits: Limits, held: Held): boolean =>
  limits.pullsADay !== null && held.pullsToday >= limits.pullsADay

/**
 * Whether a repository is over the limit of private ones. `rank` counts an account's private repositories from 1, oldest
 * first: what was made last is over first.
 */
export const isOver = (limits: Limits, visibility: Visibility, rank: bigint): boolean =>
  visibility === 'private' && limits.privateRepositories !== null && rank > limits.privateRepositories

/** Whether one more private repository fits. */
export const hasRoom = (limits: Limits, held: Held): boolean =>
  limits.privateRepositories === null || held.privateRepositories < limits.privateRepositories

/** What to tell who meets a limit: what it is, and what can be done. */
export const fullText = (account: string, limits: Limits, held: Held, planUrl: string): string =>
  `${account} uses ${sizeText(held.storageBytes)} of the ${sizeText((limits.storageMib ?? 0n) * MIB)} its plan stores. ` +
  `Delete tags or choose a larger plan: ${planUrl}`

export const pulledOutText = (account: string, limits: Limits): string =>
  `${account} has had the ${limits.pullsADay} pulls a day of its plan. Its own people can still pull; others from midnight UTC`

export const noRoomText = (account: string, limits: Limits, planUrl: string): string =>
  `${account} has the ${limits.privateRepositories} private ${
    limits.privateRepositories === 1n ? 'repository' : 'repositories'
  } of its plan. Make one public or choose a larger plan: ${planUrl}`

export const overText = (path: string, limits: Limits, planUrl: string): string =>
  `${path} is beyond the ${limits.privateRepositories} private ${
    limits.privateRepositories === 1n ? 'repository' : 'repositories'
  } of its account's plan, so it is read-only. Choose a larger plan: ${planUrl}`
