import { PageSkeleton } from '../../../ui/states.tsx'

export default function Loading() {
  return <PageSkeleton title="Clusters and join tokens" panels={2} />
}
