'use client'

import type { Caller } from '#server/router.ts'
import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { Panel } from '../../ui/panel.tsx'
import { toast } from '../../ui/toast.tsx'

type Preview = Awaited<ReturnType<Caller['accounts']['previewConversion']>>

/** Makes a personal account an organization, after everything it moves and ends was shown. */
export function ConvertPanel({ preview }: { preview: Preview }) {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const convert = useMutation(useTRPC().accounts.convert.mutationOptions())
  const field = convert.error ? pathOf(convert.error) : undefined
  const { account } = preview
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    try {
      const { personalAccount } = await convert.mutateAsync({
        account,
        typedName: String(form.get('typedName')),
        personalName: String(form.get('personalName')).trim(),
        seen: preview.digest,
      })
      toast(`${account} is an organization now. Your own account is ${personalAccount}.`)
      setOpen(false)
    } catch {
      // The form says why; what is shown is read anew.
    }
    router.refresh()
  }
  return (
    <Panel title="Make it an organization">
      <div className="row">
        <span>To work with others under the name {account}: members, teams and several owners.</span>
        <span className="flex-1" />
        <Button onClick={() => setOpen(true)}>See what it would do</Button>
      </div>
      <Dialog
        open={open}
        onOpenChange={(next) => {
          setOpen(next)
          convert.reset()
        }}
        title={`Make ${account} an organization?`}
        wide
      >
        <form className="stack" onSubmit={(event) => void submit(event)}>
          <div className="split">
            <List
              title={`Stays with ${account}`}
              of={preview.stays.map(({ what, count }) => `${count} ${what}`)}
              none="Nothing yet."
            />
            <List
              title="Stays yours"
              of={preview.yours.map(({ what, count }) => `${count} ${what}`)}
              none="Your sign-in, and nothing else."
            />
          </div>
          <List title="Changes" of={preview.changes} />
          <List title="Is lost" of={preview.lost} />
          <TextField
            label="Name of your new personal account"
            name="personalName"
            required
            maxLength={64}
            autoComplete="off"
            error={field === 'personalName' ? messageOf(convert.error) : undefined}
          />
          <TextField
            label={`Type ${account} to go on`}
            name="typedName"
            required
            autoComplete="off"
            error={field === 'typedName' ? messageOf(convert.error) : undefined}
          />
          {convert.error && field !== 'personalName' && field !== 'typedName' && (
            <FieldError>{messageOf(convert.error)}</FieldError>
          )}
          <div className="dialog-foot">
            <Button onClick={() => setOpen(false)}>Keep it personal</Button>
            <Button type="submit" variant="danger" busy={convert.isPending}>
              Make it an organization
            </Button>
          </div>
        </form>
      </Dialog>
    </Panel>
  )
}

function List({ title, of, none }: { title: string; of: readonly string[]; none?: string }) {
  return (
    <div>
      <b>{title}</b>
      <ul className="list-disc pl-5">
        {of.map((line) => (
          <li key={line}>{line}</li>
        ))}
        {of.length === 0 && <li className="dim">{none}</li>}
      </ul>
    </div>
  )
}
