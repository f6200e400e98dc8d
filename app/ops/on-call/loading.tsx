import { PageSkeleton } from '../../ui/states.tsx'

export default function Loading() {
  return <PageSkeleton title="On call" panels={3} />
}
