'use client'

import { usePathname, useRouter, useSearchParams } from 'next/navigation'
import { useEffect, useRef } from 'react'
import { type Option, Select } from './field.tsx'

const TYPING_MS = 250

/** Writes one filter into the URL; a filter that changes starts the list anew, so its place goes. */
function useQueryWriter(): (name: string, value: string, mode: 'push' | 'replace') => void {
  const router = useRouter()
  const path = usePathname()
  const search = useSearchParams()
  return (name, value, mode) => {
    const next = new URLSearchParams(search)
    if (value) next.set(name, value)
    else next.delete(name)
    for (const place of ['cursor', 'offset']) next.delete(place)
    const query = next.toString()
    router[mode](query ? `${path}?${query}` : path, { scroll: false })
  }
}

/** The page's text filter, in the URL under `name`. `/` puts the focus here. */
export function FilterText({
  name = 'q',
  label,
  value,
  placeholder = label,
}: {
  name?: string
  label: string
  value: string
  placeholder?: string
}) {
  const write = useQueryWriter()
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const input = useRef<HTMLInputElement>(null)
  // Who follows a link leaves: a search that still waits must not call them back.
  useEffect(() => {
    const giveUp = (event: MouseEvent) => {
      if (event.target instanceof Element && event.target.closest('a')) clearTimeout(timer.current)
    }
    document.addEventListener('click', giveUp, true)
    return () => {
      document.removeEventListener('click', giveUp, true)
      clearTimeout(timer.current)
    }
  }, [])
  // A link or Back changed the filter. While somebody types, the input is ahead of the URL and stays as it is.
  useEffect(() => {
    if (input.current && input.current !== document.activeElement) input.current.value = value
  }, [value])
  return (
    <form
      role="search"
      className="w-55 max-w-full"
      onSubmit={(event) => {
        event.preventDefault()
        clearTimeout(timer.current)
        write(name, String(new FormData(event.currentTarget).get(name) ?? ''), 'replace')
      }}
    >
      <input
        ref={input}
        type="search"
        name={name}
        className="input"
        aria-label={label}
        aria-keyshortcuts="/"
        placeholder={placeholder}
        defaultValue={value}
        autoFocus={false}
        data-page-filter
        onChange={(event) => {
          const text = event.target.value
          clearTimeout(timer.current)
          timer.current = setTimeout(() => write(name, text, 'replace'), TYPING_MS)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
      />
    </form>
  )
}

/** One filter with a few options, in the URL under `name`. The option with the value '' means all. */
export function FilterSelect({
  name,
  label,
  value,
  options,
}: {
  name: string
  label: string
  value: string
  options: readonly Option[]
}) {
  const write = useQueryWriter()
  return (
    <Select
      aria-label={label}
      value={value}
      options={options}
      onChange={(event) => write(name, event.target.value, 'push')}
    />
  )
}
