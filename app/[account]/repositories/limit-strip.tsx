import { Button } from '../../ui/button.tsx'
import { KpiStrip, type Kpi } from '../../ui/kpis.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Meter } from '../../ui/sparkline.tsx'
import type { Overview } from './page.tsx'

const MIB = 1_048_576n

/** What the account has of each limit of its plan, and what happens at it. */
export function LimitStrip({
  account,
  held,
  limits,
}: {
  account: string
  held: Overview['held']
  limits: Overview['limits']
}) {
  const storageLimit = limits.storageMib === null ? null : limits.storageMib * MIB
  const room = [
    limitOf('Private repositories', 'count', held.privateRepositories, limits.privateRepositories, {
      at: 'At the limit new private ones are refused',
      over: 'The newest are read-only',
    }),
    limitOf('Storage', 'bytes', held.storageBytes, storageLimit, {
      at: 'At the limit pushes are refused; pulls go on',
      over: 'Pushes are refused; pulls go on',
    }),
    limitOf('Pulls today', 'count', held.pullsToday, limits.pullsADay, {
      at: 'At the limit others wait until 00:00 UTC; your people do not',
      over: 'Others wait until 00:00 UTC; your people do not',
    }),
  ]
  return (
    <KpiStrip
      label="Limits of the plan"
      of={[
        ...room,
        {
          label: 'Plan',
          figure: (
            <Button size="sm" href={`/${account}/plan`}>
              Compare plans
            </Button>
          ),
          note: 'Nothing is deleted at a limit.',
        },
      ]}
    />
  )
}

const limitOf = (
  label: string,
  kind: 'count' | 'bytes',
  used: bigint,
  limit: bigint | null,
  words: { at: string; over: string },
): Kpi => {
  if (limit === null) return { label, figure: <Qty of={kind} value={used} />, note: 'without limit' }
  const percent = limit === 0n ? (used > 0n ? 100 : 0) : Number((used * 1000n) / limit) / 10
  // One more private repository is refused at the limit, and what is there stays as it is.
  const isOver = kind === 'count' && label.startsWith('Private') ? used > limit : used >= limit
  return {
    label,
    ...(isOver ? { status: 'major' as const } : percent >= 80 ? { status: 'degraded' as const } : {}),
    figure: (
      <>
        <Qty of={kind} value={used} />{' '}
        <span className="dim text-sm font-normal tracking-normal">
          of <Qty of={kind} value={limit} />
        </span>
      </>
    ),
    chart: (
      <Meter percent={percent} label={label} {...(percent >= 80 ? { tone: isOver ? 'major' : 'degraded' } : {})} />
    ),
    note: isOver ? words.over : words.at,
  }
}
