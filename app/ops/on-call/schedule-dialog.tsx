'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { LayerFields, type Layer } from './layer-fields.tsx'
import { numbered, type Person } from './words.ts'

type Schedule = { id: string; name: string; timeZone: string; layers: Layer[] }

const today = () => new Date().toISOString().slice(0, 10)
const newLayer = (n: number): Layer => ({
  name: n === 0 ? 'Turns' : `Layer ${n + 1}`,
  users: [],
  unit: 'week',
  every: 1,
  startsOn: today(),
  handoverAt: '09:00',
  hours: [],
})

/** Makes a schedule, or changes one. */
export function EditSchedule({ people, schedule }: { people: readonly Person[]; schedule: Schedule | null }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size={schedule ? 'sm' : 'md'} variant={schedule ? 'default' : 'primary'} onClick={() => setOpen(true)}>
        {schedule ? 'Edit' : 'Add a schedule'}
      </Button>
      {open && <ScheduleDialog people={people} schedule={schedule} onClose={() => setOpen(false)} />}
    </>
  )
}

function ScheduleDialog({
  people,
  schedule,
  onClose,
}: {
  people: readonly Person[]
  schedule: Schedule | null
  onClose: () => void
}) {
  const router = useRouter()
  const { saveSchedule, removeSchedule } = useTRPC().incidents.onCall
  const done = {
    onSuccess: () => {
      onClose()
      router.refresh()
    },
  }
  const save = useMutation(saveSchedule.mutationOptions(done))
  const remove = useMutation(removeSchedule.mutationOptions(done))
  const [name, setName] = useState(schedule?.name ?? '')
  const [timeZone, setTimeZone] = useState(
    () => schedule?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC',
  )
  const [layers, setLayers] = useState<Layer[]>(schedule?.layers ?? [newLayer(0)])
  const error = save.error ?? remove.error
  const path = pathOf(error)
  const wrong = (field: string) => (error && path === field ? messageOf(error) : undefined)
  return (
    <Dialog
      open
      wide
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={schedule ? `Edit ${schedule.name}` : 'Add a schedule'}
      text="Only operators can be on call: what pages them leads to where they decide."
      foot={
        <>
          {schedule && (
            <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate({ id: schedule.id })}>
              Remove {schedule.name}
            </Button>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            busy={save.isPending}
            onClick={() => save.mutate({ id: schedule?.id ?? null, name, timeZone, layers })}
          >
            Save the schedule
          </Button>
        </>
      }
    >
      <div className="stack">
        <TextField
          label="Name"
          value={name}
          maxLength={60}
          error={wrong('name')}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label="Time zone"
          help="Such as Europe/Amsterdam. Handovers follow its clocks, also when they change."
          value={timeZone}
          error={wrong('timeZone')}
          onChange={(event) => setTimeZone(event.target.value)}
        />
        {numbered(layers).map(({ place, n, of: layer }) => (
          <LayerFields
            key={place}
            layer={layer}
            people={people}
            change={(next) => setLayers(layers.map((one, at) => (at === n ? next : one)))}
            remove={layers.length > 1 ? () => setLayers(layers.filter((_, at) => at !== n)) : undefined}
          />
        ))}
        <div className="row">
          <Button size="sm" onClick={() => setLayers([...layers, newLayer(layers.length)])}>
            Add a layer above
          </Button>
          <span className="help">Where layers overlap the last one holds.</span>
        </div>
        {error && !['name', 'timeZone'].includes(path ?? '') && <FieldError>{messageOf(error)}</FieldError>}
      </div>
    </Dialog>
  )
}
