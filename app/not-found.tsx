import { PageMissing } from './shell/page-failures.tsx'

export const metadata = { title: 'Not found' }

/** Outside every shell. */
export default function NotFound() {
  return (
    <main id="main" className="mx-auto max-w-[860px] p-4">
      <PageMissing />
    </main>
  )
}
