'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'
import type { PlanRow } from './page.tsx'

/** Opens the dialog for a plan that is not there yet. */
export function NewPlanButton() {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button icon="plus" onClick={() => setOpen(true)}>
        New plan
      </Button>
      <PlanDialog open={isOpen} onOpenChange={setOpen} />
    </>
  )
}

/** Names a plan, and says whether customers can choose it. */
export function PlanDialog({
  open,
  onOpenChange,
  of,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  of?: PlanRow
}) {
  const trpc = useTRPC()
  const router = useRouter()
  const create = useMutation(trpc.billing.catalog.createPlan.mutationOptions())
  const edit = useMutation(trpc.billing.catalog.editPlan.mutationOptions())
  const [key, setKey] = useState(of?.key ?? '')
  const [name, setName] = useState(of?.name ?? '')
  const [description, setDescription] = useState(of?.description ?? '')
  const [isPublic, setPublic] = useState(of?.isPublic ?? true)
  const [archived, setArchived] = useState(of?.archivedAt != null)
  const [fault, setFault] = useState<{ path: string | undefined; message: string }>()
  const wrong = (path: string) => (fault?.path === path ? fault.message : undefined)
  const submit = async () => {
    try {
      if (of) await edit.mutateAsync({ key: of.key, name, description, isPublic, archived })
      else await create.mutateAsync({ key, name, description })
      toast(of ? 'The plan is saved.' : 'The plan is made. Draft its first version.')
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
      title={of ? `Edit ${of.name}` : 'New plan'}
      text={of ? 'Its prices are in its versions.' : 'It is on sale once a version of it is published.'}
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={create.isPending || edit.isPending} onClick={() => void submit()}>
            {of ? 'Save the plan' : 'Make the plan'}
          </Button>
        </>
      }
    >
      <div className="stack">
        {!of && (
          <TextField
            label="Key"
            help="Quotas and the API name the plan by it. It stays."
            value={key}
            error={wrong('key')}
            onChange={(event) => setKey(event.target.value)}
          />
        )}
        <TextField label="Name" value={name} error={wrong('name')} onChange={(event) => setName(event.target.value)} />
        <TextField
          label="Description"
          help="One sentence, beside its price."
          value={description}
          error={wrong('description')}
          onChange={(event) => setDescription(event.target.value)}
        />
        {of && (
          <>
            <Checkbox
              label="Customers can choose it"
              detail="Hidden, only an admin can put an account on it."
              checked={isPublic}
              onChange={(event) => setPublic(event.target.checked)}
            />
            <Checkbox
              label="Archived"
              detail="No longer sold. Who has it keeps it."
              checked={archived}
              onChange={(event) => setArchived(event.target.checked)}
            />
          </>
        )}
        {fault && !['key', 'name', 'description'].includes(fault.path ?? '') && (
          <FieldError>{fault.message}</FieldError>
        )}
      </div>
    </Dialog>
  )
}
