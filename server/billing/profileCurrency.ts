import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'

/** The currency of an invoice, or the one an account is billed in. @throws NOT_FOUND */
export const profileCurrency = async (
  sql: Sql,
  accountId: bigint,
  invoiceId?: bigint,
): Promise<{ currency: string }> => {
  const [row] =
    invoiceId === undefined
      ? await sql<{ currency: string }[]>`select currency from billing_profile where account_id = ${accountId}`
      : await sql<
          { currency: string }[]
        >`select currency from invoice where account_id = ${accountId} and id = ${invoiceId}`
  if (row) return row
  const message = invoiceId === undefined ? 'this account is on no plan yet' : `no invoice ${invoiceId} of this account`
  throw new DomainError('NOT_FOUND', message)
}
