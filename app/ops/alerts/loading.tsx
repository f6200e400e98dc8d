import { PageSkeleton } from '../../ui/states.tsx'

export default function Loading() {
  return <PageSkeleton title="Alerts" panels={3} />
}
