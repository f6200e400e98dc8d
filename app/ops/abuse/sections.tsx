import { Segmented } from '../../ui/segmented.tsx'

const PLACES = [
  { label: 'Cases', href: '/ops/abuse' },
  { label: 'Rules', href: '/ops/abuse/rules' },
  { label: 'Lists', href: '/ops/abuse/lists' },
  { label: 'Statistics', href: '/ops/abuse/statistics' },
  { label: 'Settings', href: '/ops/abuse/settings' },
] as const

/** The rooms of abuse. */
export function Sections({ current }: { current: (typeof PLACES)[number]['href'] }) {
  return (
    <div className="max-w-full overflow-x-auto">
      <Segmented label="Rooms" items={PLACES.map((place) => ({ ...place, current: place.href === current }))} />
    </div>
  )
}
