'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, TextField } from '../../../ui/field.tsx'
import { Facts, Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Banner, StatusBadge } from '../../../ui/status.tsx'
import { Time } from '../../../ui/time.tsx'
import { toast } from '../../../ui/toast.tsx'

export type Bucket = {
  endpoint: string
  region: string
  bucket: string
  prefix: string
  accessKey: string
  files: number
  isCurrent: boolean
  uploadedAt: Date | null
  lastError: string | null
  failingSince: Date | null
}

/** The object store that the page is copied to, and how that goes. */
export function BucketPanel({ bucket, isAdmin }: { bucket: Bucket | null; isAdmin: boolean }) {
  const router = useRouter()
  const trpc = useTRPC()
  const copy = useMutation(trpc.incidents.statusPage.copy.mutationOptions())
  const remove = useMutation(trpc.incidents.statusPage.removeBucket.mutationOptions())
  const [shown, setShown] = useState<'edit' | 'remove'>()
  const copyNow = async () => {
    try {
      await copy.mutateAsync()
      toast('It is being copied.')
    } catch (error) {
      toast(messageOf(error), { failed: true })
    }
  }
  return (
    <Panel
      title="Object storage"
      sub="a copy that outlives this control plane"
      badge={bucket ? <Health of={bucket} /> : undefined}
      actions={
        <>
          {bucket && (
            <Button size="sm" busy={copy.isPending} onClick={() => void copyNow()}>
              Copy now
            </Button>
          )}
          {isAdmin && (
            <Button size="sm" icon="edit" onClick={() => setShown('edit')}>
              {bucket ? 'Edit the store' : 'Copy to a store'}
            </Button>
          )}
          {isAdmin && bucket && (
            <Button size="sm" variant="ghost" onClick={() => setShown('remove')}>
              Stop copying
            </Button>
          )}
        </>
      }
    >
      {bucket ? (
        <div className="stack">
          {bucket.lastError && (
            <Banner status="major" title="The last copy failed.">
              {bucket.lastError}. It failed first <Time at={bucket.failingSince} /> and is tried again within minutes.
            </Banner>
          )}
          <Facts
            of={[
              ['Store', bucket.endpoint],
              ['Bucket', `${bucket.bucket}${bucket.prefix ? `, below ${bucket.prefix}` : ''}`],
              ['Region', bucket.region],
              ['Access key', `${bucket.accessKey}; its secret is sealed`],
              ['Copied', bucket.uploadedAt ? <Time key="at" at={bucket.uploadedAt} /> : 'not yet'],
              ['Files there', String(bucket.files)],
            ]}
          />
        </div>
      ) : (
        <Empty title="Not copied anywhere">
          Any S3-compatible store with a bucket that everybody may read can serve the page while all of this is down.
        </Empty>
      )}
      {shown === 'edit' && <BucketDialog bucket={bucket} onOpenChange={() => setShown(undefined)} />}
      <ConfirmDialog
        open={shown === 'remove'}
        onOpenChange={() => setShown(undefined)}
        title="Stop copying?"
        confirm="Stop copying"
        onConfirm={async () => {
          await remove.mutateAsync()
          router.refresh()
        }}
      >
        What is in the bucket stays there and grows old. Point your readers elsewhere first.
      </ConfirmDialog>
    </Panel>
  )
}

function Health({ of: { lastError, isCurrent } }: { of: Bucket }) {
  const [status, word] = lastError
    ? (['major', 'Failing'] as const)
    : isCurrent
      ? (['operational', 'Up to date'] as const)
      : (['unknown', 'Being copied'] as const)
  return <StatusBadge status={status}>{word}</StatusBadge>
}

const FIELDS = [
  { name: 'endpoint', label: 'Address', help: 'Of the store, without the bucket.', placeholder: 'https://' },
  { name: 'region', label: 'Region', help: 'auto where the store has none.', placeholder: 'eu-central-1' },
  { name: 'bucket', label: 'Bucket', help: 'Everybody must be allowed to read it.', placeholder: '' },
  { name: 'prefix', label: 'Folder', help: 'Below the bucket; may be empty.', placeholder: 'status/' },
  { name: 'accessKey', label: 'Access key id', help: 'It needs to put and delete objects there.', placeholder: '' },
  { name: 'secretKey', label: 'Secret access key', help: 'Sealed, and never shown again.', placeholder: '' },
] as const

function BucketDialog({ bucket, onOpenChange }: { bucket: Bucket | null; onOpenChange: (open: boolean) => void }) {
  const router = useRouter()
  const save = useMutation(useTRPC().incidents.statusPage.setBucket.mutationOptions())
  const [given, setGiven] = useState({
    endpoint: bucket?.endpoint ?? '',
    region: bucket?.region ?? '',
    bucket: bucket?.bucket ?? '',
    prefix: bucket?.prefix ?? '',
    accessKey: bucket?.accessKey ?? '',
    secretKey: '',
  })
  const [fault, setFault] = useState<{ path: string; message: string }>()
  const submit = async () => {
    const { secretKey, ...rest } = given
    try {
      await save.mutateAsync(secretKey === '' && bucket ? rest : given)
      toast('The store is saved; the page is being copied.')
      onOpenChange(false)
      router.refresh()
    } catch (error) {
      setFault({ path: pathOf(error) ?? '', message: messageOf(error) })
    }
  }
  return (
    <Dialog
      open
      onOpenChange={onOpenChange}
      title="Copy the page to object storage"
      text="Files are copied after every change and every five minutes."
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={save.isPending} onClick={() => void submit()}>
            Save and copy
          </Button>
        </>
      }
    >
      <div className="stack">
        {FIELDS.map(({ name, label, help, placeholder }) => (
          <TextField
            key={name}
            label={label}
            help={name === 'secretKey' && bucket ? 'Empty keeps the one there is.' : help}
            placeholder={placeholder}
            type={name === 'secretKey' ? 'password' : 'text'}
            autoComplete="off"
            value={given[name]}
            error={fault?.path === name ? fault.message : undefined}
            onChange={(event) => setGiven({ ...given, [name]: event.target.value })}
          />
        ))}
        {fault && !FIELDS.some(({ name }) => name === fault.path) && <FieldError>{fault.message}</FieldError>}
      </div>
    </Dialog>
  )
}
