import { PageSkeleton } from '../../ui/states.tsx'

export default function Loading() {
  return <PageSkeleton title="Tokens and robots" panels={3} />
}
