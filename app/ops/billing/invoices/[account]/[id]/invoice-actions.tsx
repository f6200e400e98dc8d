'use client'

import { useState } from 'react'
import { Button } from '../../../../../ui/button.tsx'
import { GrantDialog } from '../../../grant-dialog.tsx'
import { CloseDialog } from './close-dialog.tsx'
import { MoneyDialog } from './money-dialog.tsx'
import { NoteDialog } from './note-dialog.tsx'
import { RefundCreditDialog } from './refund-credit-dialog.tsx'

export type ActedOn = {
  account: string
  invoiceId: string
  number: string
  state: 'draft' | 'finalized' | 'paid' | 'void' | 'uncollectible'
  currency: string
  openMinor: string
  paidMinor: string
  /** Prepaid credit of the account that is left. */
  prepaid: readonly { grantId: string; leftMinor: string; currency: string; reason: string }[]
  lines: readonly { position: number; description: string; amountMinor: string }[]
}
type Asked =
  | 'payment'
  | 'refund'
  | 'chargeback'
  | 'note'
  | 'void'
  | 'writeOff'
  | 'release'
  | 'finalize'
  | 'grant'
  | 'refundCredit'

/** What can be done about an invoice; what cannot is not offered. */
export function InvoiceActions(of: ActedOn) {
  const [asked, setAsked] = useState<Asked>()
  const close = (open: boolean) => !open && setAsked(undefined)
  const isOpen = of.state === 'finalized' || of.state === 'uncollectible'
  const wasPaid = BigInt(of.paidMinor) > 0n
  const ask = (label: string, what: Asked, more: { primary?: boolean } = {}) => (
    <Button variant={more.primary ? 'primary' : undefined} onClick={() => setAsked(what)}>
      {label}
    </Button>
  )
  return (
    <>
      <div className="row" role="group" aria-label="Actions">
        {of.state === 'draft' && ask('Finalize now', 'finalize', { primary: true })}
        {isOpen && ask('Record a payment', 'payment', { primary: true })}
        {(of.state === 'finalized' || of.state === 'paid') && ask('Credit note', 'note')}
        {wasPaid && ask('Record a refund', 'refund')}
        {wasPaid && ask('Record a chargeback', 'chargeback')}
        {of.state === 'finalized' && ask('Write off', 'writeOff')}
        {of.state === 'uncollectible' && ask('Lift the hold', 'release')}
        {(of.state === 'finalized' || of.state === 'draft') && !wasPaid && ask('Void', 'void')}
        {ask('Grant credit', 'grant')}
        {of.prepaid.length > 0 && ask('Refund credit', 'refundCredit')}
      </div>
      {(asked === 'payment' || asked === 'refund' || asked === 'chargeback') && (
        <MoneyDialog key={asked} of={of} kind={asked} onOpenChange={close} />
      )}
      {asked === 'note' && <NoteDialog of={of} onOpenChange={close} />}
      {(asked === 'void' || asked === 'writeOff' || asked === 'release' || asked === 'finalize') && (
        <CloseDialog key={asked} of={of} kind={asked} onOpenChange={close} />
      )}
      {asked === 'refundCredit' && <RefundCreditDialog of={of} onOpenChange={close} />}
      {asked === 'grant' && <GrantDialog account={of.account} currency={of.currency} onOpenChange={close} />}
    </>
  )
}
