'use client'

import { Dialog } from '@base-ui/react/dialog'
import { Command } from 'cmdk'
import { useRouter } from 'next/navigation'
import { useEffect, useRef, useState } from 'react'
import { Icon } from '../ui/symbol.tsx'
import type { Place } from './ops-nav.ts'
import { signOut } from './sign-out.ts'
import { chooseTheme } from './theme.ts'
import { type Found, useFound } from './use-found.ts'

const KINDS: Record<string, string> = { host: 'Hosts', container: 'Containers', account: 'Accounts', app: 'Apps' }

const ACTIONS: readonly { label: string; detail?: string; run: () => void }[] = [
  { label: 'Use the dark theme', run: () => chooseTheme('dark') },
  { label: 'Use the light theme', run: () => chooseTheme('light') },
  { label: 'Use the system theme', run: () => chooseTheme('system') },
  { label: 'Show all keys', detail: '?', run: () => window.dispatchEvent(new Event('wharf:keys')) },
  { label: 'Sign out', run: () => void signOut() },
]

const valueOf = ({ kind, href }: Found) => `${kind} ${href}`

/** Go to, act, search. Loaded the first time it is asked for. */
export default function Palette({
  open,
  onOpenChange,
  places,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  places: readonly Place[]
}) {
  const router = useRouter()
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState('')
  const { items, isLooking } = useFound(text)
  useEffect(() => {
    if (open) setText('')
  }, [open])
  // What the server finds comes after the letters: it is first in the list, so Enter must mean it.
  const [chosen, setChosen] = useState('')
  const first = items[0] && valueOf(items[0])
  useEffect(() => {
    if (first) setChosen(first)
  }, [first])
  const run = (act: () => void) => {
    onOpenChange(false)
    act()
  }
  const groups = Map.groupBy(items, (item) => item.kind)
  return (
    <Dialog.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Popup className="dialog palette" initialFocus={input} aria-label="Search or run a command">
          <Command label="Search or run a command" value={chosen} onValueChange={setChosen} loop>
            <div className="palette-input">
              <Icon name="search" />
              <Command.Input
                ref={input}
                value={text}
                onValueChange={setText}
                placeholder="A host, account, app or command"
              />
              <kbd>Esc</kbd>
            </div>
            <Command.List label="Results">
              <Command.Empty>{isLooking ? 'Looking…' : `Nothing is called "${text}".`}</Command.Empty>
              {[...groups].map(([kind, found]) => (
                <Command.Group key={kind} heading={KINDS[kind] ?? kind} forceMount>
                  {found.map((item) => (
                    <Command.Item
                      key={item.href}
                      value={valueOf(item)}
                      forceMount
                      onSelect={() => run(() => router.push(item.href))}
                    >
                      <span>{item.title}</span>
                      <span className="dim">{item.detail}</span>
                    </Command.Item>
                  ))}
                </Command.Group>
              ))}
              <Command.Group heading="Go to">
                {places.map((place) => (
                  <Command.Item
                    key={place.href}
                    value={`${place.label} ${place.href}`}
                    onSelect={() => run(() => router.push(place.href))}
                  >
                    <span>{place.label}</span>
                    {place.key && <kbd>G {place.key.toUpperCase()}</kbd>}
                  </Command.Item>
                ))}
              </Command.Group>
              <Command.Group heading="Do">
                {ACTIONS.map((action) => (
                  <Command.Item key={action.label} onSelect={() => run(action.run)}>
                    <span>{action.label}</span>
                    {action.detail && <kbd>{action.detail}</kbd>}
                  </Command.Item>
                ))}
              </Command.Group>
            </Command.List>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
