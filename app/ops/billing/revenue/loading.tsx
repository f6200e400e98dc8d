import { PageSkeleton } from '../../../ui/states.tsx'

export default function Loading() {
  return <PageSkeleton title="Revenue" panels={2} />
}
