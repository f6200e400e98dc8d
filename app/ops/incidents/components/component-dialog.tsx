'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Checkbox } from '../../../ui/choice.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../../ui/field.tsx'

type Group = { id: string; name: string; position: number }
type Component = {
  id: string
  name: string
  description: string
  region: string | null
  groupId: string | null
  position: number
  showUptime: boolean
}

const useDone = () => {
  const [open, setOpen] = useState(false)
  const router = useRouter()
  const onSuccess = () => {
    setOpen(false)
    router.refresh()
  }
  return { open, setOpen, onSuccess }
}

/** Adds a component, or changes one. */
export function ComponentDialog({ groups, component }: { groups: readonly Group[]; component?: Component }) {
  const { open, setOpen, onSuccess } = useDone()
  const api = useTRPC().incidents.components
  const create = useMutation(api.create.mutationOptions({ onSuccess }))
  const edit = useMutation(api.edit.mutationOptions({ onSuccess }))
  const archive = useMutation(api.archive.mutationOptions({ onSuccess }))
  const error = create.error ?? edit.error ?? archive.error
  const form = `component-${component?.id ?? 'new'}`
  const title = component ? `Change ${component.name}` : 'Add a component'
  return (
    <>
      <Button
        {...(component ? { size: 'sm' as const } : { variant: 'primary' as const, icon: 'plus' as const })}
        onClick={() => setOpen(true)}
      >
        {component ? 'Change' : title}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={title}
        foot={
          <>
            {component && (
              <Button busy={archive.isPending} onClick={() => archive.mutate({ id: component.id })}>
                Archive {component.name}
              </Button>
            )}
            <Button variant="primary" type="submit" form={form} busy={create.isPending || edit.isPending}>
              {component ? 'Save' : title}
            </Button>
          </>
        }
      >
        <form
          id={form}
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            const of = new FormData(event.currentTarget)
            const fields = {
              name: String(of.get('name')),
              description: String(of.get('description')),
              region: String(of.get('region')).trim() || null,
              groupId: String(of.get('group')) || null,
              position: Number(of.get('position')),
              showUptime: of.get('uptime') === 'on',
            }
            if (component) edit.mutate({ ...fields, id: component.id })
            else create.mutate(fields)
          }}
        >
          <TextField
            label="Name"
            name="name"
            required
            maxLength={80}
            defaultValue={component?.name}
            error={pathOf(error) === 'name' ? messageOf(error) : undefined}
          />
          <TextField label="Region" name="region" maxLength={40} defaultValue={component?.region ?? ''} />
          <TextField label="Description" name="description" maxLength={300} defaultValue={component?.description} />
          <SelectField
            label="Group"
            name="group"
            defaultValue={component?.groupId ?? groups[0]?.id ?? ''}
            options={[{ value: '', label: 'None' }, ...groups.map(({ id, name }) => ({ value: id, label: name }))]}
          />
          <TextField
            label="Position"
            name="position"
            type="number"
            min={0}
            max={10_000}
            defaultValue={component?.position ?? 100}
            help="Lower comes first."
          />
          <Checkbox name="uptime" label="Show its uptime" defaultChecked={component?.showUptime ?? true} />
          {error && pathOf(error) !== 'name' && <FieldError>{messageOf(error)}</FieldError>}
        </form>
      </Dialog>
    </>
  )
}

/** Adds a heading of the status page, or renames one. */
export function GroupDialog({ group }: { group?: Group }) {
  const { open, setOpen, onSuccess } = useDone()
  const api = useTRPC().incidents.components
  const create = useMutation(api.createGroup.mutationOptions({ onSuccess }))
  const edit = useMutation(api.editGroup.mutationOptions({ onSuccess }))
  const error = create.error ?? edit.error
  const title = group ? `Change ${group.name}` : 'Add a group'
  const form = `group-${group?.id ?? 'new'}`
  return (
    <>
      <Button {...(group ? { size: 'sm' as const } : {})} onClick={() => setOpen(true)}>
        {group ? 'Change group' : title}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={title}
        foot={
          <Button variant="primary" type="submit" form={form} busy={create.isPending || edit.isPending}>
            {group ? 'Save' : title}
          </Button>
        }
      >
        <form
          id={form}
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            const of = new FormData(event.currentTarget)
            const fields = { name: String(of.get('name')), position: Number(of.get('position')) }
            if (group) edit.mutate({ ...fields, id: group.id })
            else create.mutate(fields)
          }}
        >
          <TextField label="Name" name="name" required maxLength={80} defaultValue={group?.name} />
          <TextField
            label="Position"
            name="position"
            type="number"
            min={0}
            max={10_000}
            defaultValue={group?.position ?? 100}
            help="Lower comes first."
          />
          {error && <FieldError>{messageOf(error)}</FieldError>}
        </form>
      </Dialog>
    </>
  )
}
