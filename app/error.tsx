'use client'

import { ErrorPanel } from './ui/states.tsx'

/** When the object of a page cannot load. One panel's failure stays in that panel. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <div className="mx-auto max-w-[860px] p-4">
      <div className="panel">
        <ErrorPanel title="This page did not load" errorId={error.digest} retry={reset}>
          Metering and enforcement run on their own and are not touched by this. The error is in the server log under
          the id below.
        </ErrorPanel>
      </div>
    </div>
  )
}
