import type { Metadata } from 'next'
import { load, server } from '../../../server.ts'
import { Button } from '../../../ui/button.tsx'
import { FilterSelect, FilterText } from '../../../ui/filters.tsx'
import { KpiStrip } from '../../../ui/kpis.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Qty } from '../../../ui/qty.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Banner } from '../../../ui/status.tsx'
import { Sections } from '../sections.tsx'
import { AddDialog } from './add-dialog.tsx'
import { ExportButton } from './export-button.tsx'
import { ImportDialog } from './import-dialog.tsx'
import { Subscribers } from './subscribers.tsx'

export const metadata: Metadata = { title: 'Subscribers' }

type Search = { q?: string; kind?: string; state?: string; cursor?: string }
const KINDS = ['email', 'webhook', 'slack'] as const
const STATES = ['told', 'asked', 'quarantined', 'left'] as const
const PAGE = 50

/** Who asked to be told of incidents, and whom mails do not reach any more. */
export default async function SubscribersPage({ searchParams }: { searchParams: Promise<Search> }) {
  const search = await searchParams
  const { q = '' } = search
  const kind = KINDS.find((one) => one === search.kind) ?? null
  const state = STATES.find((one) => one === search.state) ?? null
  const page = Math.max(1, Number(search.cursor) || 1)
  const api = await server()
  const [me, { counts, canMail, components }, list] = await Promise.all([
    load(api.accounts.me()),
    load(api.incidents.subscribers.counts()),
    load(api.incidents.subscribers.list({ search: q, kind, state, page })),
  ])
  const isAdmin = me.roles.includes('admin')
  const of = (is: (row: (typeof counts)[number]) => boolean) =>
    counts.filter(is).reduce((sum, { count }) => sum + count, 0)
  const told = (one: (typeof KINDS)[number]) => of((row) => row.kind === one && row.state === 'told')
  const quarantined = of((row) => row.state === 'quarantined')
  const isFiltered = q !== '' || kind !== null || state !== null
  const at = (cursor: number) =>
    `/ops/incidents/subscribers?${new URLSearchParams({ ...search, cursor: String(cursor) }).toString()}`
  const last = Math.max(1, Math.ceil(list.total / PAGE))
  return (
    <>
      <PageHead
        title="Subscribers"
        sub="Told of each public update by mail, by webhook or in Slack."
        actions={<Sections current="/ops/incidents/subscribers" />}
      />
      <div className="stack">
        {!canMail && (
          <Banner status="degraded" title="No mail server is set">
            Subscribers by e-mail are told nothing: set SMTP_URL and start Wharfinger anew. Webhooks and Slack are told.
          </Banner>
        )}
        <KpiStrip
          of={[
            { label: 'By e-mail', figure: <Qty of="count" value={told('email')} unit={false} />, note: 'confirmed' },
            { label: 'Webhooks', figure: <Qty of="count" value={told('webhook')} unit={false} />, note: 'confirmed' },
            { label: 'In Slack', figure: <Qty of="count" value={told('slack')} unit={false} />, note: 'confirmed' },
            {
              label: 'Quarantined',
              figure: <Qty of="count" value={quarantined} unit={false} />,
              note: quarantined === 0 ? 'nothing came back' : 'what was sent came back',
              ...(quarantined > 0 ? { status: 'degraded' as const } : {}),
            },
          ]}
        />
        <div className="row">
          <FilterText label="Address" name="q" value={q} />
          <FilterSelect
            name="kind"
            label="Kind"
            value={kind ?? ''}
            options={[
              { value: '', label: 'Any kind' },
              { value: 'email', label: 'E-mail' },
              { value: 'webhook', label: 'Webhook' },
              { value: 'slack', label: 'Slack' },
            ]}
          />
          <FilterSelect
            name="state"
            label="State"
            value={state ?? ''}
            options={[
              { value: '', label: 'All but those who left' },
              { value: 'told', label: 'Told' },
              { value: 'asked', label: 'Not confirmed' },
              { value: 'quarantined', label: 'Quarantined' },
              { value: 'left', label: 'Left' },
            ]}
          />
        </div>
        <Panel
          title="Subscribers"
          sub={`${list.rows.length} of ${list.total.toLocaleString('en')}, newest first`}
          flush
          actions={
            <>
              {isAdmin && <ImportDialog />}
              {isAdmin && <ExportButton />}
              <AddDialog components={components} />
            </>
          }
          foot={
            last > 1 ? (
              <span className="row">
                {page > 1 && <a href={at(page - 1)}>Newer</a>}
                {`Page ${page} of ${last}`}
                {page < last && <a href={at(page + 1)}>Older</a>}
              </span>
            ) : undefined
          }
        >
          <Subscribers
            rows={list.rows.map((row) => ({ ...row, id: String(row.id) }))}
            empty={
              isFiltered ? (
                <Empty
                  title="Nobody matches."
                  action={<Button href="/ops/incidents/subscribers">Clear filters</Button>}
                />
              ) : (
                <Empty title="No subscriber yet">
                  People subscribe on the status page. Those of another status page can be imported.
                </Empty>
              )
            }
          />
        </Panel>
      </div>
    </>
  )
}
