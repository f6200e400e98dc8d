'use client'

import { useCallback, useEffect, useRef, useState } from 'react'
import { useTRPCClient } from '../../../../trpc.tsx'
import { newRequestId } from '../../words.ts'
import type { Content } from './content.ts'

type Kept = { content: Content; requestId: string; at: number }

const SAVE_AFTER_MS = 1_200

const read = (key: string): Kept | undefined => {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
    return kept && typeof kept === 'object' && 'content' in kept && 'requestId' in kept ? (kept as Kept) : undefined
  } catch {
    return undefined
  }
}

export type SavedState = { is: 'none' } | { is: 'saving' } | { is: 'saved'; at: number } | { is: 'here'; at: number }

/**
 * What is being written, kept on this device with each change and on the server soon after. The request's id belongs to
 * the draft: a post that is sent again after a reload is the same post.
 */
export function useDraft(
  key: string,
  incident: string,
  begin: Content,
  serverSavedAt: Date | null,
  keepOnServer: boolean,
) {
  const client = useTRPCClient()
  const [content, setContent] = useState(begin)
  const [saved, setSaved] = useState<SavedState>(
    serverSavedAt ? { is: 'saved', at: new Date(serverSavedAt).getTime() } : { is: 'none' },
  )
  const requestId = useRef('')
  const latest = useRef<Content>(undefined)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)

  useEffect(() => {
    const kept = read(key)
    const isNewer = kept && kept.at > (serverSavedAt ? new Date(serverSavedAt).getTime() : 0)
    requestId.current = kept?.requestId ?? newRequestId()
    if (isNewer) {
      // What this device kept is known only in the browser.
      setContent(kept.content)
      setSaved({ is: 'here', at: kept.at })
    }
    return () => clearTimeout(timer.current)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once: what the server knows later does not replace what is being written
  }, [key])

  const keep = useCallback(
    (next: Content) => {
      const at = Date.now()
      setSaved({ is: 'saving' })
      client.incidents.incident.saveDraft.mutate({ incident, content: next }).then(
        () => {
          latest.current = undefined
          setSaved({ is: 'saved', at: Date.now() })
        },
        () => setSaved({ is: 'here', at }),
      )
    },
    [client, incident],
  )

  useEffect(() => {
    const online = () => latest.current && keep(latest.current)
    window.addEventListener('online', online)
    return () => window.removeEventListener('online', online)
  }, [keep])

  const change = useCallback(
    (next: Content) => {
      setContent(next)
      const at = Date.now()
      try {
        localStorage.setItem(key, JSON.stringify({ content: next, requestId: requestId.current, at } satisfies Kept))
      } catch {
        // A full or forbidden store keeps nothing; the server still does.
      }
      setSaved({ is: 'here', at })
      if (!keepOnServer) return
      latest.current = next
      clearTimeout(timer.current)
      timer.current = setTimeout(() => keep(next), SAVE_AFTER_MS)
    },
    [keep, keepOnServer, key],
  )

  /** It was posted: the next one is another request. */
  const done = useCallback(() => {
    clearTimeout(timer.current)
    latest.current = undefined
    localStorage.removeItem(key)
    requestId.current = newRequestId()
    setSaved({ is: 'none' })
  }, [key])

  return { content, change, saved, requestId, done }
}
