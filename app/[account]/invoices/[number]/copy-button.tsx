'use client'

import { IconButton } from '../../../ui/button.tsx'
import { useCopy } from '../../../ui/copy-text.tsx'

/** Copies a text that stands shortened beside it. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const { copied, copy } = useCopy()
  return (
    <IconButton
      size="sm"
      variant="ghost"
      icon={copied ? 'check' : 'copy'}
      label={copied ? 'Copied' : label}
      onClick={() => void copy(text)}
    />
  )
}
