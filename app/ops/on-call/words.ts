import type { Matcher } from '../alerts/words.ts'

export type Person = { id: string; name: string; email: string }
export type Target = { schedule: string } | { user: string }
export type PolicyOption = {
  id: string
  name: string
  steps: { afterMinutes: number; targets: Target[] }[]
  repeatMinutes: number
  matchers: Matcher[]
  position: number
}

/** `whoever is on call by primary`, `Priya Raman`. */
export const targetWords = (
  target: Target,
  schedules: readonly { id: string; name: string }[],
  people: readonly Person[],
): string =>
  'schedule' in target
    ? `whoever is on call by ${schedules.find(({ id }) => id === target.schedule)?.name ?? 'a schedule that is gone'}`
    : (people.find(({ id }) => id === target.user)?.name ?? 'somebody who left')

/** A list whose items have no name of their own: each is its place in it. */
export const numbered = <T>(list: readonly T[]): { place: string; n: number; of: T }[] =>
  list.map((of, n) => ({ place: `${n + 1}`, n, of }))
