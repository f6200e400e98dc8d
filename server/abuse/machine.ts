/**
 * What follows from a proven stop. Pure: history in, consequence out. A strike counts once an epoch; the next one on an app
 * needs an epoch that began after the notice of the last was sent; replicas of one deploy count once over the account; a
 * container that its owner starts while it is being deleted brings none.
 */

export const STRIKES_TO_DELETE = 5
export const STRIKE_DAYS = 180
/** Who comes back under another account goes on from here. */
export const RETURNING_STARTS_AT = 3
export const DELETIONS_TO_SUSPEND = 2
export const SUSPEND = { strikes: 5, apps: 3, days: 30 } as const
/** Containers of one image that start this close together are one deploy's replicas. */
export const DEPLOY_WINDOW_MS = 60_000
const DAY_MS = 86_400_000

/** One life of a container, and what tells replicas apart. */
export type Life = { hostId: number; epoch: number; app: string; image: string; name: string; startedAt: Date }

/** A strike that stands. `carried` is what it stands for besides itself. */
export type StandingStrike = Life & { at: Date; toldAt: Date; carried: number }

/** All that is known of an owner. */
export type History = {
  /** Neither erased nor expired, over all apps. */
  strikes: readonly StandingStrike[]
  /** When its apps were deleted, but for those given back, in the time that strikes last. */
  deletions: readonly Date[]
  /** Whether it is somebody who was struck under another name. */
  returning: boolean
}

export type NoStrike = 'epoch_counted' | 'before_notice' | 'same_deploy' | 'being_deleted'
export type Consequence = {
  /** Its number on the app, or why there is none. */
  strike: { number: number; carried: number } | NoStrike
  deleteApp: boolean
  /** Why the account is suspended; null where it is not. */
  suspend: 'deletions' | 'strikes' | null
}

const sameDeploy = (strike: StandingStrike, life: Life): boolean =>
  strike.image === life.image &&
  (strike.name !== life.name || strike.hostId !== life.hostId) &&
  Math.abs(strike.startedAt.getTime() - life.startedAt.getTime()) <= DEPLOY_WINDOW_MS

/** How many strikes count on an app. */
export const countOn = (strikes: readonly StandingStrike[], app: string): number =>
  strikes.reduce((sum, strike) => (strike.app === app ? sum + 1 + strike.carried : sum), 0)

/** Why a suspension is due by what stands; null where none is. */
export const suspension = (
  strikes: readonly Pick<StandingStrike, 'at' | 'app'>[],
  deletions: number,
  now: Date,
): Consequence['suspend'] => {
  if (deletions >= DELETIONS_TO_SUSPEND) return 'deletions'
  const recent = strikes.filter(({ at }) => now.getTime() - at.getTime() <= SUSPEND.days * DAY_MS)
  const apps = new Set(recent.map(({ app }) => app))
  return recent.length >= SUSPEND.strikes && apps.size >= SUSPEND.apps ? 'strikes' : null
}

/** `counted`: the epoch brought a strike before, also one that was erased. `deleted`: its container is being deleted. */
export type Known = { counted: boolean; deleted: boolean }

/** What a stop that was proven brings. */
export const consequence = (history: History, life: Life, { counted, deleted }: Known, now: Date): Consequence => {
  const none = (why: NoStrike): Consequence => ({ strike: why, deleteApp: false, suspend: null })
  if (counted) return none('epoch_counted')
  if (deleted) return none('being_deleted')
  const { strikes, deletions, returning } = history
  if (strikes.some((strike) => strike.app === life.app && strike.toldAt >= life.startedAt)) return none('before_notice')
  if (strikes.some((strike) => sameDeploy(strike, life))) return none('same_deploy')
  const before = countOn(strikes, life.app)
  const carried = strikes.length === 0 && returning ? RETURNING_STARTS_AT - 1 : 0
  const number = before + carried + 1
  const deleteApp = number >= STRIKES_TO_DELETE
  const suspend = suspension([...strikes, { at: now, app: life.app }], deletions.length + (deleteApp ? 1 : 0), now)
  return { strike: { number, carried }, deleteApp, suspend }
}

/** What comes next for an app, in words for its owner. */
export const nextStep = (count: number, deletions: number): string => {
  const left = STRIKES_TO_DELETE - count
  if (left > 1) return `After ${left} more strikes the app is deleted; its volumes are then kept for 7 days.`
  if (left === 1) return 'With the next strike the app is deleted; its volumes are then kept for 7 days.'
  return deletions + 1 >= DELETIONS_TO_SUSPEND
    ? 'With the next strike the account is suspended.'
    : 'If another app is deleted, the account is suspended.'
}
