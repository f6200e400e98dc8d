'use client'

import { useState } from 'react'
import { Switch } from '../ui/choice.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { keysAreOn, setKeys } from '../ui/keys.ts'
import type { Place } from './ops-nav.ts'

const KEYS: readonly (readonly [string, string])[] = [
  ['Ctrl K', 'Search, go to, run a command'],
  ['/', 'Filter this page'],
  ['J K', 'Next and previous row'],
  ['Enter', 'Open the row'],
  ['X', 'Select the row'],
  ['?', 'This list'],
  ['Esc', 'Back one layer'],
]

/** All keys, and the switch that turns the single letters off. */
export default function KeyList({
  open,
  onOpenChange,
  places,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  places: readonly Place[]
}) {
  const [on, setOn] = useState(keysAreOn)
  const change = (next: boolean) => {
    setOn(next)
    setKeys(next)
  }
  const jumps = places.flatMap((place) =>
    place.key ? [[`G ${place.key.toUpperCase()}`, `Go to ${place.label}`] as const] : [],
  )
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keys">
      <dl className="keys-list">
        {[...KEYS, ...jumps].map(([key, does]) => (
          <div className="contents" key={does}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div className="mt-4">
        <Switch
          label="Single-letter keys"
          detail="Off: only Ctrl K and Esc work. Kept on this device."
          checked={on}
          onChange={(event) => change(event.target.checked)}
        />
      </div>
    </Dialog>
  )
}
