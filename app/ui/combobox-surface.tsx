'use client'

import { Popover } from '@base-ui/react/popover'
import { Command } from 'cmdk'
import { useEffect, useRef, useState } from 'react'
import type { Choice } from './combobox.tsx'
import { Icon } from './symbol.tsx'

const TYPING_MS = 150

/** Options for a text from the server, the newest question winning; `undefined` while none is asked. */
function useSearched(text: string, search: ((text: string) => Promise<readonly Choice[]>) | undefined) {
  const [found, setFound] = useState<readonly Choice[]>()
  const latest = useRef(search)
  latest.current = search
  useEffect(() => {
    let isOver = false
    const timer = setTimeout(async () => {
      const answer = await latest.current?.(text).catch(() => [])
      if (!isOver && answer) setFound(answer)
    }, TYPING_MS)
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [text])
  return found
}

/** The list itself; loaded on the first approach to its button. */
export default function ComboboxSurface({
  label,
  options,
  value,
  anchor,
  open,
  onOpenChange,
  search,
  onChange,
}: {
  label: string
  options: readonly Choice[]
  value: Choice | undefined
  anchor: React.RefObject<HTMLButtonElement | null>
  open: boolean
  onOpenChange: (open: boolean, details?: { event?: Event; reason?: string }) => void
  search: ((text: string) => Promise<readonly Choice[]>) | undefined
  onChange: (choice: Choice) => void
}) {
  const [text, setText] = useState('')
  const input = useRef<HTMLInputElement>(null)
  const found = useSearched(text, search)
  const shown = found ?? options
  return (
    <Popover.Root open={open} onOpenChange={onOpenChange}>
      <Popover.Portal>
        <Popover.Positioner anchor={anchor} align="start" sideOffset={4} collisionPadding={8} className="floating">
          <Popover.Popup className="pop palette" initialFocus={input} finalFocus={anchor} aria-label={label}>
            <Command label={label} shouldFilter={!search} loop>
              <div className="palette-input h-9! text-sm!">
                <Icon name="search" />
                <Command.Input ref={input} value={text} onValueChange={setText} placeholder="Type to find" />
              </div>
              <Command.List label={label} className="pt-1">
                <Command.Empty>Nothing is called "{text}".</Command.Empty>
                {shown.map((choice) => (
                  <Command.Item
                    key={choice.value}
                    value={choice.value}
                    keywords={[choice.label, choice.detail ?? '']}
                    onSelect={() => onChange(choice)}
                  >
                    <span>
                      {choice.label} <span className="dim">{choice.detail}</span>
                    </span>
                    {choice.value === value?.value && <Icon name="check" />}
                  </Command.Item>
                ))}
              </Command.List>
            </Command>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
