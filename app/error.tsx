'use client'

import { PageFailed } from './shell/page-failed.tsx'

/** Outside every shell. */
export default function Failed(props: React.ComponentProps<typeof PageFailed>) {
  return (
    <main id="main" className="mx-auto max-w-[860px] p-4">
      <PageFailed {...props} />
    </main>
  )
}
