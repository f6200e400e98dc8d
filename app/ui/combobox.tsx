'use client'

import { lazy, Suspense } from 'react'
import { Icon } from './symbol.tsx'
import { useFloat } from './use-float.ts'

const surface = () => import('./combobox-surface.tsx')
const Surface = lazy(surface)

export type Choice = { value: string; label: string; detail?: string }

/** One of many: over ten options, or options the server finds (`search`). A button that opens a list to type into. */
export function Combobox({
  label,
  options = [],
  value,
  onChange,
  search,
  placeholder = 'Choose',
  name,
}: {
  label: string
  options?: readonly Choice[]
  value: Choice | undefined
  onChange: (choice: Choice) => void
  /** Finds options for a text; without it `options` are filtered here. */
  search?: (text: string) => Promise<readonly Choice[]>
  placeholder?: string
  /** Sends the value with a form. */
  name?: string
}) {
  const { anchor, open, wasOpened, setOpen, onOpenChange, buttonProps } = useFloat(surface)
  return (
    <>
      {name && <input type="hidden" name={name} value={value?.value ?? ''} />}
      <button
        type="button"
        {...buttonProps}
        className="input flex w-full items-center gap-2 text-left"
        aria-haspopup="dialog"
        aria-label={`${label}: ${value?.label ?? placeholder}`}
      >
        <span className={`min-w-0 flex-1 truncate ${value ? '' : 'text-3'}`}>{value?.label ?? placeholder}</span>
        <Icon name="down" />
      </button>
      {wasOpened && (
        <Suspense>
          <Surface
            label={label}
            options={options}
            value={value}
            anchor={anchor}
            open={open}
            onOpenChange={onOpenChange}
            search={search}
            onChange={(choice) => {
              onChange(choice)
              setOpen(false)
            }}
          />
        </Suspense>
      )}
    </>
  )
}
