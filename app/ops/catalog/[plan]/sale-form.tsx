'use client'

import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { SelectField, TextField } from '../../../ui/field.tsx'

/** Goes to a currency and interval that the plan is not sold in yet. */
export function SaleForm({ plan }: { plan: string }) {
  const router = useRouter()
  const [isOpen, setOpen] = useState(false)
  const [currency, setCurrency] = useState('')
  const [interval, setEvery] = useState('month')
  const isCode = /^[A-Za-z]{3}$/.test(currency.trim())
  const go = () => {
    setOpen(false)
    router.push(`/ops/catalog/${plan}?currency=${currency.trim().toUpperCase()}&interval=${interval}`)
  }
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Another currency
      </Button>
      <Dialog
        open={isOpen}
        onOpenChange={setOpen}
        title="Sell in another currency or interval"
        text="Its first version is drafted next."
        foot={
          <>
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button variant="primary" disabled={!isCode} onClick={go}>
              Draft it
            </Button>
          </>
        }
      >
        <div className="stack">
          <TextField
            label="Currency"
            help="A code of ISO 4217, such as GBP or JPY."
            maxLength={3}
            value={currency}
            onChange={(event) => setCurrency(event.target.value)}
          />
          <SelectField
            label="Paid"
            value={interval}
            options={[
              { value: 'month', label: 'by the month' },
              { value: 'year', label: 'by the year' },
            ]}
            onChange={(event) => setEvery(event.target.value)}
          />
        </div>
      </Dialog>
    </>
  )
}
