import { toast } from '../ui/toast.tsx'

/** Ends the session on the server, then leaves for the sign-in page with nothing of the old one in memory. */
export async function signOut(): Promise<void> {
  const answer = await fetch('/api/auth/sign-out', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined)
  if (answer?.ok) location.assign('/sign-in')
  else toast('You are still signed in: the server did not answer.', { failed: true })
}
