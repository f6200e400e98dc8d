'use client'

import { useSyncExternalStore } from 'react'
import { Switch } from '../../ui/choice.tsx'
import { keysAreOn, setKeys } from '../../ui/keys.ts'

const CHANGED = 'wharf:keys-changed'
const subscribe = (listener: () => void) => {
  window.addEventListener(CHANGED, listener)
  return () => window.removeEventListener(CHANGED, listener)
}

/** Turns the letters off for who types by voice or hits keys by chance (WCAG 2.1.4). */
export function KeysSwitch() {
  const on = useSyncExternalStore(subscribe, keysAreOn, () => true)
  return (
    <Switch
      label="Single letters move through lists and go to places"
      detail="Off: only Ctrl K and Esc work."
      checked={on}
      onChange={(event) => {
        setKeys(event.target.checked)
        window.dispatchEvent(new Event(CHANGED))
      }}
    />
  )
}
