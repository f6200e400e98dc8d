'use client'

import { TextareaField } from '../../../ui/field.tsx'

/** The text of a file: pasted, or read from one that is chosen. */
export function FileField({
  label,
  help,
  value,
  error,
  onChange,
}: {
  label: string
  help: string
  value: string
  error?: string | undefined
  onChange: (text: string) => void
}) {
  return (
    <div className="stack">
      <TextareaField
        label={label}
        help={help}
        rows={6}
        spellCheck={false}
        value={value}
        error={error}
        onChange={(event) => onChange(event.target.value)}
      />
      <label className="help flex flex-wrap items-center gap-2">
        Or choose a file:{' '}
        <input
          type="file"
          className="file-choice"
          accept=".csv,.json,text/csv,application/json"
          onChange={(event) => {
            const [file] = event.target.files ?? []
            if (file) void file.text().then(onChange)
          }}
        />
      </label>
    </div>
  )
}
