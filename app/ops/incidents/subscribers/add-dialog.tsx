'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Checkbox } from '../../../ui/choice.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../../ui/field.tsx'
import { toast } from '../../../ui/toast.tsx'

const WAYS = {
  email: { label: 'E-mail', field: 'Address', help: 'name@example.com' },
  webhook: { label: 'Webhook', field: 'URL', help: 'Gets incident.updated, signed as Standard Webhooks' },
  'slack webhook': { label: 'Slack, by incoming webhook', field: 'URL', help: 'https://hooks.slack.com/services/…' },
  'slack channel': { label: 'Slack, by bot token', field: 'Channel', help: 'Its id, such as C0123ABCD' },
} as const
type Way = keyof typeof WAYS
const isWay = (text: string): text is Way => text in WAYS

type Choice = { key: string; name: string; region: string | null }

/** Adds somebody; unless an operator vouches for them, they are asked at their own address. */
export function AddDialog({ components }: { components: readonly Choice[] }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="sm" variant="primary" onClick={() => setOpen(true)}>
        Add a subscriber
      </Button>
      {open && <Form components={components} onClose={() => setOpen(false)} />}
    </>
  )
}

function Form({ components, onClose }: { components: readonly Choice[]; onClose: () => void }) {
  const router = useRouter()
  const [by, setBy] = useState<Way>('email')
  const [address, setAddress] = useState('')
  const [token, setToken] = useState('')
  const [agreed, setAgreed] = useState(false)
  const [chosen, setChosen] = useState<readonly string[]>([])
  const add = useMutation(
    useTRPC().incidents.subscribers.add.mutationOptions({
      onSuccess: ({ isNew, isTold }) => {
        toast(!isNew && isTold ? 'Is told already' : isTold ? 'Is told from now on' : 'Is asked to confirm')
        router.refresh()
        onClose()
      },
    }),
  )
  const isChannel = by === 'slack channel'
  const submit = () =>
    add.mutate({
      place: isChannel ? { by, address, token, baseUrl: '' } : { by, address },
      components: chosen.length > 0 ? [...chosen] : null,
      // A bot cannot follow a link: who has its token has agreed.
      agreed: agreed || isChannel,
    })
  const wrong = add.error ? messageOf(add.error) : undefined
  const path = add.error ? pathOf(add.error) : undefined
  const isAddress = path === 'address' || path === 'place.address' || path === 'url'
  return (
    <Dialog
      open
      onOpenChange={(to) => !to && onClose()}
      title="Add a subscriber"
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" busy={add.isPending} onClick={submit}>
            Add the subscriber
          </Button>
        </>
      }
    >
      <div className="stack">
        <SelectField
          label="How"
          value={by}
          options={Object.entries(WAYS).map(([value, { label }]) => ({ value, label }))}
          onChange={(event) => isWay(event.target.value) && setBy(event.target.value)}
        />
        <TextField
          label={WAYS[by].field}
          help={WAYS[by].help}
          autoComplete="off"
          value={address}
          error={isAddress ? wrong : undefined}
          onChange={(event) => setAddress(event.target.value)}
        />
        {isChannel && (
          <TextField
            label="Bot token"
            help="xoxb-…, with chat:write and channels:history; sealed, never shown again"
            type="password"
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        )}
        {components.length > 0 && (
          <fieldset className="stack">
            <legend className="label">Services; none checked is all</legend>
            {components.map(({ key, name, region }) => (
              <Checkbox
                key={key}
                label={region ? `${name}, ${region}` : name}
                checked={chosen.includes(key)}
                onChange={(event) =>
                  setChosen(event.target.checked ? [...chosen, key] : chosen.filter((one) => one !== key))
                }
              />
            ))}
          </fieldset>
        )}
        {!isChannel && (
          <Checkbox
            label="They have agreed"
            detail="Otherwise a message asks them to confirm first"
            checked={agreed}
            onChange={(event) => setAgreed(event.target.checked)}
          />
        )}
        {wrong && !isAddress && <FieldError>{wrong}</FieldError>}
      </div>
    </Dialog>
  )
}
