'use client'

import { useId, useState } from 'react'
import { Glyph } from './glyph.tsx'

type Common = {
  label: React.ReactNode
  /** Below the input, always visible. */
  help?: React.ReactNode
  /** From the server or the form; wins over `validate`. */
  error?: string | undefined
  /** Checked on blur, and again on submit by the form. Returns what to do about it, or nothing. */
  validate?: ((value: string) => string | undefined) | undefined
}

/** What is wrong and what to do, under its input. */
export function FieldError({ id, children }: { id?: string; children: React.ReactNode }) {
  return (
    <div className="field-error" id={id} role="alert">
      <Glyph status="major" />
      <span>{children}</span>
    </div>
  )
}

function useField({ error, validate, help }: Pick<Common, 'error' | 'validate' | 'help'>) {
  const id = useId()
  const [found, setFound] = useState<string>()
  const wrong = error ?? found
  const described = [help ? `${id}h` : '', wrong ? `${id}e` : ''].filter(Boolean).join(' ')
  return {
    id,
    wrong,
    aria: { id, 'aria-invalid': wrong ? true : undefined, 'aria-describedby': described || undefined },
    check: (value: string) => validate && setFound(validate(value)),
    recheck: (value: string) => found !== undefined && validate && setFound(validate(value)),
  }
}

function Frame({
  field: { id, wrong },
  label,
  help,
  children,
}: Pick<Common, 'label' | 'help'> & { field: { id: string; wrong: string | undefined }; children: React.ReactNode }) {
  return (
    <div className="field">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      {children}
      {help && (
        <div className="help" id={`${id}h`}>
          {help}
        </div>
      )}
      {wrong && <FieldError id={`${id}e`}>{wrong}</FieldError>}
    </div>
  )
}

/** One line of text. A native input: works before hydration and with password managers. */
export function TextField({ label, help, error, validate, ...input }: Common & React.ComponentPropsWithRef<'input'>) {
  const field = useField({ error, validate, help })
  return (
    <Frame field={field} label={label} help={help}>
      <input
        className="input"
        {...input}
        {...field.aria}
        onBlur={(event) => {
          field.check(event.target.value)
          input.onBlur?.(event)
        }}
        onChange={(event) => {
          field.recheck(event.target.value)
          input.onChange?.(event)
        }}
      />
    </Frame>
  )
}

/** Several lines of text. */
export function TextareaField({
  label,
  help,
  error,
  validate,
  ...input
}: Common & React.ComponentPropsWithRef<'textarea'>) {
  const field = useField({ error, validate, help })
  return (
    <Frame field={field} label={label} help={help}>
      <textarea
        className="input"
        {...input}
        {...field.aria}
        onBlur={(event) => {
          field.check(event.target.value)
          input.onBlur?.(event)
        }}
      />
    </Frame>
  )
}

/** One of a few options. Over ten use `Combobox`. */
export function SelectField({
  label,
  help,
  error,
  options,
  ...select
}: Omit<Common, 'validate'> & Omit<React.ComponentPropsWithRef<'select'>, 'size'> & { options: readonly Option[] }) {
  const field = useField({ error, help })
  return (
    <Frame field={field} label={label} help={help}>
      <Select {...select} {...field.aria} options={options} />
    </Frame>
  )
}

export type Option = { value: string; label: string; disabled?: boolean }

/** The bare list of options, for toolbars; give it an `aria-label`. */
export function Select({
  options,
  size,
  className = '',
  ...select
}: Omit<React.ComponentPropsWithRef<'select'>, 'size'> & { options: readonly Option[]; size?: 'sm' }) {
  return (
    <select className={`select ${size ?? ''} ${className}`} {...select}>
      {options.map((option) => (
        <option key={option.value} value={option.value} disabled={option.disabled}>
          {option.label}
        </option>
      ))}
    </select>
  )
}
