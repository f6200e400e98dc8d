'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, SelectField, TextareaField, TextField } from '../../ui/field.tsx'
import { Facts, Panel } from '../../ui/panel.tsx'
import { toast } from '../../ui/toast.tsx'
import type { Catalog } from './page.tsx'

type Seller = NonNullable<Catalog['seller']>
const FIELDS = new Set(['name', 'address', 'country', 'taxId', 'email', 'paymentDetails', 'invoicePrefix'])
const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

/** Who sells: what invoices print. */
export function SellerPanel({ seller, countries }: { seller: Seller; countries: Catalog['countries'] }) {
  const [isOpen, setOpen] = useState(false)
  const country = countries.find(({ code }) => code === seller.country)?.name ?? seller.country
  return (
    <>
      <Panel
        title="Seller"
        sub="Invoices print it"
        actions={
          <Button size="sm" icon="edit" onClick={() => setOpen(true)} aria-label="Edit the seller">
            Edit
          </Button>
        }
      >
        <Facts
          of={[
            ['Name', seller.name],
            ['Address', [...seller.address, country].join(', ')],
            ['Tax id', seller.taxId ?? <span className="dim">none</span>],
            ['Mail', seller.email],
            ['How to pay', seller.paymentDetails || <span className="dim">not said</span>],
            [
              'Numbers begin with',
              <span key="prefix" className="mono">
                {seller.invoicePrefix}
              </span>,
            ],
          ]}
        />
      </Panel>
      {isOpen && <SellerDialog seller={seller} countries={countries} open onOpenChange={setOpen} />}
    </>
  )
}

function SellerDialog({
  seller,
  countries,
  open,
  onOpenChange,
}: {
  seller: Seller
  countries: Catalog['countries']
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  const router = useRouter()
  const edit = useMutation(useTRPC().billing.catalog.editSeller.mutationOptions())
  const [given, setGiven] = useState({
    name: seller.name,
    address: seller.address.join('\n'),
    country: seller.country,
    taxId: seller.taxId ?? '',
    email: seller.email,
    paymentDetails: seller.paymentDetails,
    invoicePrefix: seller.invoicePrefix,
  })
  const [fault, setFault] = useState<{ path: string; message: string }>()
  const wrong = (path: string) => (fault?.path.split('.')[0] === path ? fault.message : undefined)
  const set = (name: keyof typeof given) => (event: { target: { value: string } }) =>
    setGiven({ ...given, [name]: event.target.value })
  const submit = async () => {
    try {
      await edit.mutateAsync({ ...given, address: lines(given.address), taxId: given.taxId || null })
      toast('The seller is saved. Finalized invoices keep what they said.')
      onOpenChange(false)
      router.refresh()
    } catch (error) {
      setFault({ path: pathOf(error) ?? '', message: messageOf(error) })
    }
  }
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Edit the seller"
      text="Invoices print it from the next one on."
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={edit.isPending} onClick={() => void submit()}>
            Save the seller
          </Button>
        </>
      }
    >
      <div className="stack">
        <TextField label="Name" value={given.name} error={wrong('name')} onChange={set('name')} />
        <TextareaField
          label="Address"
          rows={3}
          value={given.address}
          error={wrong('address')}
          onChange={set('address')}
        />
        <div className="grid grid-cols-2 items-start gap-3">
          <SelectField
            label="Country"
            value={given.country}
            options={countries.map(({ code, name }) => ({ value: code, label: name }))}
            error={wrong('country')}
            onChange={set('country')}
          />
          <TextField label="Tax id" value={given.taxId} error={wrong('taxId')} onChange={set('taxId')} />
          <TextField label="Mail" type="email" value={given.email} error={wrong('email')} onChange={set('email')} />
          <TextField
            label="Numbers begin with"
            value={given.invoicePrefix}
            error={wrong('invoicePrefix')}
            onChange={set('invoicePrefix')}
          />
        </div>
        <TextareaField
          label="How to pay"
          help="The account for transfers, as invoices print it."
          rows={3}
          value={given.paymentDetails}
          error={wrong('paymentDetails')}
          onChange={set('paymentDetails')}
        />
        {fault && !FIELDS.has(fault.path.split('.')[0] ?? '') && <FieldError>{fault.message}</FieldError>}
      </div>
    </Dialog>
  )
}
