import { PageForbidden } from './shell/page-failures.tsx'

export const metadata = { title: 'Not for your role' }

/** Outside every shell. */
export default function Forbidden() {
  return (
    <main id="main" className="mx-auto max-w-[860px] p-4">
      <PageForbidden />
    </main>
  )
}
