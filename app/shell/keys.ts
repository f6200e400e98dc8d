import type { Place } from './ops-nav.ts'

const SETTING = 'wharf.keys'
const SEQUENCE_MS = 1200

/** Single-letter keys may be off (WCAG 2.1.4); Ctrl K always works. Kept on this device. */
export function keysAreOn(): boolean {
  try {
    return localStorage.getItem(SETTING) !== 'off'
  } catch {
    return true
  }
}

/** Turns the single-letter keys on or off on this device. */
export function setKeys(on: boolean): void {
  try {
    localStorage.setItem(SETTING, on ? 'on' : 'off')
  } catch {
    // A browser that keeps nothing: the keys stay on.
  }
}

/** True where letters are text: inputs, lists of options, and anything editable. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.closest('input:not([type=checkbox]):not([type=radio]),textarea,select') !== null)

const isLayerOpen = () => document.querySelector('[role=dialog],[role=alertdialog],[role=menu]') !== null

/** The keys of every page: Ctrl K, `?`, `/`, and `G` then a place's letter. */
export function keyHandler({
  places,
  go,
  palette,
  keys,
}: {
  places: readonly Place[]
  go: (href: string) => void
  palette: () => void
  keys: () => void
}): (event: KeyboardEvent) => void {
  let goUntil = 0
  return (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      palette()
      return
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    if (isLayerOpen() || !keysAreOn()) return
    const key = event.key.toLowerCase()
    if (goUntil > event.timeStamp) {
      goUntil = 0
      const place = places.find((candidate) => candidate.key === key)
      if (place) go(place.href)
      return
    }
    if (key === 'g') goUntil = event.timeStamp + SEQUENCE_MS
    if (key === '?') keys()
    if (key === '/') {
      const filter = document.querySelector<HTMLElement>('[data-page-filter]')
      if (!filter) return
      event.preventDefault()
      filter.focus()
    }
  }
}
