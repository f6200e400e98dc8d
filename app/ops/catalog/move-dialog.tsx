'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'
import type { VersionRow } from './page.tsx'

const DAY_MS = 86_400_000
/** Customary notice of new prices. */
const NOTICE_DAYS = 30

/** Sets when those on earlier versions get this one. */
export function MoveDialog({
  open,
  onOpenChange,
  plan,
  version,
  customers,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  plan: string
  version: VersionRow
  customers: number
}) {
  const router = useRouter()
  const move = useMutation(useTRPC().billing.catalog.move.mutationOptions())
  const [day, setDay] = useState(() => new Date(Date.now() + NOTICE_DAYS * DAY_MS).toISOString().slice(0, 10))
  const [fault, setFault] = useState<string>()
  const submit = async () => {
    if (!/^\d{4}-\d\d-\d\d$/.test(day)) return setFault('Choose a day.')
    try {
      const { customers: count } = await move.mutateAsync({ id: String(version.id), at: `${day}T00:00:00.000Z` })
      toast(`${count} customers are told now and moved on ${day}.`)
      onOpenChange(false)
      router.refresh()
    } catch (error) {
      setFault(messageOf(error))
    }
  }
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Move ${customers} customers of ${plan} to version ${version.version}?`}
      text={`${version.currency}, by the ${version.interval}. They are told by mail now. Advance prices change with their next interval, metered ones from that hour on, limits at once.`}
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={move.isPending} onClick={() => void submit()}>
            Tell and move {customers}
          </Button>
        </>
      }
    >
      <TextField
        label="On"
        type="date"
        help="00:00 UTC. A day that has passed moves them at once."
        value={day}
        error={fault}
        onChange={(event) => setDay(event.target.value)}
      />
    </Dialog>
  )
}
