import { z } from 'zod'

/** Events that webhooks can ask for, with what each says happened. */
export const EVENTS = {
  'invoice.finalized': 'An invoice has its number and will not change.',
  'invoice.paid': 'Nothing is open of an invoice any more.',
  'usage.threshold': 'Spending reached a share of the budget, or the cap.',
  'repository.push': 'A tag of a repository was pushed.',
  'repository.delete': 'A tag or a manifest of a repository was deleted, or the repository itself.',
  'repository.quota': 'A limit of the plan was met in the registry: private repositories, storage or pulls.',
  'subscription.updated': 'The plan began, changed, paused, went on or ended.',
} as const
export type EventType = keyof typeof EVENTS
export const EVENT_TYPES = Object.keys(EVENTS) as [EventType, ...EventType[]]
export const eventType = z.enum(EVENT_TYPES)
/** Sent by hand to see whether an endpoint answers; nobody has to ask for it. */
export const TEST_EVENT = 'webhook.test'
