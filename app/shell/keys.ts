import { isTyping, keysAreOn } from '../ui/keys.ts'
import type { Place } from './ops-nav.ts'

const SEQUENCE_MS = 1200

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
