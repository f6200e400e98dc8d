import { majorText } from '../money.ts'
import type { BudgetStep, CapAction } from './spendJudge.ts'

/** An amount as sentences have it: `1,386.64 EUR`. */
export const moneyText = (amount: bigint, currency: string): string => {
  const [whole = '', rest] = majorText(amount, currency).split('.')
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${rest === undefined ? '' : `.${rest}`} ${currency}`
}

/** `21 Nov 2026, 14:00 UTC`. */
export const instantText = (at: Date): string => {
  const [day, time] = [at.toUTCString().slice(5, 16), at.toISOString().slice(11, 16)]
  return `${day.replace(/^0/, '')}, ${time} UTC`
}

/** How much of a core a container keeps while a cap throttles it. */
export const THROTTLED_TO_PERCENT = 10

const DATA_STAYS = 'Data is kept, and storage goes on to be counted.'
const AT_CAP: Record<CapAction, string> = {
  notify: 'At the cap you are told; nothing is stopped.',
  throttle: `At the cap each running container is held to ${THROTTLED_TO_PERCENT} % of a core, but for protected apps. ${DATA_STAYS}`,
  stop: `At the cap running containers are stopped, but for protected apps. ${DATA_STAYS}`,
}
const DONE: Record<CapAction, string> = {
  notify: 'Nothing is stopped, as you chose: spending goes on.',
  throttle: `Running containers are held to ${THROTTLED_TO_PERCENT} % of a core, but for protected apps. ${DATA_STAYS}`,
  stop: `Running containers are stopped, but for protected apps. ${DATA_STAYS}`,
}
const UNTIL = 'This ends with the billing period, when the cap is raised, or when you lift it on the spend page.'

type Told = { title: string; body: string }
type Amounts = { spent: bigint; currency: string; periodEnd: Date }

export const budgetWords = (step: BudgetStep, budget: bigint, { spent, currency, periodEnd }: Amounts): Told => ({
  title: step === 100 ? 'The budget is spent' : `${step} % of the budget is spent`,
  body: `${moneyText(spent, currency)} of ${moneyText(budget, currency)} before tax were spent; the billing period ends ${instantText(periodEnd)}. A budget only tells: nothing is stopped by it.`,
})

export const capNearWords = (cap: bigint, action: CapAction, { spent, currency }: Amounts): Told => ({
  title: 'Spending nears the cap',
  body: `${moneyText(spent, currency)} before tax were spent, and the cap is ${moneyText(cap, currency)}. ${AT_CAP[action]}`,
})

export const capWords = (cap: bigint, action: CapAction, { spent, currency, periodEnd }: Amounts): Told => ({
  title: action === 'notify' ? 'The spend cap is reached' : `The spend cap is reached: containers are ${PAST[action]}`,
  body: `${moneyText(spent, currency)} before tax were spent, and the cap is ${moneyText(cap, currency)}. ${DONE[action]}${action === 'notify' ? '' : ` ${UNTIL} The billing period ends ${instantText(periodEnd)}.`}`,
})
const PAST = { throttle: 'throttled', stop: 'stopped' } as const

export const liftWords = (why: string): Told => ({
  title: 'The spend cap no longer holds',
  body: `${why} Containers that the cap had stopped start again, and those that it had throttled get their processors back.`,
})
