'use client'

import { usePathname } from 'next/navigation'
import { useEffect, useSyncExternalStore } from 'react'
import { placeOf } from './ops-nav.ts'

let name: string | undefined
const listeners = new Set<() => void>()
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
const set = (next: string | undefined) => {
  name = next
  for (const listener of listeners) listener()
}
const useName = () =>
  useSyncExternalStore(
    subscribe,
    () => name,
    () => undefined,
  )

/** What the last crumb is called where its id in the path says little: a page renders `<CrumbName name="ams1-c22" />`. */
export function CrumbName({ name: own }: { name: string }) {
  useEffect(() => {
    set(own)
    return () => set(undefined)
  }, [own])
  return null
}

/** Path segments under a place, as crumbs: `/ops/hosts/12/containers/ab` is Hosts / 12 / ab. */
function useTrail(): { label: string; href: string }[] {
  const path = usePathname()
  const last = useName()
  const place = placeOf(path)
  if (!place) return []
  const rest = path.slice(place.href.length).split('/').filter(Boolean)
  const deeper = rest.map((part, index) => ({
    label: decodeURIComponent(part),
    href: `${place.href}/${rest.slice(0, index + 1).join('/')}`,
  }))
  const trail = [{ label: place.label, href: place.href }, ...deeper]
  const end = trail.at(-1)
  if (end && last && deeper.length > 0) end.label = last
  return trail
}

/** The breadcrumb of the top bar. */
export function Crumbs() {
  const trail = useTrail()
  return (
    <nav aria-label="Breadcrumb" className="mr-auto min-w-0">
      <ol className="crumbs">
        {trail.map(({ label, href }, index) => (
          <li key={href}>
            {index === trail.length - 1 ? <span aria-current="page">{label}</span> : <a href={href}>{label}</a>}
          </li>
        ))}
      </ol>
    </nav>
  )
}

/** The same in one word, for the phone's bar. */
export function CrumbTitle() {
  const trail = useTrail()
  const end = trail.at(-1)
  return <b>{end?.href === '/ops' ? 'Now' : end?.label}</b>
}
