import { CATEGORIES, CLASSES, FAMILIES, FAMILY_CAPS, OPS, SIGNALS, SIGNAL_NAMES, type Rule } from '#agents/rules.ts'
import { expressionOf } from '#agents/score.ts'
import { z } from 'zod'

const MOST_EXPRESSION = 500
/** What proves by itself must not be made from what says little. */
const NEVER_PROOF = new Set<Rule['family']>(['cpu', 'name', 'hiding', 'restart', 'log', 'fork', 'fanout'])

const shape = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{2,63}$/, 'an id of 3 to 64 small letters, digits, dots and dashes'),
  category: z.enum(CATEGORIES),
  family: z.enum(FAMILIES),
  signal: z.enum(SIGNAL_NAMES),
  op: z.enum(OPS),
  value: z.union([z.number(), z.boolean(), z.string().min(1).max(MOST_EXPRESSION)]),
  for: z.number().int().min(0).max(86_400),
  weight: z.number().int().min(-100).max(100),
  class: z.enum(CLASSES),
  explain: z.string().trim().min(5).max(300),
})

/** One rule as an admin may write it: of its signal's type, an RE2 expression that compiles, and no proof of what proves nothing. */
export const ruleInput = shape.superRefine((rule, faults) => {
  const fault = (path: keyof Rule, message: string) => faults.addIssue({ code: 'custom', path: [path], message })
  const type = SIGNALS[rule.signal]
  if (rule.op === 'is' && typeof rule.value !== type) fault('value', `${rule.signal} is a ${type}`)
  if ((rule.op === 'at_least' || rule.op === 'at_most') && (type !== 'number' || typeof rule.value !== 'number')) {
    fault('op', `${rule.op} compares numbers`)
  }
  if ((rule.op === 'matches' || rule.op === 'in_list') && (type !== 'string' || typeof rule.value !== 'string')) {
    fault('op', `${rule.op} reads text`)
  }
  if (rule.op === 'matches' && typeof rule.value === 'string' && expressionOf(rule.value) === null) {
    fault('value', 'not an expression of RE2: it knows neither look-around nor back-references')
  }
  if (rule.class === 'proof' && NEVER_PROOF.has(rule.family)) {
    fault('class', `the family ${rule.family} proves nothing: make it behaviour or context`)
  }
  if (rule.weight > FAMILY_CAPS[rule.family]) {
    fault('weight', `the family ${rule.family} counts ${FAMILY_CAPS[rule.family]} at most`)
  }
})

/** A whole set of rules: ids are unique, and lists that rules name are there. */
export const rulesInput = (lists: readonly string[]) =>
  z
    .array(ruleInput)
    .min(1)
    .max(500)
    .superRefine((rules, faults) => {
      const seen = new Set<string>()
      for (const [index, rule] of rules.entries()) {
        if (seen.has(rule.id))
          faults.addIssue({ code: 'custom', path: [index, 'id'], message: `${rule.id} is there twice` })
        seen.add(rule.id)
        if (rule.op === 'in_list' && !lists.includes(String(rule.value))) {
          faults.addIssue({ code: 'custom', path: [index, 'value'], message: `there is no list ${String(rule.value)}` })
        }
      }
    })
