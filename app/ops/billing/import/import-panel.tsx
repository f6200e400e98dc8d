'use client'

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { Banner, StatusBadge } from '../../../ui/status.tsx'
import { Table } from '../../../ui/table.tsx'
import { FileField } from './file-field.tsx'

const OUTCOMES = {
  made: { word: 'New account', status: 'operational' },
  joined: { word: 'Joins', status: 'maintenance' },
  before: { word: 'Imported before', status: 'unknown' },
} as const

/** Tries a file, shows what would happen or what is wrong with which line, and only then imports it. */
export function ImportPanel() {
  const run = useMutation(useTRPC().billing.revenue.import.mutationOptions())
  const [text, setText] = useState('')
  const [isAsking, setAsking] = useState(false)
  const report = run.data
  const fresh = report?.rows.filter((row) => row.outcome !== 'before').length ?? 0
  const mayApply = report !== undefined && !report.applied && report.faults.length === 0 && fresh > 0
  return (
    <Panel title="Customers" sub="all or none; a customer that was imported before is left alone">
      <div className="stack">
        <FileField
          label="Customers, as CSV or JSON"
          help="id, account, name, owner_email, currency, plan, interval, quantities, anchor, owed, credit and billing details."
          value={text}
          onChange={(next) => {
            setText(next)
            run.reset()
          }}
        />
        <div className="row">
          <Button
            variant={mayApply ? undefined : 'primary'}
            busy={run.isPending}
            disabled={text.trim() === ''}
            onClick={() => run.mutate({ text, apply: false })}
          >
            Try it
          </Button>
          {mayApply && (
            <Button variant="primary" onClick={() => setAsking(true)}>
              {`Import ${fresh}`}
            </Button>
          )}
        </div>
        {run.error && (
          <Banner status="major" title="This file cannot be read">
            {messageOf(run.error)}
          </Banner>
        )}
        {report && report.faults.length > 0 && (
          <>
            <Banner
              status="major"
              title={`${report.faults.length === 1 ? 'One fault' : `${report.faults.length} faults`}; nothing is imported`}
            >
              Correct the lines and try again.
            </Banner>
            <Table
              label="Faults"
              rows={report.faults.map((fault, i) => ({ ...fault, i }))}
              rowKey={(fault) => String(fault.i)}
              columns={[
                { head: 'Line', align: 'right', cell: (fault) => fault.line },
                { head: 'Column', cell: (fault) => <span className="mono">{fault.path || '–'}</span> },
                { head: 'What is wrong', phone: 'title', prose: true, cell: (fault) => fault.message },
              ]}
            />
          </>
        )}
        {report && report.faults.length === 0 && (
          <Banner
            status="operational"
            title={report.applied ? 'Imported' : 'Nothing is wrong, and nothing was changed yet'}
          >
            {report.applied
              ? `${fresh} of ${report.rows.length} customers came with this file.`
              : `${fresh} of ${report.rows.length} customers would come.`}
          </Banner>
        )}
        {report && report.rows.length > 0 && (
          <Table
            label="Customers of the file"
            rows={report.rows}
            rowKey={(row) => row.id}
            columns={[
              { head: 'Line', align: 'right', cell: (row) => row.line },
              { head: 'Customer', phone: 'title', cell: (row) => row.id },
              { head: 'Account', cell: (row) => row.account },
              {
                head: 'Outcome',
                phone: 'state',
                cell: (row) => (
                  <StatusBadge status={OUTCOMES[row.outcome].status} as="small">
                    {OUTCOMES[row.outcome].word}
                  </StatusBadge>
                ),
              },
              { head: 'Does', prose: true, cell: (row) => row.does.join('; ') || '–' },
            ]}
          />
        )}
      </div>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={`Import ${fresh} customers?`}
        confirm={`Import ${fresh} customers`}
        cancel="Not yet"
        danger={false}
        onConfirm={async () => void (await run.mutateAsync({ text, apply: true }))}
      >
        Accounts are made and their owners invited, plans begin now, and balances are carried over.
      </ConfirmDialog>
    </Panel>
  )
}
