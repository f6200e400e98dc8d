'use client'

import { useSyncExternalStore } from 'react'

let offsetMs = 0
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

/** The server's clock as this browser knows it, ms: ages are right on a laptop whose clock is not. */
export const serverNow = (): number => Date.now() + offsetMs

/** Told once a page load by the shell. `at` is the server's time in ms when it answered. */
export const setServerNow = (at: number): void => {
  // Below two seconds the difference is the answer's own travel time.
  offsetMs = Math.abs(at - Date.now()) > 2000 ? at - Date.now() : 0
}

const tick = () => {
  if (document.hidden) return
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (!timer) {
    timer = setInterval(tick, 1000)
    document.addEventListener('visibilitychange', tick)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
    document.removeEventListener('visibilitychange', tick)
  }
}

/** A text that depends on the time. Renders again only when the text changes, not every second. */
export function useTimed(say: (nowMs: number) => string): string {
  const read = () => say(serverNow())
  return useSyncExternalStore(subscribe, read, read)
}
