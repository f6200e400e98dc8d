import { CrumbName } from '../../shell/crumbs.tsx'
import { Segmented } from '../../ui/segmented.tsx'

const PLACES = [
  { label: 'Incidents', href: '/ops/incidents' },
  { label: 'Components', href: '/ops/incidents/components' },
  { label: 'Templates', href: '/ops/incidents/templates' },
  { label: 'Channels', href: '/ops/incidents/channels' },
  { label: 'Subscribers', href: '/ops/incidents/subscribers' },
  { label: 'Status page', href: '/ops/incidents/status-page' },
  { label: 'Analytics', href: '/ops/incidents/analytics' },
] as const

/** The rooms of incidents that one prepares in calm. */
export function Sections({ current }: { current: (typeof PLACES)[number]['href'] }) {
  const [first] = PLACES
  return (
    <>
      {current !== first.href && <CrumbName name={PLACES.find(({ href }) => href === current)!.label} />}
      <Segmented label="Rooms" items={PLACES.map((place) => ({ ...place, current: place.href === current }))} />
    </>
  )
}
