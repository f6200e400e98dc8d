'use client'

import { useSyncExternalStore } from 'react'
import { serverNow } from '../ui/now.ts'

/** How the page hears of changes. `idle`: it shows nothing live. Times are ms by the server's clock. */
export type LiveState =
  | { is: 'idle' }
  | { is: 'connecting' }
  | { is: 'live'; at: number }
  | { is: 'offline'; since: number }

let state: LiveState = { is: 'idle' }
const listeners = new Set<() => void>()
const IDLE: LiveState = { is: 'idle' }

function set(next: LiveState): void {
  state = next
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** The state of the page's own subscription. */
export const useLiveState = (): LiveState =>
  useSyncExternalStore(
    subscribe,
    () => state,
    () => IDLE,
  )

/** The page was refreshed, or the server said that it is current. */
export const heard = (): void => set({ is: 'live', at: serverNow() })

/** A connection is being made; one that was lost stays lost until it is there again. */
export const connecting = (): void => {
  if (state.is === 'idle') set({ is: 'connecting' })
}

/** The connection is lost; the first loss counts. */
export const lost = (): void => {
  if (state.is !== 'offline') set({ is: 'offline', since: serverNow() })
}

/** Nothing on the page is live any more. */
export const quiet = (): void => set(IDLE)
