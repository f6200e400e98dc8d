import type { Caller } from '#server/router.ts'
import type { Status } from '../../../../ui/status.tsx'

export type LifeRow = Awaited<ReturnType<Caller['billing']['revenue']['life']>>['rows'][number]

/** Kinds of what happened, in words. */
export const KINDS = {
  plan: 'Plan',
  invoice: 'Invoices',
  payment: 'Payments',
  credit_note: 'Credit notes',
  credit: 'Credit',
  adjustment: 'Adjustments',
  dunning: 'Collection',
  audit: 'Acts',
} as const satisfies Record<LifeRow['kind'], string>

const SAID: Record<string, { word: string; status: Status }> = {
  'plan:trialing': { word: 'Trial', status: 'maintenance' },
  'plan:active': { word: 'Plan', status: 'operational' },
  'plan:paused': { word: 'Paused', status: 'degraded' },
  'plan:ended': { word: 'Plan ended', status: 'unknown' },
  'invoice:finalized': { word: 'Invoice', status: 'maintenance' },
  'invoice:void': { word: 'Voided', status: 'unknown' },
  'invoice:uncollectible': { word: 'Written off', status: 'major' },
  'invoice:paid': { word: 'Paid', status: 'operational' },
  'payment:payment': { word: 'Payment', status: 'operational' },
  'payment:refund': { word: 'Refund', status: 'degraded' },
  'payment:chargeback': { word: 'Chargeback', status: 'major' },
  'credit:promotional': { word: 'Credit given', status: 'maintenance' },
  'credit:prepaid': { word: 'Prepaid', status: 'maintenance' },
  'credit:expired': { word: 'Credit ended', status: 'unknown' },
  'adjustment:proposed': { word: 'Proposed', status: 'degraded' },
  'adjustment:approved': { word: 'Adjustment', status: 'maintenance' },
  'adjustment:applied': { word: 'Adjustment', status: 'operational' },
  'adjustment:rejected': { word: 'Rejected', status: 'unknown' },
  'dunning:past_due': { word: 'Past due', status: 'degraded' },
  'dunning:reminded': { word: 'Reminded', status: 'degraded' },
  'dunning:final_notice': { word: 'Final notice', status: 'major' },
  'dunning:grace': { word: 'Last days', status: 'major' },
  'dunning:suspended': { word: 'Suspended', status: 'major' },
  'dunning:restored': { word: 'Restored', status: 'operational' },
  'dunning:reopened': { word: 'Open again', status: 'degraded' },
  'dunning:failed': { word: 'Payment failed', status: 'major' },
}

/** What happened, as a word with its status. */
export const saidOf = ({ kind, what }: LifeRow): { word: string; status: Status } =>
  SAID[`${kind}:${what}`] ??
  (kind === 'credit_note'
    ? { word: 'Credit note', status: 'degraded' }
    : { word: kind === 'audit' ? 'Act' : what, status: 'unknown' })
