import { attempt, load, server } from '../../server.ts'
import { Button } from '../../ui/button.tsx'
import { FilterSelect, FilterText } from '../../ui/filters.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty, ErrorPanel, Forbidden } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { AuditChange } from './audit-change.tsx'
import { ExportMenu } from './export-menu.tsx'
import { filterOf, type Search, WINDOWS } from './filter.ts'

/** A subject's name or number. A long random id says nothing in a row: it is among the details. */
const nameOf = (row: { subjectId: string; subjectLabel: string | null }) =>
  row.subjectLabel ?? (row.subjectId.length > 24 && !row.subjectId.includes('@') ? '' : row.subjectId)

export const metadata = { title: 'Audit log' }

export default async function AuditPage({ searchParams }: { searchParams: Promise<Search> }) {
  const search = await searchParams
  const api = await server()
  const me = await load(api.accounts.me())
  if (!me.roles.includes('admin')) {
    return (
      <>
        <PageHead title="Audit log" />
        <div className="panel">
          <Forbidden needs="admin" grantedBy="an admin of the platform" />
        </div>
      </>
    )
  }
  const filter = filterOf(search, new Date())
  const [list, actions] = await Promise.all([
    attempt(api.accounts.audit.list({ ...filter, limit: 50, ...(search.cursor ? { cursor: search.cursor } : {}) })),
    attempt(api.accounts.audit.actions()),
  ])
  // A domain's actions together, then each of them.
  const known = actions.ok ? actions.value : []
  const groups = [...new Set(known.map((action) => action.split('.').slice(0, -1).join('.')))]
  const isFiltered = Object.values(search).some((value) => value !== undefined && value !== '')
  return (
    <>
      <PageHead
        title="Audit log"
        sub="Who changed what, from where. Rows are never changed or deleted: the database refuses it."
        actions={<ExportMenu filter={filter} />}
      />
      <div className="stack">
        <div className="row">
          <FilterText label="Actor: e-mail, token or id" name="actor" value={search.actor ?? ''} />
          <FilterSelect
            name="action"
            label="Action"
            value={search.action ?? ''}
            options={[
              { value: '', label: 'Any action' },
              ...groups.map((group) => ({ value: `${group}.`, label: `${group}: all` })),
              ...known.map((action) => ({ value: action, label: action })),
            ]}
          />
          <FilterText label="Subject: id or kind" name="subject" value={search.subject ?? ''} />
          <FilterText label="Account" name="account" value={search.account ?? ''} />
          <FilterSelect name="window" label="Time" value={search.window ?? ''} options={WINDOWS} />
          {isFiltered && (
            <Button variant="ghost" href="/ops/audit">
              Clear filters
            </Button>
          )}
        </div>
        <Panel flush>
          {list.ok ? (
            <Table
              label="Audit log"
              rows={list.value.rows}
              rowKey={(row) => row.id}
              columns={[
                {
                  head: 'Time',
                  phone: 'title',
                  sort: 'descending',
                  cell: (row) => <Time at={row.at} show="absolute" seconds />,
                },
                {
                  head: 'Actor',
                  cell: (row) => (
                    <span className="row inline-flex flex-nowrap">
                      <a href={`/ops/audit?actor=${encodeURIComponent(row.actorId)}`}>{row.actorLabel}</a>
                      {(row.actorKind === 'system' || row.actorKind === 'agent') && <Tag>{row.actorKind}</Tag>}
                    </span>
                  ),
                },
                { head: 'Action', phone: 'state', cell: (row) => <span className="mono">{row.action}</span> },
                {
                  head: 'Subject',
                  cell: (row) => (
                    <span className="row inline-flex">
                      <a href={`/ops/audit?subject=${encodeURIComponent(row.subjectId)}`}>
                        {row.subjectKind} <span className="mono">{nameOf(row)}</span>
                      </a>
                      {row.account && row.account !== row.subjectId && (
                        <a href={`/ops/accounts/${row.account}`}>in {row.account}</a>
                      )}
                    </span>
                  ),
                },
                { head: 'From', cell: (row) => <span className="mono">{row.ip ?? 'inside'}</span> },
                {
                  head: 'Change',
                  prose: true,
                  cell: (row) => (
                    <AuditChange
                      subjectId={row.subjectId}
                      before={row.before}
                      after={row.after}
                      userAgent={row.userAgent}
                      requestId={row.requestId}
                    />
                  ),
                },
              ]}
              empty={
                isFiltered ? (
                  <Empty title="No changes match." action={<Button href="/ops/audit">Clear filters</Button>} />
                ) : (
                  <Empty title="No changes yet" />
                )
              }
            />
          ) : (
            <ErrorPanel title="The log did not load">{list.message}</ErrorPanel>
          )}
        </Panel>
        {list.ok && list.value.nextCursor && (
          <div>
            <Button href={`/ops/audit?${new URLSearchParams({ ...search, cursor: list.value.nextCursor }).toString()}`}>
              Older changes
            </Button>
          </div>
        )}
      </div>
    </>
  )
}
