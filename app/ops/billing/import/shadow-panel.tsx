'use client'

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { FieldError, TextField } from '../../../ui/field.tsx'
import { moneyText } from '../../../ui/format.ts'
import { Money } from '../../../ui/money.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { Table } from '../../../ui/table.tsx'
import { FileField } from './file-field.tsx'

// Over HTTP amounts are texts.
const amount = (of: bigint | null) => (of === null ? null : BigInt(of))

/** Rates a past period of an account by a plan, and puts the old bill's lines beside it. Changes nothing. */
export function ShadowPanel() {
  const run = useMutation(useTRPC().billing.revenue.shadow.mutationOptions())
  const [text, setText] = useState('')
  const [of, setOf] = useState({ account: '', from: '', to: '', plan: '', currency: 'EUR' })
  const wrong = (path: string) => (run.error && pathOf(run.error) === path ? messageOf(run.error) : undefined)
  const field = (name: keyof typeof of, label: string, more: Partial<React.ComponentProps<typeof TextField>> = {}) => (
    <TextField
      {...more}
      label={label}
      value={of[name]}
      error={wrong(name)}
      onChange={(event) => setOf({ ...of, [name]: event.target.value })}
    />
  )
  const submit = () =>
    run.mutate({
      account: of.account,
      from: `${of.from}T00:00:00Z`,
      to: `${of.to}T00:00:00Z`,
      text,
      ...(of.plan ? { plan: { key: of.plan, currency: of.currency } } : {}),
    })
  const found = run.data
  return (
    <Panel title="Shadow bill" sub="a past period rated here beside the old bill; changes nothing">
      <div className="stack">
        <div className="grid grid-cols-2 items-start gap-3">
          {field('account', 'Account')}
          {field('plan', 'Plan’s key', { help: 'Empty: the account’s own.' })}
          {field('from', 'First day (UTC)', { type: 'date' })}
          {field('to', 'Day after the last', { type: 'date' })}
          {field('currency', 'Currency of that plan', { maxLength: 3 })}
        </div>
        <FileField
          label="Lines of the old bill, as CSV or JSON"
          help="price (a key of the plan), app (empty: all), description, amount before tax."
          value={text}
          error={wrong('text')}
          onChange={setText}
        />
        <div>
          <Button variant="primary" busy={run.isPending} onClick={submit}>
            Compare
          </Button>
        </div>
        {run.error && !wrong('text') && !wrong('account') && <FieldError>{messageOf(run.error)}</FieldError>}
        {found && (
          <>
            <p>
              {`The old bill comes to ${moneyText(BigInt(found.oldMinor), found.currency)}, ${found.plan} here to ${moneyText(BigInt(found.newMinor), found.currency)}.`}
            </p>
            <Table
              label="The old bill and ours"
              rows={found.lines}
              rowKey={(line) => `${line.price} ${line.app ?? ''}`}
              columns={[
                { head: 'Line', phone: 'title', prose: true, cell: (line) => line.description },
                { head: 'Price', cell: (line) => <span className="mono">{line.price}</span> },
                { head: 'App', cell: (line) => line.app ?? <span className="dim">all</span> },
                {
                  head: 'Old',
                  align: 'right',
                  cell: (line) => <Money of={amount(line.oldMinor)} currency={found.currency} />,
                },
                {
                  head: 'Here',
                  align: 'right',
                  cell: (line) => <Money of={amount(line.newMinor)} currency={found.currency} />,
                },
                {
                  head: 'Difference',
                  align: 'right',
                  cell: (line) => <Money of={amount(line.differenceMinor)} currency={found.currency} />,
                },
              ]}
            />
          </>
        )}
      </div>
    </Panel>
  )
}
