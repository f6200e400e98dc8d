'use client'

import type { Caller } from '#server/router.ts'
import { useQuery } from '@tanstack/react-query'
import { usePathname } from 'next/navigation'
import { useTRPC } from '../trpc.tsx'
import { Banner, Tag } from '../ui/status.tsx'
import { Countdown, Time } from '../ui/time.tsx'
import { glyphOf, impactWords, stateWords } from '../ops/incidents/words.ts'

type Open = Awaited<ReturnType<Caller['incidents']['incident']['open']>>

const LOOK_EVERY_MS = 15_000

/** Under the top bar of every operator page while something is out: what, since when, when the next update is owed. */
export function IncidentBar({ open }: { open: Open }) {
  // A layout is not rendered anew when its pages change: the bar looks for itself.
  const { data } = useQuery({
    ...useTRPC().incidents.incident.open.queryOptions(),
    initialData: open,
    refetchInterval: LOOK_EVERY_MS,
  })
  const path = usePathname()
  const [first, ...more] = data
  // Whoever writes the update already has all of it before them.
  if (!first || path === `/ops/incidents/${first.incident}/update`) return null
  const isDraft = first.state === 'draft'
  return (
    <Banner
      bar
      status={isDraft ? 'unknown' : glyphOf(first.impact)}
      title={isDraft ? 'Draft' : impactWords(first.impact)}
      actions={
        <a className="btn sm ml-auto" href={`/ops/incidents/${first.incident}/update`}>
          Post update
        </a>
      }
    >
      <span className="row">
        {first.isDrill && <Tag>Drill</Tag>}
        <a href={`/ops/incidents/${first.incident}`}>
          <span className="mono">{first.incident}</span> {first.title}
        </a>
        <span className="text-2 max-sm:hidden">
          {isDraft ? 'nobody is told yet' : stateWords(first.state)}, <Time at={first.startedAt} show="relative" />
        </span>
        {first.nextUpdateDue && <Countdown at={first.nextUpdateDue} to="promised update" />}
        {more.length > 0 && <a href="/ops/incidents">and {more.length} more</a>}
      </span>
    </Banner>
  )
}
