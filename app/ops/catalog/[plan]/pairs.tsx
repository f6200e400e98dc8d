'use client'

import { Button, IconButton } from '../../../ui/button.tsx'
import { FieldError, TextField } from '../../../ui/field.tsx'
import { nextId, type PairForm } from './terms-form.ts'

/** Rows of a key and a value: limits, steps of a promise. */
export function Pairs({
  of,
  keyLabel,
  valueLabel,
  placeholder,
  add,
  error,
  onChange,
}: {
  of: PairForm[]
  keyLabel: string
  valueLabel: string
  placeholder?: string
  add: string
  error?: string | undefined
  onChange: (pairs: PairForm[]) => void
}) {
  const set = (id: number, name: 'key' | 'value') => (event: { target: { value: string } }) =>
    onChange(of.map((pair) => (pair.id === id ? { ...pair, [name]: event.target.value } : pair)))
  return (
    <div className="flex flex-col gap-2">
      {of.map((pair) => (
        <div key={pair.id} className="grid grid-cols-[1fr_8rem_auto] items-end gap-2">
          <TextField label={keyLabel} value={pair.key} onChange={set(pair.id, 'key')} />
          <TextField
            label={valueLabel}
            inputMode="numeric"
            placeholder={placeholder}
            value={pair.value}
            onChange={set(pair.id, 'value')}
          />
          <IconButton
            icon="trash"
            label={`Remove ${pair.key || 'the row'}`}
            onClick={() => onChange(of.filter((one) => one.id !== pair.id))}
          />
        </div>
      ))}
      {error && <FieldError>{error}</FieldError>}
      <div>
        <Button size="sm" icon="plus" onClick={() => onChange([...of, { id: nextId(), key: '', value: '' }])}>
          {add}
        </Button>
      </div>
    </div>
  )
}
