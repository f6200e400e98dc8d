'use client'

import type { Caller } from '#server/router.ts'
import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { HoldsPanel, type HoldView } from '../../../account-parts/holds-panel.tsx'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { RadioCards } from '../../../ui/choice.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, TextareaField, TextField } from '../../../ui/field.tsx'
import { Empty } from '../../../ui/states.tsx'

type Placing = Parameters<Caller['accounts']['holds']['place']>[0]

const KINDS = [
  { value: 'abuse', label: 'Abuse', consequence: 'Something runs that must not. Say which case.' },
  { value: 'billing', label: 'Billing', consequence: 'Bills are not paid. Say since when.' },
  { value: 'admin', label: 'Admin', consequence: 'Any other reason, in your words.' },
]

/** Places and lifts holds: what, why, and last the account's name typed, since containers stop. */
export function HoldActions({ account, holds }: { account: string; holds: readonly HoldView[] }) {
  const router = useRouter()
  const trpc = useTRPC()
  const [choosing, setChoosing] = useState(false)
  const [placing, setPlacing] = useState<Placing>()
  const [lifting, setLifting] = useState<HoldView>()
  const place = useMutation(trpc.accounts.holds.place.mutationOptions())
  const lift = useMutation(trpc.accounts.holds.lift.mutationOptions())

  const choose = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setChoosing(false)
    setPlacing({ account, kind: String(form.get('kind')) as Placing['kind'], reason: String(form.get('reason') ?? '') })
  }
  const liftIt = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const note = String(new FormData(event.currentTarget).get('note') ?? '')
    try {
      await lift.mutateAsync({ account, holdId: lifting?.id ?? '', note })
    } catch {
      return
    }
    setLifting(undefined)
    router.refresh()
  }
  const on = holds.filter((hold) => hold.liftedAt === null)
  return (
    <>
      <HoldsPanel
        holds={holds}
        actions={
          on.length < KINDS.length && (
            <Button size="sm" onClick={() => setChoosing(true)}>
              Place a hold
            </Button>
          )
        }
        action={(hold) => (
          <Button size="sm" aria-label={`Lift the ${hold.kind} hold`} onClick={() => setLifting(hold)}>
            Lift
          </Button>
        )}
        empty={<Empty title="No hold, ever.">A hold suspends the account: it can be read, and nothing else.</Empty>}
      />
      <Dialog
        open={choosing}
        onOpenChange={setChoosing}
        title={`Place a hold on ${account}`}
        text="Its members read the reason, in the app and by mail."
      >
        <form className="stack" onSubmit={choose}>
          <RadioCards
            legend="Kind"
            name="kind"
            options={KINDS.filter((kind) => !on.some((hold) => hold.kind === kind.value))}
            defaultValue={KINDS.find((kind) => !on.some((hold) => hold.kind === kind.value))?.value ?? 'admin'}
          />
          <TextareaField label="Reason" name="reason" required minLength={3} maxLength={500} />
          <div className="dialog-foot">
            <Button onClick={() => setChoosing(false)}>Cancel</Button>
            <Button type="submit" variant="primary">
              Go on
            </Button>
          </div>
        </form>
      </Dialog>
      <ConfirmDialog
        open={placing !== undefined}
        onOpenChange={(open) => !open && setPlacing(undefined)}
        title={`Suspend ${account}?`}
        typeName={account}
        confirm={`Suspend ${account}`}
        cancel="Leave it open"
        onConfirm={async () => {
          if (placing) await place.mutateAsync(placing)
          router.refresh()
        }}
      >
        Its containers are stopped now and its members can only read. Data is kept. The hold is in the audit log with
        your reason: {placing?.reason}
      </ConfirmDialog>
      <Dialog
        open={lifting !== undefined}
        onOpenChange={(open) => !open && setLifting(undefined)}
        title={`Lift the ${lifting?.kind ?? ''} hold on ${account}`}
        text={
          on.length > 1 ? `${on.length - 1} more stays on, so the account stays suspended.` : 'The account works again.'
        }
      >
        <form className="stack" onSubmit={(event) => void liftIt(event)}>
          <TextField label="Why it is lifted" name="note" required minLength={3} maxLength={500} autoComplete="off" />
          {lift.error && <FieldError>{messageOf(lift.error)}</FieldError>}
          <div className="dialog-foot">
            <Button onClick={() => setLifting(undefined)}>Keep the hold</Button>
            <Button type="submit" variant="primary" busy={lift.isPending}>
              Lift the {lifting?.kind} hold
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  )
}
