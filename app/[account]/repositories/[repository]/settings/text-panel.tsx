'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { Readme } from '../../../../registry-parts/readme.tsx'
import { messageOf, useTRPC } from '../../../../trpc.tsx'
import { Button } from '../../../../ui/button.tsx'
import { FieldError, TextareaField, TextField } from '../../../../ui/field.tsx'
import { Panel } from '../../../../ui/panel.tsx'
import { SegmentedButtons } from '../../../../ui/segmented.tsx'
import { toast } from '../../../../ui/toast.tsx'

/** Description and README, with a look at the result before it is saved. */
export function TextPanel({
  path,
  description,
  readme,
  mayChange,
}: {
  path: string
  description: string
  readme: string
  mayChange: boolean
}) {
  const router = useRouter()
  const [line, setLine] = useState(description)
  const [text, setText] = useState(readme)
  const [view, setView] = useState<'write' | 'look'>('write')
  const edit = useMutation(
    useTRPC().registry.repository.edit.mutationOptions({
      onSuccess: () => {
        toast('Saved.')
        router.refresh()
      },
    }),
  )
  return (
    <Panel
      title="Description and README"
      actions={
        <SegmentedButtons
          label="README"
          value={view}
          onChange={setView}
          items={[
            { value: 'write', label: 'Write' },
            { value: 'look', label: 'Preview' },
          ]}
        />
      }
    >
      <div className="stack">
        <TextField
          label="Description"
          maxLength={200}
          value={line}
          disabled={!mayChange}
          onChange={(event) => setLine(event.target.value)}
        />
        {view === 'write' ? (
          <TextareaField
            label="README"
            rows={12}
            maxLength={100_000}
            value={text}
            disabled={!mayChange}
            help="Markdown: headings, lists, code, links. HTML and images are shown as text and links."
            onChange={(event) => setText(event.target.value)}
          />
        ) : (
          <Readme text={text} />
        )}
        {edit.error && <FieldError>{messageOf(edit.error)}</FieldError>}
        {mayChange && (
          <div className="row">
            <Button
              variant="primary"
              busy={edit.isPending}
              onClick={() => edit.mutate({ path, description: line, readme: text })}
            >
              Save the text
            </Button>
          </div>
        )}
      </div>
    </Panel>
  )
}
