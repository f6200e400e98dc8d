import { load, server } from '../server.ts'
import { PublicShell } from '../shell/public-shell.tsx'
import { Button } from '../ui/button.tsx'
import { FirstRunForm } from './first-run-form.tsx'

export const metadata = { title: 'First operator' }

export default async function FirstRunPage({ searchParams }: { searchParams: Promise<{ token?: string }> }) {
  const { token = '' } = await searchParams
  const state = await load((await server()).accounts.firstRunState({ token }))
  return (
    <PublicShell>
      <div className="stack">
        <h1>{state === 'open' ? 'Make the first operator' : 'First operator'}</h1>
        {state === 'open' && (
          <>
            <p className="text-2">
              This user runs the platform: sees every host and account, and lets others in. The link works once.
            </p>
            <FirstRunForm token={token} />
          </>
        )}
        {state === 'done' && (
          <>
            <p className="text-2">There is an operator already, so this page is closed.</p>
            <Button variant="primary" href="/sign-in">
              Sign in
            </Button>
          </>
        )}
        {state === 'wrong' && (
          <p className="text-2">
            This link is used or too old. The server prints a new one each time it starts: restart it and open the link
            that it prints.
          </p>
        )}
      </div>
    </PublicShell>
  )
}
