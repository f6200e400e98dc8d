'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import type { Caller } from '#server/router.ts'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { FieldError, TextareaField, TextField } from '../../../ui/field.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { toast } from '../../../ui/toast.tsx'
import { counted, shown } from '../words.ts'
import { RuleDiffView } from './diff-view.tsx'

type Preview = Awaited<ReturnType<Caller['abuse']['preview']>>

/** The rules as JSON: previewed against the last day's findings, then saved as a version whose news run dry first. */
export function RulesEditor({
  rules,
  version,
  isAdmin,
  dryRunHours,
}: {
  rules: string
  version: number
  isAdmin: boolean
  dryRunHours: number
}) {
  const [text, setText] = useState(rules)
  const [note, setNote] = useState('')
  const [preview, setPreview] = useState<{ of: string; says: Preview }>()
  const [fault, setFault] = useState('')
  const trpc = useTRPC()
  const router = useRouter()
  const save = useMutation(
    trpc.abuse.saveRules.mutationOptions({
      onSuccess: (saved) => {
        toast(`Version ${saved.version} is saved; ${counted(saved.dryRun.length, 'rule')} in dry-run`)
        setPreview(undefined)
        router.refresh()
      },
      onError: (error) => setFault(messageOf(error)),
    }),
  )
  const parsed = (): unknown[] | undefined => {
    try {
      const value: unknown = JSON.parse(text)
      if (Array.isArray(value)) return value
      setFault('The rules are a list: [ … ].')
    } catch (error) {
      setFault(error instanceof Error ? `This is not JSON: ${error.message}` : 'This is not JSON.')
    }
    return undefined
  }
  const ask = useMutation(
    trpc.abuse.preview.mutationOptions({
      onSuccess: (says) => setPreview({ of: text, says }),
      onError: (error) => setFault(messageOf(error)),
    }),
  )
  const look = () => {
    setFault('')
    const rules = parsed()
    if (rules) ask.mutate({ rules })
  }
  const isSeen = preview?.of === text
  return (
    <Panel title="Edit" sub={`New and changed rules run dry for ${dryRunHours} h, then arm themselves`}>
      <div className="grid gap-3">
        <TextareaField
          label="Rules, as JSON"
          rows={16}
          className="input mono text-xs"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
          help="Expressions are RE2: no look-around, no back-references."
        />
        {fault && <FieldError>{fault}</FieldError>}
        <div className="row">
          <Button busy={ask.isPending} onClick={look}>
            Preview against the last 24 h
          </Button>
          {text !== rules && (
            <Button variant="ghost" onClick={() => setText(rules)}>
              Undo my changes
            </Button>
          )}
        </div>
        {preview && isSeen && <PreviewWords of={preview.says} />}
        {isAdmin && isSeen && (
          <form
            className="grid gap-3"
            onSubmit={(event) => {
              event.preventDefault()
              setFault('')
              const rules = parsed()
              if (rules) save.mutate({ rules, basedOn: version, note })
            }}
          >
            <TextField label="Why it changes" value={note} onChange={(event) => setNote(event.target.value)} />
            <div className="row">
              <Button variant="primary" type="submit" busy={save.isPending}>
                Save as version {version + 1}
              </Button>
            </div>
          </form>
        )}
      </div>
    </Panel>
  )
}

function PreviewWords({ of }: { of: Preview }) {
  const { looked, stops, throttles, changed } = of
  return (
    <div role="status" className="grid gap-2">
      <p className="m-0">
        <b>
          Would have stopped {counted(stops.containers, 'container')} of {counted(stops.accounts, 'account')}
        </b>{' '}
        and slowed {counted(throttles.containers, 'container')} of {counted(throttles.accounts, 'account')}, of{' '}
        {counted(looked.containers, 'container')} that agents found in the last 24 h
        {looked.cut && ' (the newest findings)'}.
      </p>
      {changed.length === 0 ? (
        <p className="dim m-0">No container’s verdict differs from that of the rules that hold now.</p>
      ) : (
        <ul className="m-0 pl-5 text-sm">
          {changed.map((one) => (
            <li key={`${one.owner}/${one.app}/${one.container}`}>
              {shown(one.owner, 40)} / {shown(one.app, 40)}, {shown(one.container, 40)}: {one.before} becomes{' '}
              {one.after} ({one.points} points)
            </li>
          ))}
        </ul>
      )}
      <RuleDiffView diff={of.diff} />
    </div>
  )
}
