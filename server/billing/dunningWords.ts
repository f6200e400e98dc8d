import type { NewNotice } from '../notices/notify.ts'
import type { DunningStep } from './dunning.ts'

const day = (at: Date) => `${at.toISOString().slice(0, 10)} (UTC)`

/** What an account is told at a step: `open` with its currency, `suspendAt` as it stands now. */
export const dunningWords = (
  step: DunningStep,
  invoice: { number: string; open: string; dueAt: Date; byCard: boolean },
  suspendAt: Date,
): Pick<NewNotice, 'severity' | 'title' | 'body'> => {
  const { number, open, dueAt } = invoice
  const how = invoice.byCard
    ? 'Update the card under Billing, and it is charged again.'
    : `Please pay it with the reference ${number}.`
  switch (step) {
    case 'past_due':
      return {
        severity: 'warning',
        title: `Invoice ${number} is past due`,
        body: `${open} was due on ${day(dueAt)}. ${how} If you have paid already, this crossed your payment.`,
      }
    case 'reminded':
      return {
        severity: 'warning',
        title: `Reminder: invoice ${number} is open`,
        body: `${open} was due on ${day(dueAt)}. ${how}`,
      }
    case 'final_notice':
      return {
        severity: 'warning',
        title: `Last notice: invoice ${number} is open`,
        body: `${open} was due on ${day(dueAt)}. If it is not paid by ${day(suspendAt)}, containers are stopped and the registry can only be read. Data stays. ${how}`,
      }
    case 'grace':
      return {
        severity: 'critical',
        title: `Containers stop on ${day(suspendAt)}`,
        body: `Invoice ${number} over ${open} is still open. Paid before then, nothing happens; paid later, everything starts again at once. ${how}`,
      }
    case 'suspended':
      return {
        severity: 'critical',
        title: `Suspended for invoice ${number}`,
        body: `${open} was due on ${day(dueAt)}. Containers are stopped; data, usage and bills can be read. ${how} Then they start again at once.`,
      }
  }
}
