import type { Sql } from '#db/client.ts'
import type { Window } from '../time.ts'
import type { RatedLine } from './rated.ts'
import type { Totals } from './invoiceTotals.ts'

/** The next invoice by what is known now. */
export type Preview = { period: Window; currency: string; lines: RatedLine[]; totals: Totals }

/** What an account's next invoice would say if its period ended now; undefined without a live subscription. */
export const previewInvoice = async (_sql: Sql, _accountId: bigint, _now: Date): Promise<Preview | undefined> => {
  throw new Error('being built')
}
