import { PageSkeleton } from '../../../../ui/states.tsx'

export default function Loading() {
  return <PageSkeleton title="Billing life" panels={2} />
}
