import { Skeleton } from '../../../../ui/states.tsx'

export default function Loading() {
  return (
    <div className="panel">
      <Skeleton rows={8} />
    </div>
  )
}
