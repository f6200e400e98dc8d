'use client'

import type { Caller } from '#server/router.ts'
import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { RadioCards } from '../../../ui/choice.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../../ui/field.tsx'
import { toast } from '../../../ui/toast.tsx'
import { TRUSTS, type Trust } from './trust.ts'

type Cluster = Awaited<ReturnType<Caller['hosts']['clusters']['list']>>[number]
type Policy = { kind: 'free' | 'paid' | 'internal'; labelTrust: Trust; tenantAccount: string | null }

const KINDS = [
  { value: 'free', label: 'free' },
  { value: 'paid', label: 'paid' },
  { value: 'internal', label: 'internal' },
]
const trusts = Object.entries(TRUSTS).map(([value, { label, consequence }]) => ({ value, label, consequence }))

const policyOf = (form: FormData, labelTrust: Trust): Policy => ({
  kind: String(form.get('kind')) as Policy['kind'],
  labelTrust,
  tenantAccount: labelTrust === 'tenant' ? String(form.get('tenantAccount') ?? '') : null,
})

/** Makes a cluster. */
export function NewCluster() {
  const router = useRouter()
  const create = useMutation(useTRPC().hosts.clusters.create.mutationOptions())
  return (
    <ClusterDialog
      button="New cluster"
      title="New cluster"
      act="Make the cluster"
      keep="Keep the clusters as they are"
      error={create.error}
      busy={create.isPending}
      withName
      onSend={async (policy, name) => {
        await create.mutateAsync({ ...policy, name })
        toast(`Cluster ${name} is made`)
        router.refresh()
      }}
    />
  )
}

/** Changes what a cluster's hosts stand under. */
export function EditCluster({ cluster }: { cluster: Cluster }) {
  const router = useRouter()
  const edit = useMutation(useTRPC().hosts.clusters.edit.mutationOptions())
  return (
    <ClusterDialog
      button="Edit"
      small
      title={`Edit ${cluster.name}`}
      act={`Save ${cluster.name}`}
      keep="Keep it as it is"
      error={edit.error}
      busy={edit.isPending}
      cluster={cluster}
      onSend={async (policy) => {
        await edit.mutateAsync({ ...policy, id: cluster.id })
        toast(`Cluster ${cluster.name} is saved`)
        router.refresh()
      }}
    />
  )
}

function ClusterDialog(props: {
  button: string
  small?: boolean
  title: string
  act: string
  keep: string
  error: unknown
  busy: boolean
  withName?: boolean
  cluster?: Cluster
  onSend: (policy: Policy, name: string) => Promise<void>
}) {
  const { button, small, title, act, keep, error, busy, withName, cluster, onSend } = props
  const [open, setOpen] = useState(false)
  const [trust, setTrust] = useState<Trust>(cluster?.labelTrust ?? 'platform')
  const formId = `cluster-${cluster?.id ?? 'new'}`
  const wrong = error ? messageOf(error) : undefined
  const at = error ? pathOf(error) : undefined
  return (
    <>
      <Button {...(small ? { size: 'sm' as const } : {})} onClick={() => setOpen(true)}>
        {button}
        {cluster && <span className="vh"> {cluster.name}</span>}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={title}
        foot={
          <>
            <Button onClick={() => setOpen(false)}>{keep}</Button>
            <Button variant="primary" type="submit" form={formId} busy={busy}>
              {act}
            </Button>
          </>
        }
      >
        <form
          id={formId}
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            const form = new FormData(event.currentTarget)
            onSend(policyOf(form, trust), String(form.get('name') ?? '')).then(
              () => setOpen(false),
              () => {},
            )
          }}
        >
          {withName && (
            <TextField
              label="Name"
              name="name"
              required
              pattern="[a-z0-9][a-z0-9\-]{0,38}[a-z0-9]"
              help="Lower-case letters, digits and dashes, such as fra1-paid."
              error={at === 'name' ? wrong : undefined}
            />
          )}
          <SelectField
            label="Kind"
            name="kind"
            options={KINDS}
            defaultValue={cluster?.kind ?? 'free'}
            help="Quotas and policies can differ by kind."
          />
          <RadioCards
            legend="Labels of containers"
            name="labelTrust"
            options={trusts}
            value={trust}
            onChange={(value) => setTrust(value as Trust)}
          />
          {trust === 'tenant' && (
            <TextField
              label="Account"
              name="tenantAccount"
              required
              defaultValue={cluster?.tenantAccount ?? ''}
              error={at === 'tenantAccount' ? wrong : undefined}
            />
          )}
          {wrong && at !== 'name' && at !== 'tenantAccount' && <FieldError>{wrong}</FieldError>}
        </form>
      </Dialog>
    </>
  )
}
