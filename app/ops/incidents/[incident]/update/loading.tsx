import { PageSkeleton } from '../../../../ui/states.tsx'

export default function Loading() {
  return <PageSkeleton title="Post update" panels={2} />
}
