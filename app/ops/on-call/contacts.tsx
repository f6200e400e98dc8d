'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../ui/field.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import type { Person } from './words.ts'

type Kind = {
  kind: string
  name: string
  fields: { field: string; label: string; hint: string | null; isSecret: boolean }[]
}
type Contact = {
  id: string
  userId: string
  kind: string
  address: string
  lastState: string | null
  lastDetail: string | null
  lastAt: Date | null
}

/** How everybody is reached; one's own ways can be added, tried and removed. */
export function Contacts({
  me,
  people,
  kinds,
  contacts,
}: {
  me: string | null
  people: readonly Person[]
  kinds: readonly Kind[]
  contacts: readonly Contact[]
}) {
  const [adding, setAdding] = useState(false)
  const nameOf = (userId: string) => people.find(({ id }) => id === userId)?.name ?? 'somebody who left'
  const kindOf = (kind: string) => kinds.find((one) => one.kind === kind)?.name ?? kind
  return (
    <Panel
      title="How people are reached"
      sub="all of a person’s ways at once"
      actions={
        me && (
          <Button size="sm" onClick={() => setAdding(true)}>
            Add your own
          </Button>
        )
      }
      flush
    >
      <Table
        label="How people are reached"
        rows={contacts}
        rowKey={({ id }) => id}
        empty={<Empty title="Nobody added any">Without one, people are paged by mail where they sign in.</Empty>}
        columns={[
          { head: 'Who', phone: 'title', cell: ({ userId }) => nameOf(userId) },
          { head: 'How', cell: ({ kind }) => kindOf(kind) },
          { head: 'Where', cell: ({ address }) => <span className="break-all">{address}</span> },
          {
            head: 'Last message',
            prose: true,
            cell: ({ lastState, lastDetail, lastAt }) =>
              lastState ? (
                <>
                  {lastState} <Time at={lastAt} show="relative" /> {lastDetail}
                </>
              ) : (
                'none yet'
              ),
          },
          { head: '', cell: ({ id, userId }) => userId === me && <Acts id={id} /> },
        ]}
      />
      {adding && <ContactDialog kinds={kinds} onClose={() => setAdding(false)} />}
    </Panel>
  )
}

function Acts({ id }: { id: string }) {
  const router = useRouter()
  const { testContact, removeContact } = useTRPC().incidents.onCall
  const onError = (error: unknown) => toast(messageOf(error), { failed: true })
  const test = useMutation(
    testContact.mutationOptions({
      onError,
      onSuccess: ({ kind, detail }) =>
        kind === 'delivered' ? toast('The test was accepted') : toast(`It did not arrive: ${detail}`, { failed: true }),
    }),
  )
  const remove = useMutation(removeContact.mutationOptions({ onError, onSuccess: () => router.refresh() }))
  return (
    <span className="row flex-nowrap">
      <Button size="sm" busy={test.isPending} onClick={() => test.mutate({ id })}>
        Send test
      </Button>
      <Button size="sm" variant="ghost" busy={remove.isPending} onClick={() => remove.mutate({ id })}>
        Remove
      </Button>
    </span>
  )
}

function ContactDialog({ kinds, onClose }: { kinds: readonly Kind[]; onClose: () => void }) {
  const router = useRouter()
  const [kindName, setKindName] = useState(kinds[0]?.kind ?? '')
  const [fields, setFields] = useState<Record<string, string>>({})
  const kind = kinds.find((one) => one.kind === kindName)
  const add = useMutation(
    useTRPC().incidents.onCall.addContact.mutationOptions({
      onSuccess: () => {
        onClose()
        router.refresh()
      },
    }),
  )
  const wrong = (path: string) => (add.error && pathOf(add.error) === path ? messageOf(add.error) : undefined)
  const isPlaced = kind?.fields.some(({ field }) => wrong(`fields.${field}`))
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Add a way to reach you"
      text="A page goes to all of your ways at once."
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" busy={add.isPending} onClick={() => add.mutate({ kind: kindName, fields })}>
            Add it
          </Button>
        </>
      }
    >
      <div className="stack">
        <SelectField
          label="How"
          value={kindName}
          options={kinds.map((one) => ({ value: one.kind, label: one.name }))}
          onChange={(event) => {
            setKindName(event.target.value)
            setFields({})
          }}
        />
        {kind?.fields.map(({ field, label, hint, isSecret }) => (
          <TextField
            key={`${kindName}-${field}`}
            label={label}
            help={hint ?? undefined}
            type={isSecret ? 'password' : 'text'}
            autoComplete="off"
            value={fields[field] ?? ''}
            error={wrong(`fields.${field}`)}
            onChange={(event) => setFields({ ...fields, [field]: event.target.value })}
          />
        ))}
        {add.error && !isPlaced && <FieldError>{messageOf(add.error)}</FieldError>}
      </div>
    </Dialog>
  )
}
