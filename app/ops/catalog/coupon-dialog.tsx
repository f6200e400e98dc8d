'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'

const FIELDS = new Set([
  'code',
  'name',
  'percent',
  'amount',
  'amountMinor',
  'currency',
  'months',
  'mostRedemptions',
  'expiresAt',
])
const BLANK = {
  code: '',
  name: '',
  kind: 'percent' as 'percent' | 'amount',
  value: '',
  currency: 'EUR',
  duration: 'once' as 'once' | 'months' | 'forever',
  months: '3',
  most: '',
  until: '',
}

/** Makes a coupon. */
export function CouponDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const router = useRouter()
  const create = useMutation(useTRPC().billing.catalog.createCoupon.mutationOptions())
  const [given, setGiven] = useState(BLANK)
  const [fault, setFault] = useState<{ path: string | undefined; message: string }>()
  const wrong = (...paths: string[]) => (fault?.path && paths.includes(fault.path) ? fault.message : undefined)
  const set =
    (name: keyof typeof BLANK) => (event: React.ChangeEvent<HTMLInputElement> | React.ChangeEvent<HTMLSelectElement>) =>
      setGiven({ ...given, [name]: event.target.value })
  const submit = async () => {
    const isPercent = given.kind === 'percent'
    try {
      await create.mutateAsync({
        code: given.code,
        name: given.name,
        percent: isPercent ? given.value.trim() : null,
        amount: isPercent ? null : given.value.trim(),
        currency: isPercent ? null : given.currency,
        duration: given.duration,
        months: given.duration === 'months' ? Number(given.months) : null,
        mostRedemptions: given.most.trim() ? Number(given.most) : null,
        expiresAt: given.until ? `${given.until}T00:00:00.000Z` : null,
      })
      toast('The coupon is made.')
      setGiven(BLANK)
      setFault(undefined)
      onOpenChange(false)
      router.refresh()
    } catch (error) {
      setFault({ path: pathOf(error), message: messageOf(error) })
    }
  }
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="New coupon"
      text="Each account can use a code once."
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={create.isPending} onClick={() => void submit()}>
            Make the coupon
          </Button>
        </>
      }
    >
      <div className="stack">
        <div className="grid grid-cols-2 items-start gap-3">
          <TextField label="Code" value={given.code} error={wrong('code')} onChange={set('code')} />
          <TextField label="Name" value={given.name} error={wrong('name')} onChange={set('name')} />
          <SelectField
            label="Takes off"
            value={given.kind}
            options={[
              { value: 'percent', label: 'a percentage' },
              { value: 'amount', label: 'an amount' },
            ]}
            onChange={set('kind')}
          />
          <TextField
            label={given.kind === 'percent' ? 'Percent' : `Amount, ${given.currency || 'currency'}`}
            inputMode="decimal"
            value={given.value}
            error={wrong('percent', 'amount', 'amountMinor')}
            onChange={set('value')}
          />
          {given.kind === 'amount' && (
            <TextField label="Currency" value={given.currency} error={wrong('currency')} onChange={set('currency')} />
          )}
          <SelectField
            label="For"
            value={given.duration}
            options={[
              { value: 'once', label: 'one invoice' },
              { value: 'months', label: 'some months' },
              { value: 'forever', label: 'ever' },
            ]}
            onChange={set('duration')}
          />
          {given.duration === 'months' && (
            <TextField
              label="Months"
              inputMode="numeric"
              value={given.months}
              error={wrong('months')}
              onChange={set('months')}
            />
          )}
          <TextField
            label="At most, accounts"
            help="Empty is without limit."
            inputMode="numeric"
            value={given.most}
            error={wrong('mostRedemptions')}
            onChange={set('most')}
          />
          <TextField
            label="Can be used until"
            help="00:00 UTC; empty is without end."
            type="date"
            value={given.until}
            error={wrong('expiresAt')}
            onChange={set('until')}
          />
        </div>
        {fault && !FIELDS.has(fault.path ?? '') && <FieldError>{fault.message}</FieldError>}
      </div>
    </Dialog>
  )
}
