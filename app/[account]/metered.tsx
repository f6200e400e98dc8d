import type { Caller } from '#server/router.ts'
import { Partial } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'

type Metered = Awaited<ReturnType<Caller['usage']['metered']>>

/** How far usage is known, as a sentence under the title. */
export function MeteredTo({ of }: { of: Metered }) {
  if (of.to === null) return <>Nothing was metered yet.</>
  const gaps = of.gaps.reduce((sum, gap) => sum + gap.reports, 0)
  return (
    <>
      Metered to <Time at={of.to} />, {gaps === 0 ? 'no gaps' : `${gaps} ${gaps === 1 ? 'report' : 'reports'} missing`}.
    </>
  )
}

const MOST_NAMED = 3

/** Usage that is still to come: which hosts, since when, and that the figures will grow. Nothing where all is in. */
export function PendingUsage({ of }: { of: Metered }) {
  const { pending } = of
  const [oldest] = pending.toSorted((a, b) => a.since.getTime() - b.since.getTime())
  if (!oldest) return null
  const named = pending.slice(0, MOST_NAMED).map((p) => p.host)
  const more = pending.length - named.length
  return (
    <div className="panel overflow-hidden">
      <Partial>
        <b>
          Usage pending since <Time at={oldest.since} show="absolute" />.
        </b>{' '}
        {named.join(', ')}
        {more > 0 && ` and ${more} more`} {pending.length === 1 ? 'has' : 'have'} not reported since. The agent keeps
        its readings; figures grow when they arrive.
      </Partial>
    </div>
  )
}
