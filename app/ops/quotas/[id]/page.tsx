import type { Metadata } from 'next'
import { quotaAmount, ViolationBadge, whatFollows } from '../../../[account]/violations.tsx'
import { notFound } from 'next/navigation'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { Live } from '../../../shell/live.tsx'
import { bytes, duration, text } from '../../../ui/format.ts'
import { Facts, PageHead, Panel } from '../../../ui/panel.tsx'
import { StatusBadge } from '../../../ui/status.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { ActOn } from '../act-on.tsx'
import { violationTitle } from '../violation-parts.tsx'

export const metadata: Metadata = { title: 'Violation' }

const KIND: Record<string, string> = {
  opened: 'Opened',
  repeated: 'Happened again',
  escalated: 'Over the hard limit',
  eased: 'Below the hard limit again',
  told: 'Told',
  acted: 'Acted',
  refused: 'Not acted',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
}

/** One violation: what it is about, what follows, and its whole history with the evidence. */
export default async function ViolationPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params
  if (!/^\d{1,18}$/.test(id)) notFound()
  const api = await server()
  const { events, ...v } = await load(api.usage.violations.get({ id }))
  type Event = (typeof events)[number]
  const { words, at } = whatFollows(v)
  const columns: Column<Event>[] = [
    { head: 'When', cell: (e) => <Time at={e.at} seconds /> },
    {
      head: 'What',
      phone: 'title',
      cell: (e) => (e.kind === 'escalated' && e.detail['findingId'] ? 'Found by the agent' : (KIND[e.kind] ?? e.kind)),
    },
    { head: 'Facts', prose: true, cell: (e) => <EventFacts of={e} meter={v.meter} /> },
    { head: 'By', phone: 'state', cell: (e) => <span className="dim">{e.actor}</span> },
  ]
  return (
    <>
      <Live topics={['violations', 'command']} />
      <CrumbName name={violationTitle(v)} />
      <PageHead
        title={violationTitle(v)}
        sub={
          <>
            Since <Time at={v.openedAt} />, last seen <Time at={v.lastSeenAt} />.{' '}
            {v.occurrences > 1 && `${v.occurrences} times.`}
          </>
        }
        actions={v.state === 'resolved' ? undefined : <ActOn of={[v]} size="md" />}
      />
      <div className="stack">
        <Panel title="What it is about" badge={<ViolationBadge of={v} />}>
          <Facts
            of={[
              ['Used', quotaAmount(v.meter, v.used)],
              ...(v.limit === null ? [] : [['Limit crossed', quotaAmount(v.meter, v.limit)] as const]),
              ...(v.soft === null ? [] : [['Soft limit', quotaAmount(v.meter, v.soft)] as const]),
              ...(v.hard === null ? [] : [['Hard limit', quotaAmount(v.meter, v.hard)] as const]),
              [
                'What follows',
                <span key="follows">
                  {words || 'Nothing more'} {at && <Time at={at} />}
                </span>,
              ],
              ...(v.graceSeconds === null ? [] : [['Grace', duration(v.graceSeconds * 1000)] as const]),
              [
                'Account',
                v.account ? (
                  <a key="account" href={`/${v.account}`}>
                    {v.account}
                  </a>
                ) : (
                  'nobody'
                ),
              ],
              ...(v.app
                ? [
                    [
                      'App',
                      <a key="app" href={`/${v.account}/apps/${encodeURIComponent(v.app)}`}>
                        {v.app}
                      </a>,
                    ] as const,
                  ]
                : []),
              ...(v.hostId === null
                ? []
                : [
                    [
                      'Host',
                      <a key="host" href={`/ops/hosts/${v.hostId}`}>
                        {v.host}
                      </a>,
                    ] as const,
                  ]),
              ...(v.hostId === null || v.epoch === null
                ? []
                : [
                    [
                      'Container',
                      <a key="container" href={`/ops/hosts/${v.hostId}/containers/${v.epoch}`}>
                        {v.container}
                      </a>,
                    ] as const,
                  ]),
              ...(v.state === 'resolved' ? [['Resolved', <Time key="resolved" at={v.resolvedAt} />] as const] : []),
            ]}
          />
        </Panel>
        <Panel title="History" sub={`${events.length} entries, oldest first; it cannot be changed`} flush>
          <Table label="History" columns={columns} rows={events} rowKey={(e) => e.id} />
        </Panel>
      </div>
    </>
  )
}

type Event = Awaited<ReturnType<Awaited<ReturnType<typeof server>>['usage']['violations']['get']>>['events'][number]

const OUTCOME = {
  done: 'operational',
  pending: 'degraded',
  failed: 'major',
  refused: 'major',
  expired: 'major',
} as const

const isCount = (value: unknown): value is number => typeof value === 'number'

const FACT: Record<string, string> = {
  bytes: 'size',
  grownBytes: 'grown by',
  bytesPerS: 'a second',
  freeBytes: 'free on its disk',
  windowMs: 'seen for',
  fullInS: 'disk full in',
}
const factWords = (key: string, value: string | number | boolean): string => {
  if (isCount(value) && key.endsWith('Ms')) return duration(value)
  if (isCount(value) && key.endsWith('InS')) return duration(value * 1000)
  return isCount(value) && /bytes/i.test(key) ? text(bytes(value)) : String(value)
}

/** What a log was before and after, in words. */
const logWords = (of: Record<string, unknown>): string =>
  Object.entries(of)
    .filter((entry): entry is [string, string | number | boolean] =>
      ['string', 'number', 'boolean'].includes(typeof entry[1]),
    )
    .map(([key, value]) => `${FACT[key] ?? key} ${factWords(key, value)}`)
    .join(', ')

function EventFacts({ of, meter }: { of: Event; meter: string }) {
  const { detail } = of
  const string = (key: string) => (typeof detail[key] === 'string' ? detail[key] : undefined)
  const amountOf = (key: string) => {
    const value = string(key)
    return value && /^\d+$/.test(value) ? quotaAmount(meter, BigInt(value)) : undefined
  }
  const before = detail['before']
  const facts = [
    string('who') && `${string('who')}: ${string('title') ?? ''}`,
    amountOf('used') && `${amountOf('used')}${amountOf('limit') ? ` of ${amountOf('limit')}` : ''}`,
    string('action') && `${string('action')?.replaceAll('_', ' ')} ${string('container') ?? ''}`,
    string('why') ?? string('reason') ?? string('note'),
    before && typeof before === 'object' && `before: ${logWords(before as Record<string, unknown>)}`,
    of.evidence && `result: ${logWords(of.evidence)}`,
    of.commandDetail,
  ].filter((fact): fact is string => typeof fact === 'string' && fact !== '')
  const outcome = of.commandState ? OUTCOME[of.commandState as keyof typeof OUTCOME] : undefined
  return (
    <>
      {outcome && (
        <StatusBadge status={outcome} as="small">
          {of.commandState}
        </StatusBadge>
      )}{' '}
      {facts.join('. ')}
    </>
  )
}
