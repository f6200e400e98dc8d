'use client'

import { usePathname } from 'next/navigation'

export type Tab = { label: string; href: string; count?: number | undefined; exact?: boolean | undefined }

const isWithin = (path: string, { href, exact }: Tab) => path === href || (!exact && path.startsWith(`${href}/`))

/** Tabs that are links: each view has its address. The longest that holds the path is current. */
export function Tabs({
  label,
  items,
  className = 'tabs',
}: {
  label: string
  items: readonly Tab[]
  className?: string
}) {
  const path = usePathname()
  const [current] = items.filter((item) => isWithin(path, item)).toSorted((a, b) => b.href.length - a.href.length)
  return (
    <nav className={className} aria-label={label}>
      {items.map((item) => (
        <a key={item.href} href={item.href} aria-current={item === current ? 'page' : undefined}>
          {item.label}
          {item.count !== undefined && <span className="count text-3">{item.count}</span>}
        </a>
      ))}
    </nav>
  )
}
