'use client'

import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/choice.tsx'
import { SelectField, TextField } from '../../ui/field.tsx'
import type { Person } from './words.ts'

export type Layer = {
  name: string
  users: string[]
  unit: 'day' | 'week'
  every: number
  startsOn: string
  handoverAt: string
  hours: { days: number[]; from: string; until: string }[]
}

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** Who takes turns, in which order, from when on, and at which hours. */
export function LayerFields({
  layer,
  people,
  change,
  remove,
}: {
  layer: Layer
  people: readonly Person[]
  change: (next: Layer) => void
  remove: (() => void) | undefined
}) {
  const [hours] = layer.hours
  return (
    <fieldset className="layer">
      <legend className="vh">{layer.name}</legend>
      <TextField
        label="Layer"
        value={layer.name}
        maxLength={60}
        onChange={(event) => change({ ...layer, name: event.target.value })}
      />
      <Turns layer={layer} people={people} change={change} />
      <div className="row items-end">
        <TextField
          label="A turn lasts"
          type="number"
          min={1}
          max={52}
          value={String(layer.every)}
          onChange={(event) => change({ ...layer, every: Number(event.target.value) })}
        />
        <SelectField
          label="Unit of a turn"
          value={layer.unit}
          options={[
            { value: 'week', label: layer.every === 1 ? 'week' : 'weeks' },
            { value: 'day', label: layer.every === 1 ? 'day' : 'days' },
          ]}
          onChange={(event) => change({ ...layer, unit: event.target.value === 'day' ? 'day' : 'week' })}
        />
        <TextField
          label="First turn begins on"
          type="date"
          value={layer.startsOn}
          onChange={(event) => change({ ...layer, startsOn: event.target.value })}
        />
        <TextField
          label="Handover at"
          type="time"
          value={layer.handoverAt}
          onChange={(event) => change({ ...layer, handoverAt: event.target.value })}
        />
      </div>
      <Checkbox
        label="Only at some hours"
        checked={hours !== undefined}
        onChange={(event) =>
          change({
            ...layer,
            hours: event.target.checked ? [{ days: [1, 2, 3, 4, 5], from: '09:00', until: '17:00' }] : [],
          })
        }
      />
      {hours && (
        <div className="stack">
          <div className="row">
            {DAYS.map((day, n) => (
              <Checkbox
                key={day}
                label={day}
                checked={hours.days.includes(n + 1)}
                onChange={(event) => {
                  const others = hours.days.filter((one) => one !== n + 1)
                  const days = event.target.checked ? [...others, n + 1].toSorted() : others
                  change({ ...layer, hours: [{ ...hours, days }] })
                }}
              />
            ))}
          </div>
          <div className="row items-end">
            <TextField
              label="From"
              type="time"
              value={hours.from}
              onChange={(event) => change({ ...layer, hours: [{ ...hours, from: event.target.value }] })}
            />
            <TextField
              label="Until"
              help="Not after the start: of the next day"
              type="time"
              value={hours.until}
              onChange={(event) => change({ ...layer, hours: [{ ...hours, until: event.target.value }] })}
            />
          </div>
        </div>
      )}
      {remove && (
        <div className="row">
          <Button size="sm" variant="ghost" onClick={remove}>
            Remove {layer.name}
          </Button>
        </div>
      )}
    </fieldset>
  )
}

function Turns({ layer, people, change }: Pick<Parameters<typeof LayerFields>[0], 'layer' | 'people' | 'change'>) {
  const nameOf = (userId: string) => people.find(({ id }) => id === userId)?.name ?? 'somebody who left'
  const rest = people.filter(({ id }) => !layer.users.includes(id))
  return (
    <div className="stack">
      {layer.users.length > 0 && (
        <ol aria-label="Order of turns">
          {layer.users.map((userId, n) => (
            <li key={userId} className="row">
              <span>
                {n + 1}. {nameOf(userId)}
              </span>
              <Button
                size="sm"
                variant="ghost"
                onClick={() => change({ ...layer, users: layer.users.filter((one) => one !== userId) })}
              >
                Take {nameOf(userId)} out
              </Button>
            </li>
          ))}
        </ol>
      )}
      {rest.length > 0 && (
        <SelectField
          label={layer.users.length === 0 ? 'Who begins' : 'Who comes next'}
          value=""
          options={[
            { value: '', label: 'Choose somebody' },
            ...rest.map(({ id, name, email }) => ({ value: id, label: `${name} (${email})` })),
          ]}
          onChange={(event) => event.target.value && change({ ...layer, users: [...layer.users, event.target.value] })}
        />
      )}
    </div>
  )
}
