export const CAP_ACTIONS = ['notify', 'throttle', 'stop'] as const
export type CapAction = (typeof CAP_ACTIONS)[number]
/** What an account set: amounts in minor units before tax, a billing period. */
export type SpendRules = { budgetMinor: bigint | null; capMinor: bigint | null; capAction: CapAction }
/** What was told and done in a period: a row of `spend_state`. */
export type SpendState = {
  toldPercent: number
  capCrossedAt: Date | null
  cappedAt: Date | null
  liftedAt: Date | null
}
export type SpendVerdict = {
  /** A share of the budget to tell of; only the greatest that was reached. */
  tell: BudgetStep | null
  /** The cap comes near: the customer hears what will happen at it. */
  warn: boolean
  /** The cap is reached for the first time. */
  cross: boolean
  /** Containers are kept throttled or stopped. */
  hold: boolean
  /** What was done is undone. */
  lift: boolean
}

export const BUDGET_STEPS = [100, 80, 50] as const
export type BudgetStep = (typeof BUDGET_STEPS)[number]
const WARN_PERCENT = 80n

const reached = (spent: bigint, percent: bigint, of: bigint) => spent * 100n >= of * percent

/** The greatest share of a budget that was reached; null before the first. */
export const budgetStep = (spent: bigint, budget: bigint): BudgetStep | null =>
  BUDGET_STEPS.find((step) => reached(spent, BigInt(step), budget)) ?? null

/**
 * What follows from what a period has cost so far. The database decides who carries it out: each of `tell`, `cross` and
 * `lift` is a conditional update. Lifted by hand, a cap leaves the rest of its period alone.
 */
export const judgeSpend = (spent: bigint, rules: SpendRules, state: SpendState): SpendVerdict => {
  const { budgetMinor, capMinor, capAction } = rules
  const step = budgetMinor === null ? null : budgetStep(spent, budgetMinor)
  const isOver = capMinor !== null && spent >= capMinor
  const acts = isOver && capAction !== 'notify' && state.liftedAt === null
  return {
    tell: step !== null && step > state.toldPercent ? step : null,
    warn: capMinor !== null && !isOver && reached(spent, WARN_PERCENT, capMinor),
    cross: isOver && state.capCrossedAt === null,
    hold: acts,
    lift: state.cappedAt !== null && state.liftedAt === null && !acts,
  }
}
