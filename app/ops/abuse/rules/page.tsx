import type { Metadata } from 'next'
import type { Caller } from '#server/router.ts'
import { one, type Search } from '../../../[account]/window.ts'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { StatusBadge, Tag } from '../../../ui/status.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { Sections } from '../sections.tsx'
import { categoryWords } from '../words.ts'
import { ArmButton } from './arm-button.tsx'
import { RuleDiffView } from './diff-view.tsx'
import { RulesEditor } from './rules-editor.tsx'

export const metadata: Metadata = { title: 'Abuse rules' }

type Rules = Awaited<ReturnType<Caller['abuse']['rules']>>
type Row = Rules['rules'][number] & { state: Rules['states'][number] | undefined }

/** What containers are judged by: each rule with its state, the editor with preview, and every version with its changes. */
export default async function RulesPage({ searchParams }: { searchParams: Promise<Search> }) {
  const asked = Number(one((await searchParams)['version']))
  const api = await server()
  const [of, me] = await Promise.all([load(api.abuse.rules()), load(api.accounts.me())])
  const isAdmin = me.roles.includes('admin')
  const version = of.versions.find((one) => one.version === asked && one.version > 0)
  const diff = version ? await load(api.abuse.ruleDiff({ version: version.version })) : undefined
  const rows: Row[] = of.rules.map((rule) => ({ ...rule, state: of.states.find(({ ruleId }) => ruleId === rule.id) }))
  const dry = rows.filter(({ state }) => state?.state === 'dry_run').length
  return (
    <>
      <CrumbName name="Rules" />
      <PageHead
        title="Rules"
        sub={`Version ${of.version}: ${rows.length} rules, ${rows.length - dry} armed, ${dry} in dry-run.`}
        actions={<Sections current="/ops/abuse/rules" />}
      />
      <div className="stack">
        <Panel title="Rules" sub="Everything that matches adds up; one in dry-run only counts" flush>
          <Table label="Rules" columns={columnsFor(isAdmin)} rows={rows} rowKey={(row) => row.id} />
        </Panel>
        <RulesEditor
          rules={JSON.stringify(of.rules, null, 2)}
          version={of.version}
          isAdmin={isAdmin}
          dryRunHours={of.dryRunHours}
        />
        {version && diff && (
          <Panel title={`What version ${version.version} changed`} sub={version.note}>
            <RuleDiffView diff={diff} />
          </Panel>
        )}
        <Panel title="Versions" sub={`${of.versions.length}, newest first`} flush>
          <Table label="Versions" columns={VERSIONS} rows={of.versions} rowKey={(row) => row.version} />
        </Panel>
      </div>
    </>
  )
}

const valueOf = (row: Row): string => String(row.value)

const columnsFor = (isAdmin: boolean): Column<Row>[] => [
  {
    head: 'Rule',
    phone: 'title',
    prose: true,
    cell: (row) => (
      <>
        <span className="mono text-sm">{row.id}</span>
        <br />
        <span className="dim text-xs">{row.explain}</span>
      </>
    ),
  },
  { head: 'Of', cell: (row) => categoryWords(row.category) },
  {
    head: 'Matches',
    prose: true,
    cell: (row) => (
      <span className="mono text-xs break-all">
        {row.signal} {row.op.replace('_', ' ')} {valueOf(row)}
        {row.for > 0 && ` for ${row.for} s`}
      </span>
    ),
  },
  { head: 'Family', cell: (row) => row.family },
  { head: 'Kind', cell: (row) => <Tag>{row.class}</Tag> },
  { head: 'Weight', align: 'right', cell: (row) => <span className="num">{row.weight}</span> },
  {
    head: 'State',
    phone: 'state',
    prose: true,
    cell: ({ state }) =>
      state?.state === 'dry_run' ? (
        <>
          <StatusBadge status="maintenance" as="small">
            Dry-run
          </StatusBadge>
          <br />
          <span className="dim text-xs">
            {state.armsAt ? (
              <>
                arms itself <Time at={state.armsAt} show="relative" />
              </>
            ) : (
              state.reason
            )}
          </span>
        </>
      ) : (
        <StatusBadge status="operational" as="small">
          Armed
        </StatusBadge>
      ),
  },
  ...(isAdmin
    ? [
        {
          head: '',
          align: 'right' as const,
          cell: (row: Row) => <ArmButton rule={row.id} isArmed={row.state?.state !== 'dry_run'} />,
        },
      ]
    : []),
]

const VERSIONS: Column<Rules['versions'][number]>[] = [
  {
    head: 'Version',
    phone: 'title',
    cell: (row) =>
      row.version > 0 ? <a href={`/ops/abuse/rules?version=${row.version}`}>{row.version}</a> : <>{row.version}</>,
  },
  { head: 'Why', prose: true, cell: (row) => row.note },
  { head: 'By', cell: (row) => row.createdBy },
  { head: 'Saved', align: 'right', cell: (row) => <Time at={row.createdAt} /> },
]
