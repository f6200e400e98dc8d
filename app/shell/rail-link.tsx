'use client'

import { usePathname } from 'next/navigation'

/** A link that says when the page below it is the current one. `/ops` only for itself. */
export function RailLink({ href, children }: { href: string; children: React.ReactNode }) {
  const path = usePathname()
  const isHere = path === href || (href !== '/ops' && path.startsWith(`${href}/`))
  return (
    <a href={href} aria-current={isHere ? 'page' : undefined}>
      {children}
    </a>
  )
}
