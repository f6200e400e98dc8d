import { DAY_MS } from '../time.ts'

/** What is done about an invoice that is not paid, in this order, and how many days after it was due. */
export const DUNNING = [
  { step: 'past_due', afterDays: 0 },
  { step: 'reminded', afterDays: 3 },
  { step: 'final_notice', afterDays: 7 },
  { step: 'grace', afterDays: 11 },
  { step: 'suspended', afterDays: 14 },
] as const
export type DunningStep = (typeof DUNNING)[number]['step']

/** A step that was taken. After a chargeback they begin anew, and their names carry the round: `reminded:1`. */
export type Taken = { step: string; at: Date }
/** Written when an invoice is open again, with the round: `reopened:1`. */
export const REOPENED = 'reopened'

/** Written when an admin lifts what stands for an invoice that was written off. */
export const RELEASED = 'released'

/** The round that an invoice is in, by how often it was reopened. */
export const roundOf = (taken: readonly Taken[]): number =>
  taken.filter(({ step }) => step.startsWith(`${REOPENED}:`)).length

/** A step as it is written in a round. */
export const stepName = (step: string, round: number): string => (round === 0 ? step : `${step}:${round}`)

/**
 * The next step and when it is time for it; null after the last. Between two steps there are at least as many days as the
 * schedule has, however late the first was taken, so that nobody is suspended without having been told before. `resumedAt`:
 * when the last question about the invoice was answered; days count from there again.
 */
export const nextStep = (
  dueAt: Date,
  taken: readonly Taken[],
  resumedAt: Date | null = null,
): { step: DunningStep; name: string; at: Date } | null => {
  const round = roundOf(taken)
  const resumed = resumedAt?.getTime() ?? 0
  let earliest = Math.max(dueAt.getTime(), resumed)
  let daysBefore = 0
  for (const { step, afterDays } of DUNNING) {
    const name = stepName(step, round)
    const before = taken.find((one) => one.step === name)
    if (!before) {
      const at = Math.max(dueAt.getTime() + afterDays * DAY_MS, earliest + (afterDays - daysBefore) * DAY_MS)
      return { step, name, at: new Date(at) }
    }
    earliest = Math.max(before.at.getTime(), resumed)
    daysBefore = afterDays
  }
  return null
}

/** When an account is suspended for an invoice if the steps go on as they are due. */
export const suspensionAt = (dueAt: Date, taken: readonly Taken[], resumedAt: Date | null = null): Date => {
  const next = nextStep(dueAt, taken, resumedAt)
  const last = DUNNING.at(-1)!.afterDays
  if (!next) return dueAt
  const { afterDays } = DUNNING.find(({ step }) => step === next.step)!
  return new Date(next.at.getTime() + (last - afterDays) * DAY_MS)
}
