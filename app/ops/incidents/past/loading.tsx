import { PageSkeleton } from '../../../ui/states.tsx'

export default function Loading() {
  return <PageSkeleton title="Write down a past incident" panels={2} />
}
