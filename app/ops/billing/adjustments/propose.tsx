'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, TextField } from '../../../ui/field.tsx'
import { toast } from '../../../ui/toast.tsx'

const today = () => new Date().toISOString().slice(0, 10)
const BLANK = { account: '', description: '', amount: '', from: '', to: '', reason: '' }

/** Proposes an adjustment by hand; deciding is a step of its own. */
export function ProposeAdjustment() {
  const router = useRouter()
  const propose = useMutation(useTRPC().billing.collection.adjustments.propose.mutationOptions())
  const [open, setOpen] = useState(false)
  const [key, setKey] = useState('')
  const [given, setGiven] = useState(BLANK)
  const [fault, setFault] = useState<{ path: string | undefined; message: string }>()
  const wrong = (...paths: string[]) => (fault?.path && paths.includes(fault.path) ? fault.message : undefined)
  const set = (name: keyof typeof BLANK) => (event: React.ChangeEvent<HTMLInputElement>) =>
    setGiven({ ...given, [name]: event.target.value })
  const begin = () => {
    setKey(crypto.randomUUID())
    setGiven({ ...BLANK, from: today(), to: today() })
    setFault(undefined)
    setOpen(true)
  }
  const submit = async () => {
    const { from, to, ...rest } = given
    try {
      await propose.mutateAsync({ ...rest, key, from: `${from}T00:00:00.000Z`, to: `${to}T00:00:00.000Z` })
      toast('Proposed. It waits to be decided.')
      setOpen(false)
      router.refresh()
    } catch (error) {
      setFault({ path: pathOf(error), message: messageOf(error) })
    }
  }
  return (
    <>
      <Button variant="primary" onClick={begin}>
        Propose an adjustment
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="Propose an adjustment"
        text="Before tax. A negative amount is in the customer's favour."
        foot={
          <>
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button variant="primary" busy={propose.isPending} onClick={() => void submit()}>
              Propose it
            </Button>
          </>
        }
      >
        <div className="stack">
          <div className="grid grid-cols-2 items-start gap-3">
            <TextField label="Account" value={given.account} error={wrong('account')} onChange={set('account')} />
            <TextField
              label="Amount"
              inputMode="decimal"
              help="In the account's currency, such as -12.50."
              value={given.amount}
              error={wrong('amount', 'amountMinor')}
              onChange={set('amount')}
            />
            <TextField
              label="For time from"
              type="date"
              value={given.from}
              error={wrong('from')}
              onChange={set('from')}
            />
            <TextField label="Until" type="date" value={given.to} error={wrong('to')} onChange={set('to')} />
          </div>
          <TextField
            label="Line on the invoice"
            value={given.description}
            error={wrong('description')}
            onChange={set('description')}
          />
          <TextField
            label="Why, for whoever decides"
            value={given.reason}
            error={wrong('reason')}
            onChange={set('reason')}
          />
          {fault && !(fault.path && (fault.path in BLANK || fault.path === 'amountMinor')) && (
            <FieldError>{fault.message}</FieldError>
          )}
        </div>
      </Dialog>
    </>
  )
}
