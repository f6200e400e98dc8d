'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../ui/field.tsx'
import { MatcherFields } from './matcher-fields.tsx'
import type { Matcher } from './words.ts'

const HOW_LONG = [
  { value: '60', label: '1 hour' },
  { value: '240', label: '4 hours' },
  { value: '1440', label: '1 day' },
  { value: '10080', label: '1 week' },
]

type Props = {
  title: string
  matchers: Matcher[]
  comment?: string
  /** Of an alert: these are offered to choose from, instead of conditions to write. */
  labels?: Record<string, string>
  /** The silence in whose place it comes. */
  instead?: string
  onClose: () => void
}

/** Which alerts are silent, for how long from now on and why. */
export function SilenceDialog({ title, matchers: begin, comment: why = '', labels, instead, onClose }: Props) {
  const [matchers, setMatchers] = useState(begin)
  const [minutes, setMinutes] = useState('60')
  const [comment, setComment] = useState(why)
  const router = useRouter()
  const silence = useMutation(
    useTRPC().incidents.alerts.silence.mutationOptions({
      onSuccess: () => {
        onClose()
        router.refresh()
      },
    }),
  )
  const wrong = silence.error ? messageOf(silence.error) : undefined
  const isWhy = pathOf(silence.error) === 'comment'
  return (
    <Dialog
      open
      wide={labels === undefined}
      onOpenChange={(open) => !open && onClose()}
      title={title}
      text="They stay in the list and wake nobody. What still fires when the silence ends wakes people then."
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" form="silence" busy={silence.isPending}>
            Silence them
          </Button>
        </>
      }
    >
      <form
        id="silence"
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          silence.mutate({ matchers, minutes: Number(minutes), comment, ...(instead ? { instead } : {}) })
        }}
      >
        <fieldset className={labels ? undefined : 'stack'}>
          <legend className="label">All alerts with</legend>
          {labels ? (
            <Labels labels={labels} matchers={matchers} change={setMatchers} />
          ) : (
            <MatcherFields matchers={matchers} change={setMatchers} />
          )}
        </fieldset>
        <SelectField
          label="For, from now on"
          value={minutes}
          options={HOW_LONG}
          onChange={(event) => setMinutes(event.target.value)}
        />
        <TextField
          label="Why"
          value={comment}
          maxLength={500}
          required
          error={isWhy ? wrong : undefined}
          onChange={(event) => setComment(event.target.value)}
        />
        {wrong && !isWhy && <FieldError>{wrong}</FieldError>}
      </form>
    </Dialog>
  )
}

type Choice = { labels: Record<string, string>; matchers: Matcher[]; change: (next: Matcher[]) => void }

function Labels({ labels, matchers, change }: Choice) {
  return Object.entries(labels)
    .filter(([, value]) => value !== '')
    .map(([label, value]) => (
      <Checkbox
        key={label}
        label={`${label}=${value}`.slice(0, 120)}
        checked={matchers.some((one) => one.label === label)}
        onChange={(event) =>
          change(
            event.target.checked
              ? [...matchers, { label, is: 'equal', value }]
              : matchers.filter((one) => one.label !== label),
          )
        }
      />
    ))
}

/** Silences what may come, such as during work that is planned. */
export function AddSilence() {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Add a silence
      </Button>
      {open && (
        <SilenceDialog
          title="Add a silence"
          matchers={[{ label: 'instance', is: 'equal', value: '' }]}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  )
}

/** Other alerts, a longer or a shorter time, from now on. */
export function ChangeSilence({ id, matchers, comment }: { id: string; matchers: Matcher[]; comment: string }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Change
      </Button>
      {open && (
        <SilenceDialog
          title="Change the silence"
          matchers={matchers}
          comment={comment}
          instead={id}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  )
}
