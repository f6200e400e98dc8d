'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../ui/field.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { msOf } from '../../ui/when.ts'
import { toast } from '../../ui/toast.tsx'
import type { Catalog } from './page.tsx'

type Tax = Catalog['taxes'][number]
const KIND = { standard: 'standard', reverse_charge: 'reverse charge', exempt: 'exempt' } as const

/** The tax table that invoices by the manual driver follow. Reverse charge holds for customers with a tax id. */
export function TaxesPanel({
  taxes,
  countries,
  nowMs,
}: {
  taxes: readonly Tax[]
  countries: Catalog['countries']
  nowMs: number
}) {
  const [isOpen, setOpen] = useState(false)
  const named = (code: string) => countries.find((one) => one.code === code)?.name ?? code
  const shown = taxes.filter(
    (row) => row.kind !== 'reverse_charge' && (row.validUntil === null || msOf(row.validUntil) > nowMs),
  )
  const reversed = new Set(taxes.filter((row) => row.kind === 'reverse_charge').map((row) => row.country))
  return (
    <>
      <Panel
        title="Taxes"
        sub={`${shown.length} rates by the customer's country; elsewhere none`}
        actions={
          <Button size="sm" icon="plus" onClick={() => setOpen(true)}>
            Set a rate
          </Button>
        }
        flush
      >
        <div className="max-h-96 overflow-y-auto">
          <Table
            label="Taxes"
            columns={[
              { head: 'Country', phone: 'title', cell: (row) => named(row.country) },
              {
                head: 'Rate',
                align: 'right',
                phone: 'state',
                cell: (row) =>
                  row.kind === 'exempt' ? 'exempt' : `${row.percent} %${row.inclusive ? ', included' : ''}`,
              },
              { head: 'With a tax id', cell: (row) => (reversed.has(row.country) ? 'reverse charge' : 'the same') },
              {
                head: 'From',
                align: 'right',
                phone: 'hide',
                cell: (row) => <Time at={row.validFrom} show="absolute" />,
              },
            ]}
            rows={shown}
            rowKey={(row) => row.id}
            empty={<Empty title="No tax is charged.">Set a country’s rate to charge it.</Empty>}
          />
        </div>
      </Panel>
      {isOpen && <TaxDialog countries={countries} open onOpenChange={setOpen} />}
    </>
  )
}

function TaxDialog({
  countries,
  open,
  onOpenChange,
}: {
  countries: Catalog['countries']
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  const router = useRouter()
  const setRate = useMutation(useTRPC().billing.catalog.setTaxRate.mutationOptions())
  const [country, setCountry] = useState('NL')
  const [kind, setKind] = useState<keyof typeof KIND>('standard')
  const [name, setName] = useState('VAT')
  const [percent, setPercent] = useState('')
  const [inclusive, setInclusive] = useState(false)
  const [day, setDay] = useState('')
  const [fault, setFault] = useState<{ path: string | undefined; message: string }>()
  const wrong = (path: string) => (fault?.path === path ? fault.message : undefined)
  const submit = async () => {
    if (!day) return setFault({ path: 'validFrom', message: 'Choose the day it begins.' })
    try {
      await setRate.mutateAsync({
        country,
        name,
        kind,
        percent: kind === 'standard' ? percent.trim() : '0',
        inclusive: kind === 'standard' && inclusive,
        validFrom: `${day}T00:00:00.000Z`,
      })
      toast('The rate is set. Finalized invoices keep theirs.')
      onOpenChange(false)
      router.refresh()
    } catch (error) {
      setFault({ path: pathOf(error), message: messageOf(error) })
    }
  }
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Set a rate"
      text="It replaces the country's rate of the same kind from that day on."
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={setRate.isPending} onClick={() => void submit()}>
            Set the rate
          </Button>
        </>
      }
    >
      <div className="stack">
        <div className="grid grid-cols-2 items-start gap-3">
          <SelectField
            label="Customer's country"
            value={country}
            options={countries.map((one) => ({ value: one.code, label: one.name }))}
            onChange={(event) => setCountry(event.target.value)}
          />
          <SelectField
            label="Kind"
            value={kind}
            options={Object.entries(KIND).map(([value, label]) => ({ value, label }))}
            onChange={(event) => setKind(event.target.value as keyof typeof KIND)}
          />
          <TextField
            label="Name on invoices"
            value={name}
            error={wrong('name')}
            onChange={(event) => setName(event.target.value)}
          />
          {kind === 'standard' && (
            <TextField
              label="Percent"
              inputMode="decimal"
              value={percent}
              error={wrong('percent')}
              onChange={(event) => setPercent(event.target.value)}
            />
          )}
          <TextField
            label="From"
            type="date"
            help="00:00 UTC."
            value={day}
            error={wrong('validFrom')}
            onChange={(event) => setDay(event.target.value)}
          />
        </div>
        {kind === 'standard' && (
          <Checkbox
            label="Prices include it"
            detail="Else it comes on top."
            checked={inclusive}
            onChange={(event) => setInclusive(event.target.checked)}
          />
        )}
        {fault && !['name', 'percent', 'validFrom'].includes(fault.path ?? '') && (
          <FieldError>{fault.message}</FieldError>
        )}
      </div>
    </Dialog>
  )
}
