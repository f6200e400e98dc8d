'use client'

import { useRouter } from 'next/navigation'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Icon } from '../ui/symbol.tsx'
import { keyHandler } from './keys.ts'
import { accountPlaces, OPS_GROUPS, type Place } from './ops-nav.ts'

const surface = () => import('./palette.tsx')
const Palette = lazy(surface)
const KeyList = lazy(() => import('./key-list.tsx'))

/** Opens the palette from anywhere. */
export const openPalette = (): void => void window.dispatchEvent(new Event('wharf:palette'))

/** The search box of the top bar: a button, because the palette does the searching. */
export function PaletteButton() {
  return (
    <button
      type="button"
      className="palette-open"
      aria-haspopup="dialog"
      aria-keyshortcuts="Control+K Meta+K"
      onClick={openPalette}
      onPointerEnter={() => void surface()}
    >
      <Icon name="search" />
      <span>Search or run a command</span>
      <kbd aria-hidden="true">Ctrl K</kbd>
      <b className="vh">Search or run a command</b>
    </button>
  )
}

/** Listens for the keys of every page, and holds the palette and the list of keys. Loads neither until asked. */
export function PaletteHost({ isOperator, account }: { isOperator: boolean; account: string | undefined }) {
  const router = useRouter()
  const [open, setOpen] = useState<'palette' | 'keys' | undefined>()
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const places: readonly Place[] = [
    ...(account ? accountPlaces(account) : []),
    ...(isOperator ? OPS_GROUPS.flatMap((group) => group.places) : []),
  ]
  useEffect(() => {
    const show = (what: 'palette' | 'keys') => {
      setOpened((before) => new Set([...before, what]))
      setOpen(what)
    }
    const onPalette = () => show('palette')
    const onKeys = () => show('keys')
    const own: readonly Place[] = account ? accountPlaces(account) : OPS_GROUPS.flatMap((group) => group.places)
    const onKey = keyHandler({ places: own, go: (href) => router.push(href), palette: onPalette, keys: onKeys })
    window.addEventListener('wharf:palette', onPalette)
    window.addEventListener('wharf:keys', onKeys)
    document.addEventListener('keydown', onKey)
    return () => {
      window.removeEventListener('wharf:palette', onPalette)
      window.removeEventListener('wharf:keys', onKeys)
      document.removeEventListener('keydown', onKey)
    }
  }, [account, router])
  const close = (next: boolean) => !next && setOpen(undefined)
  return (
    <Suspense>
      {opened.has('palette') && <Palette open={open === 'palette'} onOpenChange={close} places={places} />}
      {opened.has('keys') && <KeyList open={open === 'keys'} onOpenChange={close} places={places} />}
    </Suspense>
  )
}
