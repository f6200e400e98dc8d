'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, TextField } from '../../../ui/field.tsx'
import { toast } from '../../../ui/toast.tsx'

type Settings = { name: string; logoUrl: string; domain: string }
const FIELDS = new Set(['name', 'logoUrl', 'domain'])

/** Names the page, gives it a logo and a host name of its own. */
export function SettingsDialog({ settings }: { settings: Settings }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button size="sm" icon="edit" onClick={() => setOpen(true)} aria-label="Edit the status page">
        Edit
      </Button>
      {isOpen && <OpenDialog settings={settings} onOpenChange={setOpen} />}
    </>
  )
}

function OpenDialog({ settings, onOpenChange }: { settings: Settings; onOpenChange: (open: boolean) => void }) {
  const router = useRouter()
  const edit = useMutation(useTRPC().incidents.statusPage.edit.mutationOptions())
  const [given, setGiven] = useState(settings)
  const [fault, setFault] = useState<{ path: string; message: string }>()
  const wrong = (path: string) => (fault?.path === path ? fault.message : undefined)
  const set = (name: keyof Settings) => (event: { target: { value: string } }) =>
    setGiven({ ...given, [name]: event.target.value })
  const submit = async () => {
    try {
      await edit.mutateAsync(given)
      toast('The status page is saved and rendered anew.')
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
      title="Edit the status page"
      text="Everybody sees it."
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={edit.isPending} onClick={() => void submit()}>
            Save the status page
          </Button>
        </>
      }
    >
      <div className="stack">
        <TextField
          label="Name"
          help="Whose status it is: Halyard Cloud."
          value={given.name}
          error={wrong('name')}
          onChange={set('name')}
        />
        <TextField
          label="Logo"
          help="Address of an image, at most 160 by 32 px. Empty shows the tally mark."
          type="url"
          placeholder="https://"
          value={given.logoUrl}
          error={wrong('logoUrl')}
          onChange={set('logoUrl')}
        />
        <TextField
          label="Domain"
          help="Where a web server or bucket of yours serves the files. Feeds and JSON then link there."
          placeholder="status.example.com"
          value={given.domain}
          error={wrong('domain')}
          onChange={set('domain')}
        />
        {fault && !FIELDS.has(fault.path) && <FieldError>{fault.message}</FieldError>}
      </div>
    </Dialog>
  )
}
