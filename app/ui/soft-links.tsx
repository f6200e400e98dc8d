'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'

/** Paths the server answers itself, before Next: a click there must leave the page. */
const HARD = /^\/(trpc|api|v1|v2|status|metrics|healthz|readyz|wharf)(\/|$|\?)/

const localHref = (event: Event): string | undefined => {
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return undefined
  if (HARD.test(link.pathname)) return undefined
  // A jump within the page stays the browser's.
  if (link.hash && link.pathname === location.pathname && link.search === location.search) return undefined
  return link.pathname + link.search + link.hash
}

/**
 * Makes every plain `<a>` a soft navigation, so that a table of a thousand links costs no script a link, and works
 * before it is hydrated.
 */
export function SoftLinks() {
  const router = useRouter()
  useEffect(() => {
    const follow = (event: MouseEvent) => {
      if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
        return
      const href = localHref(event)
      if (!href) return
      event.preventDefault()
      router.push(href)
    }
    document.addEventListener('click', follow)
    return () => document.removeEventListener('click', follow)
  }, [router])
  return null
}
