'use client'

import { useCopy } from './copy-text.tsx'

/** "Copy link" of an evidence popover: the address of the records, whole. */
export function EvidenceLink({ href }: { href: string }) {
  const { copied, copy } = useCopy()
  return (
    <button
      type="button"
      className="text-accent-text hover:underline"
      onClick={() => void copy(new URL(href, location.href).href)}
    >
      {copied ? 'Copied' : 'Copy link'}
    </button>
  )
}
