'use client'

import { authCall } from '../auth.ts'
import { Button } from '../ui/button.tsx'

/** Signed in as somebody else than the invitation is for. */
export function OtherUser({ email, signedInAs, back }: { email: string; signedInAs: string; back: string }) {
  const leave = async () => {
    await authCall('/sign-out', {})
    location.assign(back)
  }
  return (
    <>
      <p className="text-2">
        You are signed in as {signedInAs}. The invitation is for {email}: sign out, then open it again as that user.
      </p>
      <Button size="lg" wide onClick={() => void leave()}>
        Sign out {signedInAs}
      </Button>
    </>
  )
}
