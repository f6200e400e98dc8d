'use client'

import { useState } from 'react'
import type { Caller } from '#server/router.ts'
import { Button } from '../../ui/button.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Empty } from '../../ui/states.tsx'
import { StatusBadge } from '../../ui/status.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { RuleDialog } from './rule-dialog.tsx'

export type Group = Awaited<ReturnType<Caller['usage']['unattributed']>>[number]

/** The key of a rule in words: a label, or the container's name or image. */
export const keyWords = (key: string): string => (key === '@image' ? 'image' : key === '@name' ? 'name' : key)

/** Containers nobody owns, by what a rule could go by. */
export function Groups({ rows, mayMap }: { rows: readonly Group[]; mayMap: boolean }) {
  const [mapping, setMapping] = useState<{ of: Group; key: number }>()
  const [isOpen, setOpen] = useState(false)
  const columns: Column<Group>[] = [
    {
      head: 'Found by',
      phone: 'title',
      cell: (g) => (
        <>
          <span className="dim">{keyWords(g.labelKey)} </span>
          <span className="mono">{g.labelValue}</span>
        </>
      ),
    },
    {
      head: 'Why',
      phone: 'state',
      cell: (g) =>
        g.unknownAccount ? (
          <StatusBadge status="degraded">Unknown account</StatusBadge>
        ) : (
          <StatusBadge status="unknown">No account label</StatusBadge>
        ),
    },
    {
      head: 'Containers',
      phone: 'hide',
      prose: true,
      cell: (g) =>
        `${g.sample.join(', ')}${g.containers > g.sample.length ? ` and ${g.containers - g.sample.length} more` : ''}`,
    },
    { head: 'Run', align: 'right', cell: (g) => `${g.running} of ${g.containers}` },
    { head: 'Hosts', align: 'right', phone: 'hide', cell: (g) => g.hosts },
    { head: 'CPU, 24 h', align: 'right', cell: (g) => <Qty of="cpuUs" value={g.cpuUs} /> },
    { head: 'Memory, 24 h', align: 'right', phone: 'hide', cell: (g) => <Qty of="mibS" value={g.memoryMibS} /> },
    { head: 'First seen', align: 'right', phone: 'hide', cell: (g) => <Time at={g.firstSeenAt} show="relative" /> },
    ...(mayMap
      ? [
          {
            head: '',
            align: 'right' as const,
            cell: (g: Group) => (
              <Button
                size="sm"
                onClick={() => {
                  setMapping({ of: g, key: Date.now() })
                  setOpen(true)
                }}
              >
                Map
                <span className="vh"> {g.labelValue} to an account</span>
              </Button>
            ),
          },
        ]
      : []),
  ]
  return (
    <>
      <Panel
        title="Not attributed"
        sub={
          mayMap
            ? `${rows.length} ${rows.length === 1 ? 'group' : 'groups'}, most CPU first`
            : `${rows.length} groups. Mapping them needs the role admin.`
        }
        flush
      >
        <Table
          label="Unattributed containers"
          columns={columns}
          rows={rows}
          rowKey={(g) => `${g.labelKey}=${g.labelValue}`}
          empty={<Empty title="Every container has an owner.">What carries no known account label appears here.</Empty>}
        />
      </Panel>
      {mapping && <RuleDialog key={mapping.key} open={isOpen} onOpenChange={setOpen} of={mapping.of} />}
    </>
  )
}
