import { z } from 'zod'
import { matcherSchema } from '../alerts/matchers.ts'

const id = z.string().regex(/^\d{1,18}$/, 'a number')

export const targetSchema = z.union([z.object({ schedule: id }), z.object({ user: z.string().min(1).max(64) })])
/** Whoever is on call by a schedule, or one person. */
export type Target = z.infer<typeof targetSchema>

export const stepSchema = z.object({
  /** After the step before it; of the first after the page began. */
  afterMinutes: z.number().int().min(0).max(1_440),
  targets: z.array(targetSchema).min(1, 'name somebody').max(20),
})
export type Step = z.infer<typeof stepSchema>

export const policySchema = z.object({
  name: z.string().trim().min(1, 'give it a name').max(60),
  steps: z.array(stepSchema).min(1, 'a policy has at least one step').max(10),
  repeatMinutes: z.number().int().min(1).max(1_440),
  matchers: z.array(matcherSchema).max(20),
  position: z.number().int().min(0).max(10_000),
})
export type PolicyFields = z.infer<typeof policySchema>

/** Which step a page is at that took `done` of them, and how long until the next: the last one repeats. */
export const nextStep = (
  steps: readonly Step[],
  repeatMinutes: number,
  done: number,
): { step: Step | undefined; waitMinutes: number } => ({
  step: steps[Math.min(done, steps.length - 1)],
  waitMinutes: steps[done + 1]?.afterMinutes ?? repeatMinutes,
})
