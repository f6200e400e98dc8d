import { redirect } from 'next/navigation'

/** A host's containers are on the host's own page; this is where the path leads when it is cut short. */
export default async function ContainersPage({ params }: { params: Promise<{ host: string }> }) {
  redirect(`/ops/hosts/${encodeURIComponent((await params).host)}`)
}
