import type { Metadata } from 'next'
import { load, server } from '../../../server.ts'
import { Live } from '../../../shell/live.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { StatusBadge, Tag } from '../../../ui/status.tsx'
import { Table } from '../../../ui/table.tsx'
import { Sections } from '../sections.tsx'
import { counted, glyphOf, STATUS_WORDS } from '../words.ts'
import { ComponentDialog, GroupDialog } from './component-dialog.tsx'
import { PlaceDialog } from './place-dialog.tsx'

export const metadata: Metadata = { title: 'Components' }

/** The services that can be out, what each stands on, and so whom it carries. */
export default async function ComponentsPage() {
  const api = await server()
  const [{ components, groups }, clusters] = await Promise.all([
    load(api.incidents.components.list()),
    load(api.hosts.clusters.list()),
  ])
  const choices = groups.map(({ id, name, position }) => ({ id: String(id), name, position }))
  const places = clusters.map(({ id, name }) => ({ id: String(id), name }))
  const headings = [...choices, { id: null, name: 'Without a group', position: 0 }]
  return (
    <>
      <Live topics={['incidents']} />
      <PageHead
        title="Components"
        sub="Services as customers know them. What they stand on says whose apps an outage hits."
        actions={
          <>
            <Sections current="/ops/incidents/components" />
            <GroupDialog />
            <ComponentDialog groups={choices} />
          </>
        }
      />
      <div className="stack">
        {headings.map((heading) => {
          const rows = components.filter(({ groupId }) => (groupId === null ? null : String(groupId)) === heading.id)
          if (heading.id === null && rows.length === 0 && components.length > 0) return null
          return (
            <Panel
              key={heading.id ?? ''}
              title={heading.name}
              sub={counted(rows.length, 'component')}
              actions={heading.id === null ? undefined : <GroupDialog group={{ ...heading, id: heading.id }} />}
              flush
            >
              <Table
                label={heading.name}
                rows={rows}
                rowKey={({ key }) => key}
                empty={<Empty title="No component here yet">Add one and say what it stands on.</Empty>}
                columns={[
                  {
                    head: 'Component',
                    phone: 'title',
                    cell: ({ name, region }) => (
                      <>
                        <b>{name}</b> {region && <span className="dim">{region}</span>}
                      </>
                    ),
                  },
                  {
                    head: 'Status',
                    phone: 'state',
                    cell: ({ status }) => (
                      <StatusBadge status={glyphOf(status)}>{STATUS_WORDS[status] ?? status}</StatusBadge>
                    ),
                  },
                  {
                    head: 'Stands on',
                    prose: true,
                    cell: ({ placements }) =>
                      placements.length === 0 ? (
                        <span className="dim">no host</span>
                      ) : (
                        <span className="row">
                          {placements.map(({ id, host, cluster, hostName }) => (
                            <Tag key={String(id)}>{host ?? ([cluster, hostName].filter(Boolean).join(' ') || '–')}</Tag>
                          ))}
                        </span>
                      ),
                  },
                  { head: 'Hosts', align: 'right', cell: ({ hosts }) => hosts },
                  { head: 'Customers', align: 'right', cell: ({ customers }) => customers },
                  {
                    head: 'Change',
                    cell: ({ id, name, placements, description, region, groupId, position, showUptime }) => (
                      <span className="row">
                        <PlaceDialog
                          component={{ id: String(id), name }}
                          clusters={places}
                          placements={placements.map((one) => ({
                            id: String(one.id),
                            words: one.host ?? [one.cluster, one.hostName].filter(Boolean).join(', hosts named '),
                          }))}
                        />
                        <ComponentDialog
                          groups={choices}
                          component={{
                            id: String(id),
                            name,
                            description,
                            region,
                            position,
                            showUptime,
                            groupId: groupId === null ? null : String(groupId),
                          }}
                        />
                      </span>
                    ),
                  },
                ]}
              />
            </Panel>
          )
        })}
      </div>
    </>
  )
}
