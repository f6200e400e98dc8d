'use client'

import { useCallback, useEffect, useRef, useState } from 'react'
import { buttonClass } from './button.tsx'
import { Icon } from './symbol.tsx'

/** Copies a text and says so for two seconds. Where the clipboard is closed to us, it selects nothing and says no. */
export function useCopy() {
  const [copied, setCopied] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const copy = useCallback(async (text: string) => {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      return false
    }
    setCopied(true)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setCopied(false), 2000)
    return true
  }, [])
  return { copied, copy }
}

/** A token, a command or an id to take along: mono, selectable, with a button that copies it. */
export function CopyText({ text, label = 'Copy', wrap = false }: { text: string; label?: string; wrap?: boolean }) {
  const { copied, copy } = useCopy()
  const code = useRef<HTMLElement>(null)
  const take = async () => {
    if ((await copy(text)) || !code.current) return
    getSelection()?.selectAllChildren(code.current)
  }
  return (
    <div className={`copy ${wrap ? 'wrap' : ''}`}>
      <code ref={code} tabIndex={0}>
        {text}
      </code>
      <button
        type="button"
        className={buttonClass({ variant: 'ghost', size: 'sm' })}
        aria-label={copied ? 'Copied' : label}
        onClick={() => void take()}
      >
        <Icon name={copied ? 'check' : 'copy'} />
        <span aria-hidden="true">{copied ? 'Copied' : 'Copy'}</span>
      </button>
    </div>
  )
}
