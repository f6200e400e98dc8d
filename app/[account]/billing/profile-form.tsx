'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { FieldError, SelectField, TextareaField, TextField } from '../../ui/field.tsx'
import { Panel } from '../../ui/panel.tsx'
import { toast } from '../../ui/toast.tsx'

type Profile = {
  name: string
  address: readonly string[]
  country: string | null
  taxId: string | null
  reference: string | null
  contacts: readonly string[]
}

const FIELDS = ['name', 'address', 'country', 'taxId', 'reference', 'contacts'] as const
const linesOf = (form: FormData, name: string) =>
  String(form.get(name) ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

/** Who invoices are for, and who gets them. */
export function ProfileForm({
  account,
  profile,
  countries,
  mayEdit,
}: {
  account: string
  profile: Profile
  countries: readonly { code: string; name: string }[]
  mayEdit: boolean
}) {
  const router = useRouter()
  const edit = useMutation(
    useTRPC().billing.profile.edit.mutationOptions({
      onSuccess: () => {
        toast('Billing details saved.')
        router.refresh()
      },
    }),
  )
  const path = edit.error ? pathOf(edit.error)?.split('.')[0] : undefined
  const isField = FIELDS.some((field) => field === path)
  const errorOf = (field: (typeof FIELDS)[number]) => (path === field ? messageOf(edit.error) : undefined)
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '')
    edit.mutate({
      account,
      name: text('name'),
      address: linesOf(form, 'address'),
      country: text('country'),
      taxId: text('taxId'),
      reference: text('reference'),
      contacts: linesOf(form, 'contacts'),
    })
  }
  return (
    <Panel title="Who is billed" sub="From the next invoice on">
      <form onSubmit={submit}>
        <fieldset className="stack m-0 border-0 p-0" disabled={!mayEdit}>
          <TextField
            label="Name or company"
            name="name"
            defaultValue={profile.name}
            required
            maxLength={200}
            autoComplete="organization"
            error={errorOf('name')}
          />
          <TextareaField
            label="Address"
            name="address"
            rows={4}
            defaultValue={profile.address.join('\n')}
            autoComplete="street-address"
            help="As on an envelope, at most six lines."
            error={errorOf('address')}
          />
          <div className="split items-start">
            <SelectField
              label="Country"
              name="country"
              defaultValue={profile.country ?? ''}
              autoComplete="country"
              options={[
                { value: '', label: 'Not given' },
                ...countries.map(({ code, name }) => ({ value: code, label: name })),
              ]}
              help="Tax is by the country."
              error={errorOf('country')}
            />
            <TextField
              label="Tax id"
              name="taxId"
              defaultValue={profile.taxId ?? ''}
              maxLength={40}
              help="Such as a VAT number, with its country's letters."
              error={errorOf('taxId')}
            />
          </div>
          <TextField
            label="Purchase reference"
            name="reference"
            defaultValue={profile.reference ?? ''}
            maxLength={100}
            help="An order or cost centre, printed on invoices."
            error={errorOf('reference')}
          />
          <TextareaField
            label="Billing contacts"
            name="contacts"
            rows={3}
            defaultValue={profile.contacts.join('\n')}
            help="Mail addresses, one a line. They get invoices, reminders and budget alerts, beside owners and billing members."
            error={errorOf('contacts')}
          />
          {edit.error && !isField && <FieldError>{messageOf(edit.error)}</FieldError>}
          {mayEdit ? (
            <div>
              <Button type="submit" variant="primary" busy={edit.isPending}>
                Save billing details
              </Button>
            </div>
          ) : (
            <p className="help">Owners, admins and billing members change this.</p>
          )}
        </fieldset>
      </form>
    </Panel>
  )
}
