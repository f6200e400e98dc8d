'use client'

import { lazy, Suspense, useEffect, useState } from 'react'

const surface = () => import('./tooltip-surface.tsx')
const Surface = lazy(surface)

const OPEN_AFTER_MS = 450

/** What to say of an element: its `data-tip`, where that is empty its label, or for a time its instant in the reader's own zone. */
function tipOf(element: HTMLElement): string {
  const ms = element.dataset['local']
  if (ms === undefined) return element.dataset['tip'] || element.ariaLabel || ''
  const at = new Date(Number(ms))
  const local = at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
  return `${local}, your time\n${at.toISOString().replace('T', ' ').slice(0, 19)} UTC`
}

/**
 * One host for all tooltips: anything with `data-tip` has one, so a server-rendered part needs no script for it.
 * Never the only copy of a fact, never with actions.
 */
export function TooltipHost() {
  const [shown, setShown] = useState<{ element: HTMLElement; text: string } | null>(null)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const find = (event: Event) =>
      event.target instanceof Element ? event.target.closest<HTMLElement>('[data-tip],[data-local]') : null
    const show = (event: Event) => {
      const element = find(event)
      if (!element) return
      clearTimeout(timer)
      void surface()
      const isByKey = event.type === 'focusin'
      if (isByKey && !element.matches(':focus-visible')) return
      timer = setTimeout(() => setShown({ element, text: tipOf(element) }), isByKey ? 0 : OPEN_AFTER_MS)
    }
    const hide = (event: Event) => {
      clearTimeout(timer)
      // The pointer may move onto the tooltip itself (WCAG 1.4.13).
      const to = 'relatedTarget' in event && event.relatedTarget instanceof Element ? event.relatedTarget : null
      if (event.type === 'pointerout' && (to?.closest('.tip') || find(event)?.contains(to))) return
      timer = setTimeout(() => setShown(null), 80)
    }
    const escape = (event: KeyboardEvent) => {
      if (event.key === 'Escape') setShown(null)
    }
    const events = { pointerover: show, focusin: show, pointerout: hide, focusout: hide, pointerdown: hide } as const
    for (const [name, listener] of Object.entries(events)) document.addEventListener(name, listener)
    document.addEventListener('keydown', escape)
    return () => {
      clearTimeout(timer)
      for (const [name, listener] of Object.entries(events)) document.removeEventListener(name, listener)
      document.removeEventListener('keydown', escape)
    }
  }, [])
  if (!shown?.text) return null
  return (
    <Suspense>
      <Surface anchor={shown.element} text={shown.text} onClose={() => setShown(null)} />
    </Suspense>
  )
}
