import { PublicShell } from '../shell/public-shell.tsx'
import { AskForm } from './ask-form.tsx'
import { SetForm } from './set-form.tsx'

export const metadata = { title: 'New password' }

type Search = { token?: string; new?: string }

export default async function ResetPage({ searchParams }: { searchParams: Promise<Search> }) {
  const { token, new: isNew } = await searchParams
  return (
    <PublicShell>
      <div className="stack">
        <h1>{token && isNew ? 'Set your password' : 'Set a new password'}</h1>
        {token ? <SetForm token={token} /> : <AskForm />}
      </div>
    </PublicShell>
  )
}
