import type { Collector } from './collector.ts'
import { mailInvoice, mailCreditNote } from './mailInvoice.ts'

/** Collection by people: the invoice goes out by mail with its due date, and an admin records what came. */
export const manualCollector: Collector = {
  ensureCustomer: async () => {},
  afterDraft: async () => {},
  afterFinalize: mailInvoice,
  afterClose: async () => {},
  afterCreditNote: mailCreditNote,
}
