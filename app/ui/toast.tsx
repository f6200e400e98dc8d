'use client'

import { lazy, Suspense, useSyncExternalStore } from 'react'

const surface = () => import('./toast-surface.tsx')
const Surface = lazy(surface)

let isNeeded = false
const listeners = new Set<() => void>()
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Says the result of the person's own action, for some seconds. Never for alerts or lasting facts. */
export function toast(text: string, more: { undo?: () => void; failed?: boolean } = {}): void {
  isNeeded = true
  for (const listener of listeners) listener()
  void surface().then(({ show }) => show(text, more))
}

/** Where toasts appear. Loads nothing until the first one. */
export function ToastHost() {
  const needed = useSyncExternalStore(
    subscribe,
    () => isNeeded,
    () => false,
  )
  if (!needed) return null
  return (
    <Suspense>
      <Surface />
    </Suspense>
  )
}
