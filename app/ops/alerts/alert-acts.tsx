'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'

const HOW_LONG = [
  { value: '60', label: '1 hour' },
  { value: '240', label: '4 hours' },
  { value: '1440', label: '1 day' },
  { value: '10080', label: '1 week' },
]

/** What can be done about an alert that fires. */
export function AlertActs({
  id,
  labels,
  incident,
  isSilent,
}: {
  id: string
  labels: Record<string, string>
  incident: string | null
  isSilent: boolean
}) {
  const [silencing, setSilencing] = useState(false)
  const router = useRouter()
  const begin = useMutation(
    useTRPC().incidents.alerts.openIncident.mutationOptions({
      onSuccess: (opened) => router.push(`/ops/incidents/${opened.incident}/update`),
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  return (
    <span className="row flex-nowrap">
      {incident ? (
        <a href={`/ops/incidents/${incident}`}>{incident}</a>
      ) : (
        <Button size="sm" busy={begin.isPending || begin.isSuccess} onClick={() => begin.mutate({ id })}>
          Open incident
        </Button>
      )}
      {!isSilent && (
        <Button size="sm" onClick={() => setSilencing(true)}>
          Silence
        </Button>
      )}
      {silencing && <SilenceDialog labels={labels} onClose={() => setSilencing(false)} />}
    </span>
  )
}

/** Which labels the silenced alerts have in common, for how long and why. */
function SilenceDialog({ labels, onClose }: { labels: Record<string, string>; onClose: () => void }) {
  const names = Object.keys(labels).filter((name) => labels[name] !== '')
  const usual = names.filter((name) => ['alertname', 'host', 'instance', 'heartbeat', 'node'].includes(name))
  const [chosen, setChosen] = useState(usual.length > 0 ? usual : names)
  const [minutes, setMinutes] = useState('60')
  const [comment, setComment] = useState('')
  const router = useRouter()
  const silence = useMutation(
    useTRPC().incidents.alerts.silence.mutationOptions({
      onSuccess: () => {
        onClose()
        router.refresh()
      },
    }),
  )
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Silence alerts"
      text="They stay in the list and wake nobody. What still fires when the silence ends wakes people then."
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            busy={silence.isPending}
            onClick={() =>
              silence.mutate({
                matchers: chosen.map((label) => ({ label, is: 'equal', value: labels[label] ?? '' })),
                minutes: Number(minutes),
                comment,
              })
            }
          >
            Silence them
          </Button>
        </>
      }
    >
      <div className="stack">
        <fieldset>
          <legend className="label">All alerts with</legend>
          {names.map((name) => (
            <Checkbox
              key={name}
              label={`${name}=${labels[name]}`.slice(0, 120)}
              checked={chosen.includes(name)}
              onChange={(event) =>
                setChosen(event.target.checked ? [...chosen, name] : chosen.filter((one) => one !== name))
              }
            />
          ))}
        </fieldset>
        <SelectField
          label="For"
          value={minutes}
          options={HOW_LONG}
          onChange={(event) => setMinutes(event.target.value)}
        />
        <TextField label="Why" value={comment} maxLength={500} onChange={(event) => setComment(event.target.value)} />
        {silence.error && <FieldError>{messageOf(silence.error)}</FieldError>}
      </div>
    </Dialog>
  )
}
