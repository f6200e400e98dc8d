import { Button } from './ui/button.tsx'

export const metadata = { title: 'Not for your role' }

/** Where a role is missing. What is hidden from outsiders is a 404 instead. */
export default function ForbiddenPage() {
  return (
    <main id="main" className="mx-auto max-w-[860px] p-4">
      <div className="panel note-block">
        <h1 className="font-semibold">Your role does not reach this page</h1>
        <p>
          Pages under Operations need the role operator; a platform admin can grant it. Pages of an account need a role
          in it; an owner of the account can grant that.
        </p>
        <Button href="/">Go to the start</Button>
      </div>
    </main>
  )
}
