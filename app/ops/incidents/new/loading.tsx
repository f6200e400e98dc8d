import { PageSkeleton } from '../../../ui/states.tsx'

export default function Loading() {
  return <PageSkeleton title="Report an incident" panels={2} />
}
