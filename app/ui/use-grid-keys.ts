'use client'

import { useRouter } from 'next/navigation'
import { useEffect, useRef, useState } from 'react'
import { isTyping, keysAreOn } from './keys.ts'

/**
 * J and K move, Enter opens, X selects. Works anywhere on a page with one grid; on a page with several, in the one
 * that has the focus.
 */
export function useGridKeys({
  wrap,
  count,
  href,
  select,
}: {
  wrap: React.RefObject<HTMLElement | null>
  count: number
  href: (index: number) => string | undefined
  select: ((index: number) => void) | undefined
}): number | undefined {
  const router = useRouter()
  const [current, setCurrent] = useState<number>()
  const latest = useRef({ current, count, href, select })
  latest.current = { current, count, href, select }
  useEffect(() => {
    const isOurs = (target: EventTarget | null) => {
      if (target instanceof Node && wrap.current?.contains(target)) return true
      const grids = document.querySelectorAll('[data-grid]')
      return grids.length === 1 && !(target instanceof Element && target.closest('a,button,[role=dialog]'))
    }
    const onKey = (event: KeyboardEvent) => {
      const now = latest.current
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      if (isTyping(event.target) || !keysAreOn() || !isOurs(event.target)) return
      const key = event.key.toLowerCase()
      if (key === 'j') setCurrent(Math.min(now.count - 1, (now.current ?? -1) + 1))
      else if (key === 'k') setCurrent(Math.max(0, (now.current ?? 1) - 1))
      else if (key === 'x' && now.current !== undefined) now.select?.(now.current)
      else if (key === 'enter' && now.current !== undefined && !isLink(event.target)) {
        const to = now.href(now.current)
        if (to) router.push(to)
      }
    }
    const own = wrap.current
    own?.setAttribute('data-grid', '')
    document.addEventListener('keydown', onKey)
    return () => {
      own?.removeAttribute('data-grid')
      document.removeEventListener('keydown', onKey)
    }
  }, [router, wrap])
  return current !== undefined && current < count ? current : undefined
}

const isLink = (target: EventTarget | null) => target instanceof Element && target.closest('a,button') !== null
