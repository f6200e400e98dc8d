'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC, useTRPCClient } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Combobox } from '../../ui/combobox.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'
import type { Group } from './groups.tsx'

type Choice = { value: string; label: string; detail?: string }
type Fault = { path: string | undefined; message: string }

/** Maps a label to an account: what matches moves there with all its hours, and so does what comes. */
export function RuleDialog({
  open,
  onOpenChange,
  of,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  of: Pick<Group, 'labelKey' | 'labelValue' | 'containers'> | null
}) {
  const client = useTRPCClient()
  const router = useRouter()
  const add = useMutation(useTRPC().usage.labelRules.add.mutationOptions())
  const [account, setAccount] = useState<Choice>()
  const [key, setKey] = useState(of?.labelKey ?? '')
  const [value, setValue] = useState(of?.labelValue ?? '')
  const [app, setApp] = useState('')
  const [priority, setPriority] = useState('100')
  const [fault, setFault] = useState<Fault>()
  const wrong = (path: string) => (fault?.path === path ? fault.message : undefined)

  const search = async (text: string): Promise<readonly Choice[]> => {
    const { rows } = await client.accounts.list.query({ search: text, limit: 20 })
    return rows.map((row) => ({ value: row.name, label: row.name, detail: row.displayName }))
  }
  const submit = async () => {
    if (!account) return setFault({ path: 'account', message: 'Choose the account it belongs to.' })
    const rank = Number(priority)
    if (!Number.isInteger(rank) || rank < 0) return setFault({ path: 'priority', message: 'Type a whole number.' })
    try {
      await add.mutateAsync({
        labelKey: key,
        labelValue: value,
        account: account.value,
        app: app.trim() || null,
        priority: rank,
      })
      toast(`Mapped to ${account.value}. Its hours move within a minute.`)
      onOpenChange(false)
      router.refresh()
    } catch (error) {
      setFault({ path: pathOf(error), message: messageOf(error) })
    }
  }
  const label = account ? `Map to ${account.value}` : 'Map to the account'
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={of ? `Map ${of.labelValue}` : 'Add a label rule'}
      text={
        of
          ? `${of.containers} containers match now. They move with all their hours, and so does what comes. What an account owns stays with it.`
          : 'What nobody owns and matches moves to the account with all its hours.'
      }
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={add.isPending} onClick={() => void submit()}>
            {label}
          </Button>
        </>
      }
    >
      <div className="stack">
        {of ? (
          <SelectField
            label="Goes by"
            value={key}
            options={[
              {
                value: of.labelKey,
                label:
                  of.labelKey === '@image'
                    ? 'the image'
                    : of.labelKey === '@name'
                      ? 'the name'
                      : `the label ${of.labelKey}`,
              },
            ]}
            onChange={(event) => setKey(event.target.value)}
          />
        ) : (
          <TextField
            label="Label"
            help="A label's key; @name or @image for a container's name or image."
            value={key}
            error={wrong('labelKey')}
            onChange={(event) => setKey(event.target.value)}
          />
        )}
        <TextField
          label="Value"
          help="* stands for any run of characters."
          value={value}
          error={wrong('labelValue')}
          onChange={(event) => setValue(event.target.value)}
        />
        <div className="field">
          <span className="label">Account</span>
          <Combobox
            label="Account"
            options={[]}
            value={account}
            onChange={setAccount}
            search={search}
            placeholder="Choose an account"
          />
          {wrong('account') && <FieldError>{wrong('account')}</FieldError>}
        </div>
        <TextField
          label="App"
          help="Empty takes the label's value, or the Compose service."
          value={app}
          onChange={(event) => setApp(event.target.value)}
        />
        <TextField
          label="Priority"
          help="Where several rules match, the lowest number wins."
          inputMode="numeric"
          value={priority}
          error={wrong('priority')}
          onChange={(event) => setPriority(event.target.value)}
        />
        {fault && !['account', 'labelKey', 'labelValue', 'priority'].includes(fault.path ?? '') && (
          <FieldError>{fault.message}</FieldError>
        )}
      </div>
    </Dialog>
  )
}
