import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { one, type Search, withQuery } from '../../[account]/window.ts'
import { load, server } from '../../server.ts'
import { Live } from '../../shell/live.tsx'
import { FilterSelect, FilterText } from '../../ui/filters.tsx'
import { KpiStrip } from '../../ui/kpis.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Empty } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { ViolationsGrid } from './violations-grid.tsx'

export const metadata: Metadata = { title: 'Quotas' }

const STATES = ['unresolved', 'open', 'acknowledged', 'resolved', 'all'] as const
const METERS = ['memory', 'disk', 'logs', 'egress', 'containers'] as const
const LEVELS = ['soft', 'hard'] as const
const KINDS = ['quota', 'runaway_log'] as const

const among = <T extends string>(list: readonly T[], value: string | undefined): T | undefined =>
  list.find((known) => known === value)

/** Everything that crossed a limit: who, by how much, what follows, and what can be done. */
export default async function QuotasPage({ searchParams }: { searchParams: Promise<Search> }) {
  const search = await searchParams
  const violation = one(search['violation'])
  if (violation && /^\d+$/.test(violation)) redirect(`/ops/quotas/${violation}`)
  const state = among(STATES, one(search['state'])) ?? 'unresolved'
  const meter = among(METERS, one(search['meter']))
  const level = among(LEVELS, one(search['level']))
  const kind = among(KINDS, one(search['kind']))
  const [text, account, cursor] = [one(search['q']), one(search['account']), one(search['cursor'])]
  const api = await server()
  const [{ rows, nextCursor }, counts] = await Promise.all([
    load(
      api.usage.violations.list({
        ...(state === 'all' ? {} : { state }),
        ...(meter ? { meter } : {}),
        ...(level ? { level } : {}),
        ...(kind ? { kind } : {}),
        ...(text ? { text } : {}),
        ...(account ? { account } : {}),
        ...(cursor && /^\d+$/.test(cursor) ? { cursor } : {}),
      }),
    ),
    load(api.usage.violations.counts()),
  ])
  const isFiltered = [meter, level, kind, text, account].some((value) => value !== undefined) || state !== 'unresolved'
  return (
    <>
      <Live topics={['violations', 'command']} />
      <PageHead
        title="Quotas"
        sub={
          <>
            Judged every minute against present usage. As of <Time at={new Date()} show="absolute" seconds />.
          </>
        }
      />
      <div className="stack">
        <KpiStrip
          of={[
            { label: 'Open', figure: <Qty of="count" value={counts.open} />, note: 'nobody is on it yet' },
            { label: 'Acknowledged', figure: <Qty of="count" value={counts.acknowledged} /> },
            {
              label: 'Over a hard limit',
              figure: <Qty of="count" value={counts.hard} />,
              ...(counts.hard > 0 ? { status: 'partial' as const } : {}),
            },
            {
              label: 'Runaway logs',
              figure: <Qty of="count" value={counts.runaway} />,
              ...(counts.runaway > 0 ? { status: 'partial' as const } : {}),
            },
            { label: 'Resolved in 24 h', figure: <Qty of="count" value={counts.resolvedDay} /> },
          ]}
        />
        <Panel
          title="Violations"
          sub={`${rows.length}${nextCursor ? ' and more' : ''}, worst first`}
          actions={
            <div className="row">
              <FilterText label="Account, app, host, container" value={text ?? ''} />
              <FilterSelect
                name="state"
                label="State"
                value={state === 'unresolved' ? '' : state}
                options={[
                  { value: '', label: 'Unresolved' },
                  { value: 'open', label: 'Open' },
                  { value: 'acknowledged', label: 'Acknowledged' },
                  { value: 'resolved', label: 'Resolved' },
                  { value: 'all', label: 'All states' },
                ]}
              />
              <FilterSelect
                name="meter"
                label="Meter"
                value={meter ?? ''}
                options={[
                  { value: '', label: 'All meters' },
                  { value: 'memory', label: 'Memory' },
                  { value: 'disk', label: 'Disk' },
                  { value: 'logs', label: 'Logs' },
                  { value: 'egress', label: 'Egress' },
                  { value: 'containers', label: 'Containers' },
                ]}
              />
              <FilterSelect
                name="level"
                label="Level"
                value={level ?? ''}
                options={[
                  { value: '', label: 'Both levels' },
                  { value: 'hard', label: 'Hard' },
                  { value: 'soft', label: 'Soft' },
                ]}
              />
            </div>
          }
          foot={
            nextCursor ? <a href={withQuery('/ops/quotas', search, { cursor: nextCursor })}>Older ones</a> : undefined
          }
          flush
        >
          <ViolationsGrid
            rows={rows}
            empty={
              isFiltered ? (
                <Empty title="No violation matches these filters." action={<a href="/ops/quotas">Clear filters</a>} />
              ) : (
                <Empty title="No open violation.">
                  Every account is within its limits. {counts.resolvedDay} resolved in the last 24 h.
                </Empty>
              )
            }
          />
        </Panel>
      </div>
    </>
  )
}
