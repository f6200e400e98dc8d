import { StatusBadge, type Status } from '../../ui/status.tsx'

export type Standing = 'open' | 'past_due' | 'paid' | 'void' | 'uncollectible' | 'draft'

const SAID: Record<Standing, { status: Status; word: string }> = {
  draft: { status: 'maintenance', word: 'Draft' },
  open: { status: 'degraded', word: 'Open' },
  past_due: { status: 'major', word: 'Past due' },
  paid: { status: 'operational', word: 'Paid' },
  void: { status: 'unknown', word: 'Void' },
  uncollectible: { status: 'unknown', word: 'Written off' },
}

/** How an invoice stands, as glyph and word. */
export function InvoiceStanding({ of, as = 'small' }: { of: Standing; as?: 'chip' | 'small' }) {
  const { status, word } = SAID[of]
  return (
    <StatusBadge status={status} as={as}>
      {word}
    </StatusBadge>
  )
}
