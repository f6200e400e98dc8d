import type { Metadata } from 'next'
import { load, server } from '../../../server.ts'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Table } from '../../../ui/table.tsx'
import { Sections } from '../sections.tsx'
import { TemplateDialog } from './template-dialog.tsx'

export const metadata: Metadata = { title: 'Templates' }

/** Words to begin with, written in calm. */
export default async function TemplatesPage() {
  const api = await server()
  const templates = await load(api.incidents.incident.templates.list())
  return (
    <>
      <PageHead
        title="Templates"
        sub="Words to begin with, written in calm."
        actions={
          <>
            <Sections current="/ops/incidents/templates" />
            <TemplateDialog />
          </>
        }
      />
      <Panel title="Templates" sub={`${templates.length}, by kind`} flush>
        <Table
          label="Templates"
          rows={templates}
          rowKey={({ key }) => key}
          columns={[
            { head: 'Template', phone: 'title', cell: ({ name }) => <b>{name}</b> },
            { head: 'For', phone: 'state', cell: ({ kind }) => (kind === 'incident' ? 'incidents' : 'maintenances') },
            { head: 'Title', prose: true, cell: ({ title }) => title },
            { head: 'Next update, min', align: 'right', cell: ({ nextUpdateMinutes }) => nextUpdateMinutes },
            {
              head: 'Change',
              cell: ({ id, ...template }) => <TemplateDialog template={{ ...template, id: String(id) }} />,
            },
          ]}
        />
      </Panel>
    </>
  )
}
