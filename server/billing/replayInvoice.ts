import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { composeInvoice, type Composed } from './composeInvoice.ts'
import { inputBody, invoiceOf, type ProvenInvoice } from './evidenceSql.ts'
import { contentDigest, invoiceDigest } from './invoiceDigest.ts'
import { packInputs, unpackInputs, type InvoiceInputs } from './invoiceInputs.ts'

export type Replayed = {
  invoice: ProvenInvoice & { number: string }
  inputs: InvoiceInputs
  composed: Composed
  /** What it comes to now, and what it was given when it was finalized. */
  digest: string
  given: string
  /** Whether both are the same, and packing the inputs again gives the stored bytes' content. */
  isSame: boolean
}

/** Computes an invoice from stored inputs: the same bytes each time. Pure. */
export const replay = (body: Uint8Array, number: string) => {
  const inputs = unpackInputs(body)
  const composed = composeInvoice(inputs)
  return {
    inputs,
    composed,
    digest: invoiceDigest(contentDigest(inputs, composed), number),
    packed: packInputs(inputs),
  }
}

/** Computes a finalized invoice anew from what was stored with it. @throws NOT_FOUND */
export const replayInvoice = async (
  sql: Sql,
  accountId: bigint,
  by: { number: string } | { id: bigint },
): Promise<Replayed> => {
  const invoice = await invoiceOf(sql, accountId, by)
  const body = invoice && (await inputBody(sql, accountId, invoice.id))
  if (!invoice?.number || !body || invoice.state === 'draft')
    throw new DomainError('NOT_FOUND', 'no finalized invoice of that number')
  const { number } = invoice
  const { inputs, composed, digest, packed } = replay(body, number)
  const given = invoice.digest ?? ''
  const isSame = digest === given && Buffer.compare(packed, body) === 0
  return { invoice: { ...invoice, number }, inputs, composed, digest, given, isSame }
}
