'use client'

import { useRouter } from 'next/navigation'
import { startTransition } from 'react'
import { Glyph } from '../ui/glyph.tsx'

/**
 * The object of a page could not load. The shell around it stays; one panel's failure stays in that panel. In every
 * page's first load, so it is made of as little as it can be.
 */
export function PageFailed({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  const router = useRouter()
  // `reset` alone shows the same failed answer of the server again.
  const retry = () =>
    startTransition(() => {
      router.refresh()
      reset()
    })
  return (
    <div className="panel note-block" role="alert">
      <h1 className="bad font-semibold">
        <Glyph status="major" />
        This page did not load
      </h1>
      <p>
        Metering and enforcement run on their own and are not touched by this. The server log has the error under the id
        below.
      </p>
      <div className="row">
        <button type="button" className="btn sm" onClick={retry}>
          Retry
        </button>
        {error.digest && <span className="mono dim text-xs">err {error.digest}</span>}
      </div>
    </div>
  )
}
