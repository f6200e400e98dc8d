import { PageSkeleton } from '../../../ui/states.tsx'

export default function Loading() {
  return <PageSkeleton title="Subscribers" panels={2} />
}
